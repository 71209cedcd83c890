//go:build !amd64

package vector

// useCodes is false: without vector instructions the scan is bound by arithmetic, and
// whole numbers are no faster than float32.
const useCodes = false

func multiply([]int32, []int8, []int16) {}
