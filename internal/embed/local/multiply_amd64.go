package local

import "golang.org/x/sys/cpu"

var hasFMA = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// multiplyTileFMA is in multiply_amd64.s. It reads and writes without looking at bounds.
// Strides are in bytes.
//
//go:noescape
func multiplyTileFMA(c, a, b *float32, strideC, strideA, depth int)

// multiplyTile sets tileHeight rows of panelWidth numbers of c to the products of as many
// rows of a with a panel.
func multiplyTile(c, a, b []float32, strideC, strideA, depth int) {
	if !hasFMA {
		multiplyTilePlain(c, a, b, strideC, strideA, depth)
		return
	}
	multiplyTileFMA(&c[0], &a[0], &b[0], 4*strideC, 4*strideA, depth)
}
