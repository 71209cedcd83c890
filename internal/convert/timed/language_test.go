package timed_test

import (
	"errors"
	"regexp"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/timed"
)

var code = regexp.MustCompile(`^[a-z]{2,8}$`)

// FuzzWantedLanguage: what a client calls a language becomes the name of one, fit to be
// an argument of an engine, or is refused.
func FuzzWantedLanguage(f *testing.F) {
	for _, option := range []string{"en-US", "English", "auto", "und", "x-private", "../../etc", "-en", "de-x-\x00", "i-klingon"} {
		f.Add(option)
	}
	f.Fuzz(func(t *testing.T, option string) {
		got, err := timed.WantedLanguage(option)
		if err != nil {
			if !errors.Is(err, convert.ErrBadSource) {
				t.Errorf("%q: %v", option, err)
			}
			return
		}
		if got != "" && !code.MatchString(got) {
			t.Errorf("%q gives %q", option, got)
		}
	})
}
