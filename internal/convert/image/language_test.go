package image

import (
	"errors"
	"regexp"
	"testing"

	"morag/internal/convert"
)

var dataName = regexp.MustCompile(`^[a-z]{3}(_[a-z]{3,4})?$`)

// FuzzLanguages: what a client calls languages become names of tesseract's data, which
// are arguments and files, or are refused.
func FuzzLanguages(f *testing.F) {
	for _, option := range []string{"en+de", "zh-Hant,sr-Latn", "auto", "und", "../../etc/passwd", "-l", "x-a", "no\x00"} {
		f.Add(option)
	}
	f.Fuzz(func(t *testing.T, option string) {
		all, err := parseLanguages(option, "en")
		if err != nil {
			if !errors.Is(err, convert.ErrBadSource) {
				t.Errorf("%q: %v", option, err)
			}
			return
		}
		if len(all) == 0 || len(all) > maxLanguages {
			t.Errorf("%q gives %d languages", option, len(all))
		}
		for _, l := range all {
			if !dataName.MatchString(l.name) {
				t.Errorf("%q gives the data %q", option, l.name)
			}
		}
	})
}
