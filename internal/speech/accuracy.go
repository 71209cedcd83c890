package speech

import (
	"regexp"
	"strings"
)

var (
	timestamp = regexp.MustCompile(`(?m)^\[\d{2,}:\d{2}:\d{2}\] `)
	word      = regexp.MustCompile(`[\p{L}\p{N}']+`)
)

// WordErrorRate is the number of words that were inserted, deleted or replaced
// (Levenshtein distance over words) to make transcript of reference, over the number
// of words in reference. Case, punctuation and the transcript's timestamps
// ("[00:00:12] " at the start of a line) do not count. It takes time and memory in
// proportion to the product of the two, and the length of the transcript.
func WordErrorRate(reference, transcript string) float64 {
	want, got := words(reference), words(timestamp.ReplaceAllString(transcript, ""))
	if len(want) == 0 {
		return float64(len(got))
	}
	row := make([]int, len(got)+1) // distances of want[:i] to got[:j]
	for j := range row {
		row[j] = j
	}
	for i, w := range want {
		diagonal := row[0]
		row[0] = i + 1
		for j, g := range got {
			replaced := diagonal
			if w != g {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return float64(row[len(got)]) / float64(len(want))
}

func words(text string) []string {
	return word.FindAllString(strings.ToLower(strings.ReplaceAll(text, "-", " ")), -1)
}
