//go:build !amd64

package vector

func multiply(products []int32, codes []int8, query []int16) { multiplyPlain(products, codes, query) }
