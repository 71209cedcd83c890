package search

import (
	"math"
	"math/bits"
	"slices"
)

const (
	// fewWords are so few that texts of them are not called the same: notes of a line or two
	// are alike by chance.
	fewWords = 20
	// alike is the share of all runs of words of two texts that both have, from which on they
	// say nearly the same: of a page of 500 words eight may differ.
	alike = 0.9
	// sketchSize is how many runs are compared. The share of a larger text is estimated to
	// 0.03 (standard deviation).
	sketchSize = 128
)

// sketch is those of a text's runs of three words that have the lowest hashes, sorted: a
// fair sample of the runs of two texts together (Broder, "On the resemblance and
// containment of documents", 1997). It is nil of a text that is too short.
type sketch []uint64

func sketchOf(text string) sketch {
	// Of long texts most runs are left out before sorting; twice as many as are wanted stay.
	expected := uint64(max(2*sketchSize, len(text)/8))
	most := math.MaxUint64 / expected * (2 * sketchSize)
	runs := make(sketch, 0, 3*sketchSize)
	var last [3]uint64
	words := 0
	end := func(word uint64) {
		words++
		last[0], last[1], last[2] = last[1], last[2], word
		if words >= len(last) {
			if run := mixed(mixed(mixed(last[0])+last[1]) + last[2]); run <= most {
				runs = append(runs, run)
			}
		}
	}
	// Letters are compared without regard to case in ASCII alone, which is quick.
	const none = 14695981039346656037 // FNV-1a, as is the multiplication
	word := uint64(none)
	for i := range len(text) {
		c := text[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c >= 0x80:
		default:
			if word != none {
				end(word)
			}
			word = none
			continue
		}
		word = (word ^ uint64(c)) * 1099511628211
	}
	if word != none {
		end(word)
	}
	if words < fewWords {
		return nil
	}
	slices.Sort(runs)
	runs = slices.Compact(runs)
	return slices.Clip(runs[:min(len(runs), sketchSize)])
}

// mixed spreads a number over all its bits.
func mixed(n uint64) uint64 {
	high, low := bits.Mul64(n, 0x9e3779b97f4a7c15)
	return high ^ low
}

// like tells whether two texts say nearly the same.
func (s sketch) like(other sketch) bool {
	if len(s) == 0 || len(other) == 0 {
		return false
	}
	i, j, all, both := 0, 0, 0, 0
	for ; all < sketchSize && (i < len(s) || j < len(other)); all++ {
		switch {
		case j == len(other) || i < len(s) && s[i] < other[j]:
			i++
		case i == len(s) || other[j] < s[i]:
			j++
		default:
			both++
			i++
			j++
		}
		if float64(all+1-both) > (1-alike)*sketchSize+1 {
			return false
		}
	}
	return float64(both) >= alike*float64(all)
}
