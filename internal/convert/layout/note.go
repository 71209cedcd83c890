package layout

import (
	"fmt"
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
		for i := range s.blocks {
			b := &s.blocks[i]
			mark := leadingMark(b)
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
