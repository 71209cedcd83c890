package token

import (
	"strings"
	"unicode"
)

// Terms calls add with the terms under which a text of the language is found, each as
// often as it is there, and returns how many words the text has.
//
// The terms are the stem of each word, and the word itself when marks make a difference
// ("=café"); of scripts without spaces every character and every two neighbours. stem is
// [Stem], or remembers what that returns.
func Terms(l Language, text string, stem func(Language, string) string, add func(term string)) (words int) {
	var last Word
	Each(text, func(w Word) bool {
		words++
		switch {
		case w.Unspaced:
			add(w.Text)
			if last.Unspaced && last.To == w.From {
				add(last.Text + w.Text)
			}
		default:
			add(stem(l, w.Text))
			if !isASCII(w.Text) && plain(w.Text) != w.Text {
				add(exact(w.Text))
			}
		}
		last = w
		return true
	})
	return words
}

// exact is the term of a word with its marks.
func exact(word string) string { return "=" + word }

// Term is one thing that a question asks for.
type Term struct {
	// Forms are the terms of a text any of which is meant, the stems of one word by
	// several languages.
	Forms []string
	// Weight is how much it counts, 1 for a word like any other.
	Weight float64
}

const (
	// functionWeight is of words that hold a sentence together. They are rare in a small
	// collection of notes, and tell as little there.
	functionWeight = 0.05
	// exactWeight is of a word's having the marks that were asked for, besides being it.
	exactWeight = 0.2
	// maxTerms bounds what one question looks for: of a pasted text the first words tell
	// what it is about.
	maxTerms = 64
)

// Question is what a text that somebody asks with looks for, in texts of the languages: at
// most 64 terms, none twice. Words said twice count more.
func Question(text string, languages []Language) []Term {
	asked := Detect(text)
	q := question{at: map[string]int{}}
	var last Word
	alone := false // last is a character that no pair holds yet
	flush := func() {
		if alone {
			q.add(1, last.Text)
		}
		alone = false
	}
	Each(text, func(w Word) bool {
		if w.Unspaced && last.Unspaced && last.To == w.From {
			q.add(pairWeight(last.Text+w.Text), last.Text+w.Text)
			alone = false
		} else {
			flush()
			alone = w.Unspaced
		}
		if last = w; !w.Unspaced {
			q.addWord(w.Text, asked, languages)
		}
		return len(q.terms) < maxTerms
	})
	flush()
	return q.terms
}

type question struct {
	terms []Term
	at    map[string]int // by the first form
}

func (q *question) addWord(word string, asked Language, languages []Language) {
	var forms []string
	for _, l := range languages {
		forms = appendNew(forms, Stem(l, word))
	}
	if len(forms) == 0 {
		forms = []string{Stem(asked, word)}
	}
	weight := 1.0
	for _, l := range functionOf[word] {
		if l == asked {
			weight = functionWeight
		}
	}
	q.add(weight, forms...)
	if !isASCII(word) && plain(word) != word {
		q.add(exactWeight*weight, exact(word))
	}
}

func (q *question) add(weight float64, forms ...string) {
	key := strings.Join(forms, " ")
	if i, ok := q.at[key]; ok {
		q.terms[i].Weight += weight / 2
		return
	}
	q.at[key] = len(q.terms)
	q.terms = append(q.terms, Term{forms, weight})
}

// pairWeight is low for what is grammar in Japanese: two hiragana.
func pairWeight(pair string) float64 {
	for _, r := range pair {
		if !unicode.Is(unicode.Hiragana, r) {
			return 1
		}
	}
	return functionWeight
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
