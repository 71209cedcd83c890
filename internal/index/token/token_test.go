package token

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func words(text string) (all []string) {
	Each(text, func(w Word) bool {
		all = append(all, w.Text)
		return true
	})
	return all
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Where is the Café?":           "where is the café",
		"e-mail v2.5, don't":           "e mail v2 5 don t",
		"cafe\u0301 ＡＢＣ ﬁne":           "café abc fine",
		"hy\u00adphen ZWJ\u200dx":      "hyphen zwjx",
		"機械学習go言語":                     "機 械 学 習 go 言 語",
		"한국어 검색":                       "한 국 어 검 색",
		"ストラッセ":                        "ス ト ラ ッ セ",
		"a\xffb \x00c":                 "a b c",
		"\u0301\u0302 … — !":           "",
		"½ Ⅷ":                          "1 2 viii",
		strings.Repeat("x", 70) + " y": strings.Repeat("x", 64) + " y",
	} {
		if got := strings.Join(words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWhereWordsStand(t *testing.T) {
	t.Parallel()
	text := "Im Café: 水曜日!"
	var got []string
	Each(text, func(w Word) bool {
		got = append(got, text[w.From:w.To])
		return true
	})
	if diff := cmp.Diff([]string{"Im", "Café", "水", "曜", "日"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Language{
		"":                                    English,
		"heron":                               English,
		"The heron is at the lake and waits.": German,
		"Der Reiher steht am See und wartet auf die Fische.": German,
		"Le héron est au bord du lac et il attend.":          French,
		"La garza está en el lago y espera los peces.":       Spanish,
		"De reiger staat bij het meer en wacht op de vis.":   Dutch,
		"Цапля стоит на берегу и не уходит, как всегда.":     Russian,
	} {
		if strings.HasPrefix(text, "The") {
			want = English
		}
		if got := Detect(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	for name, want := range map[string]Language{"de": German, "de-AT": German, "deu": German, "German": German, "en_US": English, "pt-BR": Portuguese} {
		if got, ok := Named(name); !ok || got != want {
			t.Errorf("%s: %d, %v", name, got, ok)
		}
	}
	if _, ok := Named("tlh"); ok {
		t.Error("a language that is not known is named")
	}
}

// finds tells whether a question has a term of a text.
func finds(question, text string) bool {
	l := Detect(text)
	var of []string
	Terms(l, text, Stem, func(term string) { of = append(of, term) })
	for _, term := range Question(question, []Language{English, German, l}) {
		for _, form := range term.Forms {
			if term.Weight == 1 && slices.Contains(of, form) {
				return true
			}
		}
	}
	return false
}

func TestFormsOfAWordFindEachOther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		question, text string
		want           bool
	}{
		{"herons", "the heron", true},
		{"recording", "we recorded it", true},
		{"Häuser", "das Haus ist alt", true},
		{"Haus", "die alten Häuser", true},
		{"schiffe", "Das Schiff ist im Hafen", true},
		{"cafe", "the café", true},
		{"café", "the cafe", true},
		{"学習", "機械学習は楽しい", true},
		{"習学", "機械学習は楽しい", false},
		{"水", "水曜日", true},
		{"nothere", "Nothing else is here", false}, // a stem of one language in another
		{"heron", "the engine", false},
		{"universal", "the university", true}, // what stemming costs
	} {
		if got := finds(tt.question, tt.text); got != tt.want {
			t.Errorf("%q in %q: %v", tt.question, tt.text, got)
		}
	}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	weights := func(text string) map[string]float64 {
		all := map[string]float64{}
		for _, term := range Question(text, []Language{English}) {
			all[strings.Join(term.Forms, " ")] = term.Weight
		}
		return all
	}
	for text, want := range map[string]map[string]float64{
		"where is the café": {"where": 0.05, "is": 0.05, "the": 0.05, "cafe": 1, "=café": 0.2},
		"lake Lakes":        {"lake": 1.5},
		"東京で":               {"東京": 1, "京で": 1},
		"から":                {"から": 0.05},
		"水 x":               {"水": 1, "x": 1},
		"":                  {},
	} {
		if diff := cmp.Diff(want, weights(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprint(&many, "w", i, " ")
	}
	if n := len(Question(many.String(), nil)); n != maxTerms {
		t.Errorf("%d terms", n)
	}
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		phrase, text string
		want         bool
	}{
		{"night herons", "Night-herons sleep", true},
		{"night heron", "night herons", false},
		{"herons night", "night herons", false},
		{"a b", "a a b", true},
		{"a a b", "a a a b", true},
		{"a b a b c", "a b a b a b c", true},
		{"a b a b c", "a b a b a b", false},
		{"a b a c", "a b a b c a c", false},
		{"東京", "西東京市", true},
		{"", "x", true},
		{"x", "", false},
		{"café", "cafe", false},
	} {
		if got := ParsePhrase(tt.phrase).In(ReadWords(tt.text)); got != tt.want {
			t.Errorf("%q in %q: %v", tt.phrase, tt.text, got)
		}
	}
}

// A phrase that repeats a word costs no more in a text that does, too. Compared at each
// word of the text this would take minutes.
func TestPhrasesThatRepeatAreCheap(t *testing.T) {
	text := ReadWords(strings.Repeat("a ", 400_000) + "b")
	for phrase, want := range map[string]bool{
		strings.Repeat("a ", 200_000) + "b":  true,
		strings.Repeat("a ", 200_000) + "bb": false,
		"b " + strings.Repeat("a ", 200_000): false,
	} {
		if got := ParsePhrase(phrase).In(text); got != want {
			t.Errorf("%.5s…%s: %v", phrase, phrase[len(phrase)-4:], got)
		}
	}
}

// FuzzEach: words are of valid characters, in order, not too long, and a text has every
// word of its own.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{"heron", "\xff\x00", "e\u0301", "東京タワー", "ʼn", "²½Ⅷ", "𞤀𞤁", "ﬁ ǆ İ ß", "กำ", "\u0301a", "a\u00ad", "각"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2048 {
			return
		}
		last := 0
		Each(text, func(w Word) bool {
			if w.From < last || w.To <= w.From || w.To > len(text) || w.Text == "" || len(w.Text) > maxWord || !utf8.ValidString(w.Text) {
				t.Fatalf("%q: %+v after %d", text, w, last)
			}
			last = w.From
			return true
		})
		own := map[string]bool{}
		Terms(English, text, Stem, func(term string) { own[term] = true })
		for _, term := range Question(text, []Language{English}) {
			if !own[term.Forms[0]] {
				t.Fatalf("%q does not have its own term %q", text, term.Forms[0])
			}
		}
		if !ParsePhrase(text).In(ReadWords(text)) {
			t.Fatalf("%q does not have itself", text)
		}
	})
}
