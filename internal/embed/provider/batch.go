package provider

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// Limits of one request. They count bytes because tokens cannot be counted without
// the model's own tables, and a token is hardly ever less than two bytes of UTF-8 in
// any language: about four in English, three in Chinese (one character).
type Limits struct {
	Texts     int // most texts
	Bytes     int // most bytes of all texts; one text always goes
	TextBytes int // of a longer text only that much is sent, cut between characters
}

// batch is the texts of one request and which of the caller's they are.
type batch struct {
	texts  []string
	places []int
}

// batches leaves out blank texts, which services refuse.
func (l Limits) batches(texts []string) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		var b batch
		size := 0
		for i, text := range texts {
			if strings.TrimSpace(text) == "" {
				continue
			}
			text = cut(text, l.TextBytes)
			if len(b.texts) == l.Texts || len(b.texts) > 0 && size+len(text) > l.Bytes {
				if !yield(b) {
					return
				}
				b, size = batch{}, 0
			}
			b.texts, b.places = append(b.texts, text), append(b.places, i)
			size += len(text)
		}
		if len(b.texts) > 0 {
			yield(b)
		}
	}
}

// cut returns at most limit bytes of the text, as valid UTF-8 (JSON carries no other).
// A long text that begins with white space is cut after it.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= limit {
		return text
	}
	text = strings.TrimSpace(text)
	end := min(limit, len(text))
	for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
