package image

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/convert/layout"
)

func TestText(t *testing.T) {
	t.Parallel()
	at := map[string]int{} // where the next word of a line begins
	set := func(place, confidence, text string) string {
		line := int(place[4]-'0') + 4*int(place[2]-'0')
		left := at[place]
		at[place] += 16*len(text) + 12
		return fmt.Sprintf("5\t1\t%s\t1\t%d\t%d\t%d\t30\t%s\t%s\n", place, left, 40*line, 16*len(text), confidence, text)
	}
	row := func(place, text string) string { return set(place, "90", text) }
	unsure := func(text string) string { return set("1\t1\t1", "0.5", text) }
	for name, tt := range map[string]struct{ table, want string }{
		"lines and paragraphs":          {row("1\t1\t1", "One") + row("1\t1\t1", "two") + row("1\t1\t2", "three") + row("1\t2\t1", "Four"), "One two three\n\nFour"},
		"a word that is cut":            {row("1\t1\t1", "exam-") + row("1\t1\t2", "ple"), "example"},
		"a hyphen that stays":           {row("1\t1\t1", "Baden-") + row("1\t1\t2", "Baden"), "Baden-Baden"},
		"a dash":                        {row("1\t1\t1", "-") + row("1\t1\t2", "ple"), "- ple"},
		"doubtful words of a good page": {row("1\t1\t1", "Any file that has this name") + unsure("Override.xml") + unsure("~|"), "Any file that has this name Override.xml"},
		"doubtful words of a bad page":  {row("1\t1\t1", "so") + unsure("wvvlw") + unsure("~|"), "so"},
		"what is no word":               {"level\tpage_num\n4\t1\t1\t1\t1\t0\t0\t0\t9\t30\t-1\t\n" + row("1\t1\t1", " "), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := textOf(parseTSV([]byte(tt.table)).legible()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func textOf(r reading) string { return markdownOf([]layout.Page{r.page(0, 0, 0)}) }

func FuzzTSV(f *testing.F) {
	f.Add([]byte("5\t1\t1\t1\t1\t1\t0\t0\t9\t30\t90\ttwo-\n5\t1\t1\t1\t2\t1\t0\t0\t9\t30\tNaN\tthree\n"))
	f.Add([]byte("5\t1\t1\t1\t1\t1\t0\t0\t9\t1e400\t-1\t\xff\x00\n"))
	f.Fuzz(func(t *testing.T, table []byte) {
		r := parseTSV(table).legible()
		text := textOf(r)
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("text %q", text)
		}
		if s := r.score(); s.letters > 0 && !(s.confidence() >= 0 && s.confidence() <= 1) {
			t.Errorf("confidence %v", s.confidence())
		}
	})
}

// FuzzOpen feeds files to everything but the engine.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x08\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x16Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8L\x18\x00\x00\x00\x2f"))
	f.Add([]byte("BM\x3a\x00\x00\x00\x00\x00\x00\x006\x00\x00\x00(\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00"))
	c := New(Config{MaxPixels: 1 << 16})
	f.Fuzz(func(t *testing.T, raw []byte) {
		pic, err := c.inspect(t.Context(), bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			if err.Error() == "" {
				t.Error("no sentence")
			}
			return
		}
		for _, p := range pic.pages[:min(len(pic.pages), 3)] {
			grey, _, err := c.decode(t.Context(), p, pic.orientation, 320)
			if err == nil && grey.Rect.Empty() {
				t.Error("an empty page")
			}
		}
	})
}

func FuzzVision(f *testing.F) {
	f.Add([]byte(`{"choices": [{"message": {"content": "A cat.\r\n\u0000On a mat."}}]}`))
	f.Add([]byte(`{"choices": [{"message": {"content": null}}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		text, err := parseVision(answer)
		if text != "" && err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) || utf8.RuneCountInString(text) > maxDescription {
			t.Errorf("%q, %v", text, err)
		}
	})
}
