package content_test

import (
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
)

func TestBoundWarnings(t *testing.T) {
	t.Parallel()
	many := func(n int) []string { return slices.Repeat([]string{"w"}, n) }
	cut := func(before, letter string, n int) string { return before + strings.Repeat(letter, n) }
	for name, tt := range map[string]struct {
		all  []string
		more int
		want []string
	}{
		"none":             {nil, 0, nil},
		"as many as may":   {many(100), 0, many(100)},
		"one more":         {many(101), 0, append(many(99), "2 more warnings were left out")},
		"not handed in":    {many(100), 900, append(many(99), "901 more warnings were left out")},
		"as long as may":   {[]string{cut("", "x", 1000)}, 0, []string{cut("", "x", 1000)}},
		"too long":         {[]string{cut("", "x", 1001)}, 0, []string{cut("", "x", 997) + "…"}},
		"within a letter":  {[]string{cut("x", "ä", 600)}, 0, []string{cut("x", "ä", 498) + "…"}},
		"not UTF-8":        {[]string{"a\xff"}, 0, []string{"a\uFFFD"}},
		"what is replaced": {[]string{cut("", "\xff", 3)}, 0, []string{"\uFFFD"}},
	} {
		got := content.BoundWarnings(slices.Clone(tt.all), tt.more)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d, the last of %d bytes: %.200q", name, len(got), len(got[max(len(got)-1, 0)]), got[max(len(got)-2, 0):])
		}
		if again := content.BoundWarnings(slices.Clone(got), 0); !slices.Equal(again, got) {
			t.Errorf("%s: not the same when bounded again", name)
		}
	}
}
