package content_test

import (
	"net/url"
	"strings"
	"testing"

	"morag/internal/content"
)

func TestTypeOfURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.youtube.com/watch?v=abcDEF12345":               content.YouTube,
		"http://youtube.com/watch?list=PL1&v=abcDEF12345":           content.YouTube,
		" HTTPS://WWW.YouTube.COM./watch?v=abcDEF12345&t=10s ":      content.YouTube,
		"https://m.youtube.com/watch/?v=abcDEF12345":                content.YouTube,
		"https://music.youtube.com/watch?v=abcDEF12345":             content.YouTube,
		"https://youtu.be/abcDEF12345?t=3":                          content.YouTube,
		"https://www.youtube.com/shorts/abcDEF12345":                content.YouTube,
		"https://www.youtube.com/live/abcDEF12345":                  content.YouTube,
		"https://www.youtube.com:443/embed/abcDEF12345":             content.YouTube,
		"https://www.youtube.com/v/abcDEF12345":                     content.YouTube,
		"https://www.youtube-nocookie.com/embed/abcDEF12345":        content.YouTube,
		"https://youtu.be/":                                         content.Web,
		"https://www.youtube.com/":                                  content.Web,
		"https://www.youtube.com/about":                             content.Web,
		"https://www.youtube.com/watch":                             content.Web,
		"https://www.youtube.com/shorts":                            content.Web,
		"https://blog.youtube.com/watch?v=abcDEF12345":              content.Web,
		"https://www.youtube.com.example.org/watch?v=abcDEF12345":   content.Web,
		"https://notyoutube.com/watch?v=abcDEF12345":                content.Web,
		"https://example.org/?u=https://youtu.be/abcDEF12345":       content.Web,
		"https://youtube.com@example.org/watch?v=abcDEF12345":       content.Web,
		"ftp://youtube.com/watch?v=abcDEF12345":                     content.Web,
		"youtube.com/watch?v=abcDEF12345":                           content.Web,
		"":                                                          content.Web,
		"http://[::1":                                               content.Web,
		"https://www.youtube.com/watch?v=":                          content.Web,
		"https://www.youtube.com/playlist?list=PL1":                 content.Web,
		"https://www.youtube.com/@someone/videos":                   content.Web,
		"https://www.youtube.com/attribution_link?u=%2Fwatch%3Fv%3": content.Web,
	} {
		if got := content.TypeOfURL(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func FuzzTypeOfURL(f *testing.F) {
	f.Add("https://www.youtube.com/watch?v=x")
	f.Add("http://youtu.be.evil.example/x")
	f.Add("http://[::1%25youtube.com]/watch?v=x")
	f.Add("https://user@youtube.com:443//watch")
	f.Fuzz(func(t *testing.T, raw string) {
		switch content.TypeOfURL(raw) {
		case content.Web:
		case content.YouTube:
			u, err := url.Parse(strings.TrimSpace(raw))
			if err != nil || !strings.HasSuffix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "youtu.be") && !strings.Contains(strings.ToLower(u.Hostname()), "youtube") {
				t.Errorf("%q is taken for a video of YouTube", raw)
			}
		default:
			t.Errorf("%q is of the type %q", raw, content.TypeOfURL(raw))
		}
	})
}
