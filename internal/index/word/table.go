package word

import (
	"cmp"
	"runtime"
	"slices"

	"morag/internal/index/mapped"
)

// table is the numbers of terms, in a file. It does not change. The nil table has none.
type table struct {
	text  []byte
	terms []entryOf
	slots []uint32 // by hash, the place in terms and one; 0 for none; a power of two
	file  *mapped.File
}

// entryOf is a term of a table: its number and where its text ends.
type entryOf struct {
	number uint32
	end    uint32
}

// numbered is a term and its number.
type numbered struct {
	term   string
	number uint32
}

// maxText is where the ends of a table's terms have no room left.
const maxText = 1<<32 - 1

// newTable makes a table; it is false when it would be too large.
func newTable(terms []numbered) (*table, bool) {
	slices.SortFunc(terms, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	t := &table{}
	size := 2
	for size < 2*len(terms) {
		size *= 2
	}
	t.slots = make([]uint32, size)
	for i, one := range terms {
		if len(t.text)+len(one.term) > maxText {
			return nil, false
		}
		t.text = append(t.text, one.term...)
		t.terms = append(t.terms, entryOf{one.number, uint32(len(t.text))})
		at := hash(one.term) & uint64(size-1)
		for t.slots[at] != 0 {
			at = (at + 1) & uint64(size-1)
		}
		t.slots[at] = uint32(i + 1)
	}
	return t, true
}

func (t *table) write(w *mapped.Writer) {
	mapped.Add(w, t.text)
	mapped.Add(w, t.terms)
	mapped.Add(w, t.slots)
}

func readTable(f *mapped.File) *table {
	return &table{mapped.Next[byte](f), mapped.Next[entryOf](f), mapped.Next[uint32](f), f}
}

func (t *table) look(term string) (uint32, bool) {
	if t == nil || len(t.slots) == 0 {
		return 0, false
	}
	defer runtime.KeepAlive(t)
	mask := uint64(len(t.slots) - 1)
	for at := hash(term) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		if i := int(t.slots[at] - 1); string(t.term(i)) == term {
			return t.terms[i].number, true
		}
	}
	return 0, false
}

// term is the text of the term at a place.
func (t *table) term(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = t.terms[i-1].end
	}
	return t.text[from:t.terms[i].end]
}

// hash is FNV-1a, the same in every process.
func hash(term string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(term) {
		h = (h ^ uint64(term[i])) * 1099511628211
	}
	return h ^ h>>32
}
