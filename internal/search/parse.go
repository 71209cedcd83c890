package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// asked is a person's text, parted.
type asked struct {
	text     string   // what is looked for, with the words of the phrases
	phrases  []string // "in quotation marks"
	excluded []string // -without, -"without this"
}

// maxMarked is how many phrases and exclusions a text may have: each is looked for in up to
// a thousand chunks.
const maxMarked = 64

// quotes are the marks that begin a phrase, and those that end it.
var quotes = map[rune]string{'"': `"`, '“': `”`, '„': `“”`, '«': `»`, '「': `」`}

// parse understands phrases and exclusions. What only looks like one is text: a quotation
// mark without its other one, or within a word, and a dash that no word follows at once.
func parse(text string) (a asked) {
	var plain strings.Builder
	begins := true // a word can begin here
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		rest := text[size:]
		if begins && r == '-' {
			if without, after, ok := excluded(rest); ok {
				a.excluded = append(a.excluded, without)
				text = after
				plain.WriteByte(' ')
				continue
			}
		}
		if begins || quotes[r] != "" && r != '"' {
			if phrase, after, ok := quoted(text); ok {
				a.phrases = append(a.phrases, phrase)
				text = after
				plain.WriteString(" " + phrase + " ")
				continue
			}
		}
		plain.WriteString(text[:size])
		begins = unicode.IsSpace(r) || r == '('
		text = rest
	}
	a.text = strings.TrimSpace(plain.String())
	return a
}

// excluded reads what a dash stands before.
func excluded(text string) (without, rest string, ok bool) {
	if without, rest, ok = quoted(text); ok {
		return without, rest, true
	}
	if r, _ := utf8.DecodeRuneInString(text); !unicode.IsLetter(r) && !unicode.IsNumber(r) {
		return "", "", false
	}
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], true
}

// quoted reads a phrase that text begins with.
func quoted(text string) (phrase, rest string, ok bool) {
	r, size := utf8.DecodeRuneInString(text)
	closing := quotes[r]
	if closing == "" {
		return "", "", false
	}
	end := strings.IndexAny(text[size:], closing)
	if end < 0 || strings.TrimSpace(text[size:size+end]) == "" {
		return "", "", false
	}
	_, width := utf8.DecodeRuneInString(text[size+end:])
	return text[size : size+end], text[size+end+width:], true
}
