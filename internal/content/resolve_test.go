package content_test

import (
	"strings"
	"testing"

	"morag/internal/content"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for claimed, want := range map[string]string{
		"":                          "",
		"audio":                     content.Audio,
		" Audio ":                   content.Audio,
		"audio/mpeg":                content.Audio,
		"video/mp4":                 content.Video,
		"application/pdf":           content.Doc,
		"text/html; charset=utf-8":  content.Doc,
		"text/plain":                content.Doc,
		"application/json":          content.Doc,
		"application/x-subrip":      content.Doc,
		"application/msword":        content.Doc,
		"message/rfc822":            content.Doc,
		"image/x-anything":          content.Image,
		"application/octet-stream":  "",
		"text":                      content.Doc,
		"PDF":                       content.Doc,
		"mp3":                       content.Audio,
		"web":                       content.Web,
		"youtube":                   content.YouTube,
		"my-scans_2":                "my-scans_2",
		strings.Repeat("a", 64):     strings.Repeat("a", 64),
		docxMIME:                    content.Doc,
		"application/vnd.ms-excel":  content.Doc,
		"application/xhtml+xml":     content.Doc,
		"application/ogg":           content.Audio,
		"TEXT/MARKDOWN;variant=GFM": content.Doc,
	} {
		if got, err := content.Normalize(claimed); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", claimed, got, err, want)
		}
	}
	for _, bad := range []string{"-x", "a b", "ä", "a.b", "application/gzip", "a/b/c", "/", "\x00", strings.Repeat("a", 65)} {
		got, err := content.Normalize(bad)
		if err == nil {
			t.Errorf("%q accepted as %q", bad, got)
		} else if !strings.HasPrefix(err.Error(), "content_type") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: sentence %q", bad, err)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		claimed, detected, mime string
		want                    string
		warned                  bool
	}{
		{"", content.Doc, "application/pdf", content.Doc, false},
		{content.Doc, content.Doc, "application/pdf", content.Doc, false},
		{content.Audio, content.Doc, "application/pdf", content.Doc, true},
		{content.Doc, content.Audio, "audio/mpeg", content.Audio, true},
		{content.Audio, content.Video, "video/mp4", content.Audio, false},
		{content.Audio, content.Video, "video/webm", content.Audio, false},
		{content.Video, content.Audio, "audio/ogg", content.Video, false},
		{content.Video, content.Audio, "audio/mpeg", content.Audio, true},
		{content.Web, content.Doc, "text/html", content.Doc, true},
		{content.YouTube, content.Video, "video/mp4", content.Video, true},
		{content.Web, "", "", "", false},
		{"scan", content.Image, "image/png", "scan", false},
		{"scan", "", "", "scan", false},
		{content.Audio, "", "", content.Audio, false},
		{content.Doc, "", "application/gzip", "", true},
		{"", "", "application/gzip", "", false},
		{"", "", "", "", false},
	} {
		contentType, warning := content.Resolve(tt.claimed, tt.detected, tt.mime)
		if contentType != tt.want || (warning != "") != tt.warned {
			t.Errorf("claimed %q, detected %q %q: got %q, warning %q", tt.claimed, tt.detected, tt.mime, contentType, warning)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"audio", "application/pdf", "text/html; charset=x", "PDF", "my-type", "//", "a/b;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claimed string) {
		once, err := content.Normalize(claimed)
		if err != nil {
			if once != "" || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q with error %q", once, err)
			}
			return
		}
		if once != "" && !content.ValidType(once) {
			t.Errorf("%q is no valid type", once)
		}
		if twice, err := content.Normalize(once); err != nil || twice != once {
			t.Errorf("%q becomes %q, %v", once, twice, err)
		}
	})
}
