package mirror

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzItems: whatever a feed is, its entries lead to the web, and each has a name of its own.
func FuzzItems(f *testing.F) {
	f.Add([]byte(`<rss version="2.0"><channel><title>t</title><item><guid>1</guid><link>/a</link><enclosure url="b.mp3" type="audio/mpeg"/></item></channel></rss>`))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><link href="javascript:alert(1)"/><updated>2024-01-01T00:00:00Z</updated></entry></feed>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","url":"https://example.org/1"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		items, err := itemsOf(raw, "https://example.org/feed.xml")
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, it := range items {
			at, err := url.Parse(it.address)
			if err != nil || at.Host == "" || !strings.HasPrefix(at.Scheme, "http") {
				t.Errorf("an entry leads to %q", it.address)
			}
			if seen[it.name] || it.name == "" || len(it.name) > maxName {
				t.Errorf("an entry is called %q", it.name)
			}
			seen[it.name] = true
		}
	})
}
