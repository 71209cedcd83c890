package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// learn takes the words of a line, but for the last, of which a part may be on the next.
func (st style) learn(text string) {
	if len(st.words) > 200_000 {
		return
	}
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return
	}
	for word := range strings.FieldsSeq(text[:at]) {
		word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }))
		if len(word) > 2 {
			st.words[word] = true
		}
	}
}

// glue joins a text with the line that follows.
func (st style) glue(text, next string) string {
	cut, space := st.seam(text, next)
	return text[:len(text)-cut] + space + next
}

// seam tells how a text and the line that follows are joined: how many bytes at its end are
// left out, a hyphen that is there for the line's sake, and what comes between them.
func (st style) seam(text, next string) (cut int, space string) {
	if text == "" || next == "" {
		return 0, ""
	}
	last, size := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(next)
	switch {
	case last == softHyphen:
		return size, ""
	case isCJK(last) && isCJK(first):
		return 0, ""
	case last != '-' && last != '‐' || !unicode.IsLetter(first) && !unicode.IsDigit(first):
		return 0, " "
	}
	before := text[:len(text)-size]
	letter, _ := utf8.DecodeLastRuneInString(before)
	switch {
	case !unicode.IsLetter(letter) && !unicode.IsDigit(letter):
		return 0, " " // a dash
	case unicode.IsDigit(letter) || unicode.IsDigit(first) || unicode.IsUpper(first) || st.keepsHyphen(lastWord(before), firstWord(next)):
		return 0, ""
	}
	return size, ""
}

func lastWord(s string) string {
	return s[strings.LastIndexFunc(s, unicode.IsSpace)+1:]
}

func firstWord(s string) string {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		s = s[:i]
	}
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
}

// keepsHyphen tells whether the hyphen between two halves belongs to the word: the document
// says so elsewhere, or the halves are words by themselves.
func (st style) keepsHyphen(left, right string) bool {
	left = strings.ToLower(strings.TrimLeftFunc(left, func(r rune) bool { return !unicode.IsLetter(r) }))
	right = strings.ToLower(right)
	switch {
	case st.words[left+right]:
		return false
	case st.words[left+"-"+right]:
		return true
	case strings.ContainsRune(left, '-'): // "state-of-the-"
		return true
	}
	end, _, _ := strings.Cut(right, "-")
	return compounding[left] && len(end) > 2 || (st.words[left] || common[left]) && (st.words[end] || common[end]) && len(left) > 3 && len(end) > 3
}

// compounding are words with which compounds are made that keep their hyphen.
var compounding = wordSet(`all cross far first full half hard high ill left long low mid near non old open part price right second self
 semi short single soft so state third well wide year`)

// common are words that also stand by themselves, and hardly ever begin or end another that is
// cut there.
var common = wordSet(`based free hand hour life line made mile minute month page part price side speed term time type week work world
 year born bound built called class depth driven edge end friendly grade grown known level like long looking minded month known
 oriented related scale sized specific standing style wide determining making taking using water house paper power market`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(s) {
		set[word] = true
	}
	return set
}
