package vector

import "golang.org/x/sys/cpu"

// useCodes: a row's int8 codes are a fourth of its float32 vector, and the scan is
// bound by memory. With AVX2 the scan of codes is 2.6 times as fast as vek's of
// float32 where both fit the caches (1,000 rows of 512 dimensions), and 7 times where
// not (100,000), so there is no size from which on they begin to pay.
var useCodes = cpu.X86.HasAVX2

// multiplyAVX2 is in multiply_amd64.s. It reads and writes without looking at bounds.
//
//go:noescape
func multiplyAVX2(products *int32, codes *int8, query *int16, rows, width int)

// multiply computes the products of the query with each of the codes, which lie one
// after the other, each as long as the query, a multiple of 32. The numbers must be
// such that no sum overflows. Only where useCodes.
func multiply(products []int32, codes []int8, query []int16) {
	if len(products) == 0 || len(query) == 0 {
		return
	}
	_ = codes[len(products)*len(query)-1]
	multiplyAVX2(&products[0], &codes[0], &query[0], len(products), len(query))
}
