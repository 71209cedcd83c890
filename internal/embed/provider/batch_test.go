package provider

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBatches(t *testing.T) {
	t.Parallel()
	limits := Limits{Texts: 3, Bytes: 10, TextBytes: 8}
	for _, test := range []struct {
		name  string
		texts []string
		want  []batch
	}{
		{"none", nil, nil},
		{"nothing but blank", []string{"", " \n", "\u00a0"}, nil},
		{"as many as go", []string{"a", "b", "c", "d"}, []batch{{[]string{"a", "b", "c"}, []int{0, 1, 2}}, {[]string{"d"}, []int{3}}}},
		{"as many bytes as go", []string{"12345", "12345", "1"}, []batch{{[]string{"12345", "12345"}, []int{0, 1}}, {[]string{"1"}, []int{2}}}},
		{"blank ones left out", []string{"", "a", " ", "b"}, []batch{{[]string{"a", "b"}, []int{1, 3}}}},
		{"a long one cut", []string{"123456789", "ab", "c"}, []batch{{[]string{"12345678", "ab"}, []int{0, 1}}, {[]string{"c"}, []int{2}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []batch
			for b := range limits.batches(test.texts) {
				got = append(got, b)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"1234", "1234"},
		{"12345", "1234"},
		{"äöü", "äö"},
		{"aäöü", "aä"}, // the fourth byte would halve ö
		{"山高い", "山"},
		{strings.Repeat(" ", 50) + "ab", "ab"},
		{"a\xff", "a\uFFFD"},
		{"ab\xff\xfe", "ab"},
	} {
		got := cut(test.text, 4)
		if got != test.want || !utf8.ValidString(got) {
			t.Errorf("cut(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}
