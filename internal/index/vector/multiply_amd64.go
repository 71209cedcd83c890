package vector

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2

// multiplyAVX2 is in multiply_amd64.s. It reads and writes without looking at bounds.
//
//go:noescape
func multiplyAVX2(products *int32, codes *int8, query *int16, rows, width int)

// multiply computes the products of the query with each of the codes, which lie one
// after the other, each as long as the query, a multiple of 32. The numbers must be
// such that no sum overflows.
func multiply(products []int32, codes []int8, query []int16) {
	if !hasAVX2 {
		multiplyPlain(products, codes, query)
		return
	}
	if len(products) == 0 || len(query) == 0 {
		return
	}
	_ = codes[len(products)*len(query)-1]
	multiplyAVX2(&products[0], &codes[0], &query[0], len(products), len(query))
}
