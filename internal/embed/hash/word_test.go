package hash

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                              nil,
		"  --- ... ":                    nil,
		"One, two—Three":                {"one", "two", "three"},
		"don't 3.14 snake_case":         {"don", "t", "3", "14", "snake", "case"},
		"Straße ÉCOLE İstanbul":         {"strasse", "école", "i̇stanbul"},
		"ﬁx ① Ⅷ ℌ":                      {"fix", "1", "viii", "h"},
		"高い山 x":                         {"高い", "い山", "x"},
		"山":                             {"山"},
		"Go言語abc":                       {"go", "言語", "abc"},
		"ｺｰﾋｰ":                          {"コー", "ーヒ", "ヒー"},
		"zero\u200bwidth soft\u00adhyp": {"zerowidth", "softhyp"},
		"bad\xffbyte":                   {"bad", "byte"},
	} {
		if got := slices.Collect(words(fold(text))); !slices.Equal(got, want) {
			t.Errorf("words of %q are %q, want %q", text, got, want)
		}
	}
}

// TestFoldOfASCII holds the short way against the long one.
func TestFoldOfASCII(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for c := range byte(utf8.RuneSelf) {
		all.WriteByte(c)
	}
	if got, want := fold(all.String()), cases.Fold().String(all.String()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzVector(f *testing.F) {
	for _, text := range []string{"", "The Mountain", "ﬁ①İß", "高い山 コーヒー", "\xff\xfe", "a\u0301\u200b", "👩‍👩‍👧", strings.Repeat("x", 300)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for word := range words(fold(text)) {
			if word == "" || !utf8.ValidString(word) || !strings.Contains(fold(text), word) {
				t.Fatalf("word %q of %q", word, text)
			}
		}
		got := vector(t, New(0), text)
		if length := math.Sqrt(dot(got, got)); length != 0 && !(math.Abs(length-1) < 1e-5) {
			t.Fatalf("length %v", length)
		}
		if again := vector(t, New(0), text); !slices.Equal(again, got) {
			t.Fatal("another vector for the same text")
		}
	})
}
