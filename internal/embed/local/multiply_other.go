//go:build !amd64

package local

func multiplyTile(c, a, b []float32, strideC, strideA, depth int) {
	multiplyTilePlain(c, a, b, strideC, strideA, depth)
}
