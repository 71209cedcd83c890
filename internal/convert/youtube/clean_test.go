package youtube

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOlder(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"2023.03.04": true, "2023.11.13": true, "2023.11.14": false, "2023.11.14.232812": false, "2025.1.15": false, "2024.01.01": false,
		"2023.11": true, "": true, "git": true, "2023.x.1": true, "1999.12.31": true,
	} {
		if got := older(version, oldest); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

// Headers that a page asks for are not obeyed, and what it hides in an address is dropped.
func TestClean(t *testing.T) {
	t.Parallel()
	raw, err := clean([]byte(`{"url": "http://a/#__youtubedl_smuggle=%7B%22x%22%7D", "n": 12345678901234567890, "formats": [
		{"http_headers": {"Ytdl-Request-Proxy": "__noproxy__", "Youtubedl-no-compression": "1", "User-Agent": "U", "Referer": "http://b/#top"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		URL     string
		N       json.Number
		Formats []struct {
			Headers map[string]string `json:"http_headers"`
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	headers := got.Formats[0].Headers
	if got.URL != "http://a/" || got.N != "12345678901234567890" || len(headers) != 2 || headers["User-Agent"] != "U" || headers["Referer"] != "http://b/#top" {
		t.Errorf("%s", raw)
	}
	if deep, err := clean([]byte(strings.Repeat("[", 300) + `"bottom"` + strings.Repeat("]", 300))); err != nil || strings.Contains(string(deep), "bottom") {
		t.Errorf("%s, %v", deep, err)
	}
	for _, broken := range []string{"", "{"} {
		if got, err := clean([]byte(broken)); err == nil {
			t.Errorf("%.20q became %s", broken, got)
		}
	}
	if got := withoutFragment("https://youtu.be/x?t=1#__youtubedl_smuggle=x"); got != "https://youtu.be/x?t=1" {
		t.Error(got)
	}
}
