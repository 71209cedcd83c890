package content

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of what a document warns of: a person reads it, and every answer about its
// task has it.
const (
	MaxWarnings = 100
	MaxWarning  = 1000 // bytes of one
)

// BoundWarnings cuts warnings to the bounds. What was left out, which more others are as
// well, is counted by the last one.
func BoundWarnings(all []string, more int) []string {
	if left := len(all) + more - MaxWarnings; left > 0 {
		all = all[:min(len(all), MaxWarnings-1)]
		all = append(all[:len(all):len(all)], fmt.Sprintf("%d more warnings were left out", left+1))
	}
	for i, w := range all {
		all[i] = cutWarning(w)
	}
	return all
}

func cutWarning(w string) string {
	w = strings.ToValidUTF8(w, "\uFFFD")
	if len(w) <= MaxWarning {
		return w
	}
	const mark = "…"
	end := MaxWarning - len(mark)
	for !utf8.RuneStart(w[end]) {
		end--
	}
	return w[:end] + mark // new memory: what is left out is let go
}
