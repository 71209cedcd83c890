package chunk

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// point is what the point after an abbreviation means.
type point int

const (
	inner   point = iota + 1 // never ends a sentence: a name or a word must follow
	counted                  // does not end one before a number
	outer                    // may end one: only a word that likes to start one tells
)

// abbreviations in small letters are also known with a capital ("Cf. page 5");
// those with a capital only so ("Gen. Lee", but "the next gen. Then").
var abbreviations = merge(
	listed(inner, `Dr Mr Mrs Ms Mx Prof St Ste Mt Ft Gen Col Capt Cpt Cmdr Lt Sgt Maj Adm Rev
		Hon Pres Gov Sen Rep Supt Messrs Mme Mlle Mgr Hr Hrn Fr Frl Fa Dipl Ing Hrsg Sra
		dr mr mrs prof vs cf viz e.g i.e eg ie approx ca incl excl resp esp
		bzw ggf evtl inkl exkl zzgl vgl sog z.b d.h u.a i.d.r o.ä u.u z.t i.a s.o s.u
		p.ex p.ej`),
	listed(counted, `no nos nr nrs num fig figs eq eqs sec ch chap vol vols p pp par para art
		ex tab abb abs bd s kap ziff app ed lit tel
		Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mrz Okt Dez`),
	listed(outer, `etc al usw usf Inc Ltd Co Corp Bros Jr Sr Esq Ave Blvd Rd Str Mio Mrd
		Univ Dept Est Assn Ges bld`),
)

// starters are words that are no names and often start sentences.
var starters = listed(true, `
	the a an this that these those it its he she we they you i his her our their my
	your there here in on at by for from with without after before when while where
	if as but and or so yet then thus now however although because since until
	what who why how which some many most all no not one two each every both
	der die das den dem des ein eine einen er es sie wir ihr ich und oder aber doch
	dann wenn als im am an auf bei mit nach für von zu seit diese dieser dieses
	un une il elle ils nous vous je mais ce cette dans pour pero para`)

// ordinals are the words that a German ordinal number stands before.
var ordinals = listed(true, `
	januar jänner februar märz april mai juni juli august september oktober
	november dezember jahrhundert jahrhunderts jh jahrestag geburtstag
	weltkrieg weltkriegs auflage kapitel klasse`)

// listed gives each word of a list the same value.
func listed[V any](value V, list string) map[string]V {
	words := make(map[string]V)
	for word := range strings.FieldsSeq(list) {
		words[word] = value
	}
	return words
}

func merge[V any](tables ...map[string]V) map[string]V {
	words := make(map[string]V)
	for _, table := range tables {
		maps.Copy(words, table)
	}
	return words
}

// lookUp finds a word as it is, or with its capital made small.
func lookUp[V any](words map[string]V, word string) V {
	if value, ok := words[word]; ok {
		return value
	}
	r, width := utf8.DecodeRuneInString(word)
	if small := unicode.ToLower(r); small != r {
		return words[string(small)+word[width:]]
	}
	var none V
	return none
}

// abbreviates tells whether the single point of s belongs to the word before it
// and the sentence goes on, given where the first letter after it is.
func (s stop) abbreviates(first int) bool {
	word := s.wordBefore()
	if word == "" {
		return false
	}
	next := wordAt(s.text, first)
	if isNumber(word) {
		return s.numbers(word) || len(word) <= 2 && lookUp(ordinals, next)
	}
	dotted := isDotted(word)
	if dotted {
		word = strings.ToLower(word)
	}
	switch meaning := lookUp(abbreviations, word); {
	case meaning == inner, !dotted && s.numbers(word):
		return true
	case meaning == counted && next != "" && unicode.IsDigit(rune(next[0])):
		return true
	case meaning == outer, dotted, utf8.RuneCountInString(word) == 1:
		return !s.starts(first, next)
	}
	return false
}

// starts tells whether the word at an offset seems to start a sentence: it is one
// that often does, and not an initial itself.
func (s stop) starts(offset int, word string) bool {
	initial := utf8.RuneCountInString(word) == 1 && strings.HasPrefix(s.text[offset+len(word):], ".")
	return !initial && lookUp(starters, word)
}

// numbers tells whether the word and its point number what follows them: "1. Who",
// "A. What", "IV. Why", at the start of a sentence.
func (s stop) numbers(word string) bool {
	at := s.start - len(word)
	if at < s.sentence || at-s.sentence > maxWord {
		return false
	}
	if skipFunc(s.text[:at], s.sentence, opens) < at {
		return false
	}
	return utf8.RuneCountInString(word) == 1 || isNumber(word) || strings.Trim(word, "IVX") == ""
}

// maxWord bounds in bytes what is looked at of a word: no abbreviation is longer.
const maxWord = 24

// wordBefore is the word before the point, with the points inside it; if it is one
// letter, with the one or two small letters before it that have a point each, as in
// "i. d. R.": "i.d.R".
func (s stop) wordBefore() string {
	low := max(s.sentence, s.start-maxWord)
	at := wordStart(s.text, low, s.start)
	word := s.text[at:s.start]
	if utf8.RuneCountInString(word) != 1 {
		return word
	}
	for range 2 {
		point := trimEnd(s.text, at) - 1
		if point == at-1 || point <= low || s.text[point] != '.' {
			break
		}
		at = wordStart(s.text, low, point)
		letter := s.text[at:point]
		if r, width := utf8.DecodeRuneInString(letter); width != len(letter) || !unicode.IsLower(r) {
			break
		}
		word = letter + "." + word
	}
	return word
}

// wordStart goes back from the end of a word over letters, digits and the points
// between them, at most to low.
func wordStart(text string, low, end int) int {
	at := end
	for at > low {
		r, width := utf8.DecodeLastRuneInString(text[low:at])
		if !inWord(r) && r != '.' {
			break
		}
		at -= width
	}
	for at < end && text[at] == '.' {
		at++
	}
	return at
}

// wordAt is the word that starts at an offset, "" if none does.
func wordAt(text string, offset int) string {
	text = text[offset:min(len(text), offset+maxWord)]
	return text[:skipFunc(text, 0, inWord)]
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// isDotted tells whether a word has points as abbreviations have them, after one
// letter or two ("U.S", "Ph.D"), and not as names of files and hosts do.
func isDotted(word string) bool {
	for part := range strings.SplitSeq(word, ".") {
		if utf8.RuneCountInString(part) > 2 || part == "" || isNumber(part[len(part)-1:]) {
			return false
		}
	}
	return strings.Contains(word, ".")
}

func isNumber(word string) bool {
	return word != "" && strings.Trim(word, "0123456789.") == ""
}
