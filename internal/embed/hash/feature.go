package hash

import (
	"math/bits"
	"unicode/utf8"
)

// The weights of the features and the lengths of the n-grams, chosen by the
// measurement that [DefaultDimension] tells of.
const (
	wordWeight = 2
	gramWeight = 1
	shortest   = 3
	longest    = 5

	// Words that every text is full of count a fourth of others; see isFunctionWord.
	functionWord = 1
	otherWord    = 4
)

// maxStarts bounds how many characters of one word begin n-grams. Words of languages
// are shorter, with rare exceptions; what is longer (encoded data, a key) must not
// drown the text around it.
const maxStarts = 32

// bag sums up the features of a text. Whole numbers make their order not matter.
type bag struct {
	sums   []int64
	marked []byte // "=<word", kept for its memory
}

// addWord adds a word that occurs count times, and its n-grams. Their weight grows as
// 1 + ⌊log₂ count⌋: a word said eight times is not eight times as telling.
//
// Only the beginning is marked in n-grams, not the end: in most languages a word ends
// in grammar, and "-ing" should not make "recording" a relative of "according".
func (b *bag) addWord(word string, count int) {
	weight := int64(bits.Len(uint(count)))
	if isFunctionWord(word) {
		weight *= functionWord
	} else {
		weight *= otherWord
	}
	b.marked = append(append(b.marked[:0], "=<"...), word...)
	b.add(fnv1a(fnvBasis, b.marked), weight*wordWeight)

	rest := b.marked[1:] // no n-gram begins with "=", so none is taken for a word
	for starts := 0; len(rest) > 0 && starts < maxStarts; starts++ {
		b.addGrams(rest, weight*gramWeight)
		rest = rest[width(rest):]
	}
}

// addGrams adds the n-grams that begin where text begins. Each is the one before and
// a character more, and so is its hash.
func (b *bag) addGrams(text []byte, weight int64) {
	hash := fnvBasis
	for n := 1; n <= longest && len(text) > 0; n++ {
		size := width(text)
		hash = fnv1a(hash, text[:size])
		text = text[size:]
		if n >= shortest {
			b.add(hash, weight)
		}
	}
}

// add adds a feature: the hash's upper bits choose the position, the lowest the sign.
func (b *bag) add(hash uint64, weight int64) {
	hash = mix(hash)
	position, _ := bits.Mul64(hash, uint64(len(b.sums)))
	if hash&1 == 1 {
		weight = -weight
	}
	b.sums[position] += weight
}

func width(text []byte) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRune(text)
	return size
}

// FNV-1a, 64 bits: www.isthe.com/chongo/tech/comp/fnv. It is here because hash/fnv
// cannot go on from a given hash.
const (
	fnvBasis uint64 = 14695981039346656037
	fnvPrime uint64 = 1099511628211
)

func fnv1a(hash uint64, data []byte) uint64 {
	for _, c := range data {
		hash = (hash ^ uint64(c)) * fnvPrime
	}
	return hash
}

// mix spreads a hash over all its bits, which FNV does not do for short data: the
// finalizer of MurmurHash3 (Appleby, public domain).
func mix(hash uint64) uint64 {
	hash ^= hash >> 33
	hash *= 0xff51afd7ed558ccd
	hash ^= hash >> 33
	hash *= 0xc4ceb9fe1a85ec53
	hash ^= hash >> 33
	return hash
}
