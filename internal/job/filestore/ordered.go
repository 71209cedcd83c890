package filestore

import "github.com/google/btree"

// ordered holds jobs in an order by what does not change of them while they are in it.
type ordered = btree.BTreeG[*header]

// degree is how wide its nodes are: three levels hold a million jobs.
const degree = 64

func newOrdered(compare func(a, b *header) int) *ordered {
	return btree.NewG(degree, func(a, b *header) bool { return compare(a, b) < 0 })
}
