package scoretest

import (
	"slices"
	"strings"
)

// Score is how near a conversion is to the truth, each measure from 0 to 1; -1 where the
// truth has nothing to be measured.
type Score struct {
	Recall, Precision float64 // of words, however often they come
	Order             float64 // share of the words that both have which come in the same order
	Headings          float64 // F1 of headings; one of another level counts half
	Tables            float64 // F1 of cells by the heads of their row and of their column
	Lists             float64 // F1 of list items; one of another depth counts half
	FalseTables       int     // tables where the truth has none at all
}

// Total is the mean of what could be measured, words by the mean of recall and precision.
func (s Score) Total() float64 {
	sum, n := 0.0, 0
	for _, measure := range []float64{(s.Recall + s.Precision) / 2, s.Order, s.Headings, s.Tables, s.Lists} {
		if measure >= 0 {
			sum += measure
			n++
		}
	}
	return sum / float64(n)
}

// Compare scores Markdown.
func Compare(truth, got string) Score {
	want, have := parse(truth), parse(got)
	s := Score{Order: order(want.words, have.words)}
	common := overlap(count(want.words), count(have.words))
	s.Recall, s.Precision = share(common, len(want.words)), share(common, len(have.words))
	s.Headings = entryScore(want.headings, have.headings)
	s.Lists = entryScore(want.items, have.items)
	s.Tables = f1(count(want.cells), count(have.cells))
	if len(want.cells) == 0 && len(have.cells) > 0 {
		s.Tables, s.FalseTables = 0, have.tables
	}
	return s
}

// share is a of b, 1 of nothing.
func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func count[T comparable](all []T) map[T]int {
	counted := map[T]int{}
	for _, v := range all {
		counted[v]++
	}
	return counted
}

func overlap[T comparable](a, b map[T]int) int {
	common := 0
	for v, n := range a {
		common += min(n, b[v])
	}
	return common
}

// f1 is -1 when there is nothing on either side.
func f1[T comparable](want, have map[T]int) float64 {
	all := 0
	for _, n := range want {
		all += n
	}
	for _, n := range have {
		all += n
	}
	if all == 0 {
		return -1
	}
	return 2 * float64(overlap(want, have)) / float64(all)
}

// entryScore is the F1 of entries: half for the text, half for text and level.
func entryScore(want, have []entry) float64 {
	if len(want)+len(have) == 0 {
		return -1
	}
	texts := func(all []entry) map[string]int {
		counted := map[string]int{}
		for _, e := range all {
			counted[e.text]++
		}
		return counted
	}
	return (f1(count(want), count(have)) + f1(texts(want), texts(have))) / 2
}

// order is the longest run of words, gaps allowed, that both have in the same order, as a
// share of the words that come once in each.
func order(want, have []string) float64 {
	inWant, inHave := count(want), count(have)
	at := map[string]int{}
	for i, word := range have {
		at[word] = i
	}
	var places []int
	for _, word := range want {
		if inWant[word] == 1 && inHave[word] == 1 {
			places = append(places, at[word])
		}
	}
	if len(places) == 0 {
		return -1
	}
	var ends []int // the least end of a rising row of each length
	for _, place := range places {
		i, _ := slices.BinarySearch(ends, place)
		if i == len(ends) {
			ends = append(ends, place)
		} else {
			ends[i] = place
		}
	}
	return float64(len(ends)) / float64(len(places))
}

// words are the letters and digits of a text in lower case, as a search would see them.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !isWordRune(r) })
}
