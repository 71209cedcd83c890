package layout

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markNotes finds the notes at the feet of pages and joins them with their marks in the
// text: a note is set smaller, begins with a mark, and its mark is in the text of its page
// or of the one before. The others are raised characters.
func markNotes(sheets []*sheet) {
	count := 0
	var before map[string]bool
	for _, s := range sheets {
		called := map[string]bool{}
		for i := range s.blocks {
			for _, mark := range marksIn(s.blocks[i].text) {
				if !strings.HasPrefix(s.blocks[i].text, wrapMark(mark)) {
					called[mark] = true
				}
			}
		}
		labels := map[string]string{}
		feet := s.numberedNotes(called)
		for i := range s.blocks {
			b := &s.blocks[i]
			mark := leadingMark(b)
			if i >= feet {
				mark = strconv.Itoa(b.number)
			}
			if mark == "" || !called[mark] && !before[mark] || labels[mark] != "" || b.kind == heading || b.kind == tableBlock {
				continue
			}
			count++
			labels[mark] = fmt.Sprint(count)
			b.kind, b.mark = note, labels[mark]
			b.text = strings.TrimSpace(strings.TrimPrefix(b.text, wrapMark(mark)))
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			for mark, label := range labels {
				b.text = strings.ReplaceAll(b.text, wrapMark(mark), "[^"+label+"]")
			}
		}
		before = called
	}
	for _, s := range sheets {
		for i := range s.blocks {
			s.blocks[i].text = settle(s.blocks[i].text)
		}
	}
}

// numberedNotes is where the list begins that ends the page, if each of its numbers is raised in the
// text: they are notes, whose own numbers some programs do not raise.
func (s *sheet) numberedNotes(called map[string]bool) int {
	at := len(s.blocks)
	for at > 0 && s.blocks[at-1].kind == listItem && s.blocks[at-1].number > 0 {
		at--
	}
	for i := at; i < len(s.blocks); i++ {
		if !called[strconv.Itoa(s.blocks[i].number)] || i > at && s.blocks[i].number != s.blocks[i-1].number+1 {
			return len(s.blocks)
		}
	}
	return at
}

func wrapMark(mark string) string { return string(noteOpen) + mark + string(noteClose) }

// marksIn lists the marks of a text.
func marksIn(text string) []string {
	var marks []string
	for {
		_, after, found := strings.Cut(text, string(noteOpen))
		if !found {
			return marks
		}
		mark, rest, found := strings.Cut(after, string(noteClose))
		if !found {
			return marks
		}
		marks = append(marks, mark)
		text = rest
	}
}

// leadingMark is the raised mark that a block begins with.
func leadingMark(b *block) string {
	if r, _ := utf8.DecodeRuneInString(b.text); r != noteOpen {
		return ""
	}
	if marks := marksIn(b.text); len(marks) > 0 {
		return marks[0]
	}
	return ""
}

// settle writes the marks that call no note as raised characters.
func settle(text string) string {
	if !strings.ContainsRune(text, noteOpen) {
		return text
	}
	for _, mark := range marksIn(text) {
		text = strings.Replace(text, wrapMark(mark), lift(mark), 1)
	}
	return strings.NewReplacer(string(noteOpen), "", string(noteClose), "").Replace(text)
}
