package ingest

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDescribedSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	got := described("boats.jpg", map[string]any{
		"title": "The old\nharbour", "camera": "Kodak Brownie", "created": "2021-02-03T04:05:06Z", "keywords": []string{"boats", "tide"},
		"places": []any{"Ulm", 3.0, "Linz"}, "mime_type": "image/jpeg", "engine": "tesseract", "width": 60, "empty": "", "page_title": "Boats",
	})
	want := `boats.jpg
camera: Kodak Brownie
created: 2021-02-03, 3 February 2021
keywords: boats, tide
page title: Boats
places: Ulm, Linz
title: The old harbour`
	if len(got) != 1 || got[0].Text != want {
		t.Errorf("%+v, want\n%s", got, want)
	}
	if got := described("", map[string]any{"width": 3}); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
	long := described("ä", map[string]any{"title": strings.Repeat("ö", 2*maxDescription)})
	if n := utf8.RuneCountInString(long[0].Text); n != maxDescription || !utf8.ValidString(long[0].Text) {
		t.Errorf("%d characters, want %d", n, maxDescription)
	}
}
