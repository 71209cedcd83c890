package vector

import (
	"fmt"
	"math"

	"morag/internal/index/mapped"
)

// blockRows bounds a block, so that a long document can be searched by several
// goroutines and a search can be stopped within one.
const blockRows = 1024

// block is the codes of vectors that lie one after the other. It never changes.
type block struct {
	rows    []row
	largest int64        // ID
	codes   []int8       // rows × stride
	file    *mapped.File // that rows and codes are in, nil for none
}

// row is what belongs to one vector besides its code: scale · code is about the vector,
// scaled to length 1.
type row struct {
	id    int64
	scale float32
	_     float32
}

// stride is the length of a code: the kernel takes 32 numbers at a time.
func stride(dimension int) int { return (dimension + 31) &^ 31 }

// pack makes blocks of rows; zero vectors are left out.
func pack(dimension int, rows []Row) []*block {
	var blocks []*block
	for len(rows) > 0 {
		n := min(len(rows), blockRows)
		if b := packOne(dimension, rows[:n]); len(b.rows) > 0 {
			blocks = append(blocks, b)
		}
		rows = rows[n:]
	}
	return blocks
}

func packOne(dimension int, rows []Row) *block {
	b := &block{
		rows:  make([]row, 0, len(rows)),
		codes: make([]int8, 0, len(rows)*stride(dimension)),
	}
	unit := make([]float32, dimension)
	for _, r := range rows {
		if len(r.Vector) != dimension {
			panic(fmt.Sprintf("vector: row %d has dimension %d, not %d", r.ID, len(r.Vector), dimension))
		}
		copy(unit, r.Vector)
		if !normalize(unit) {
			continue
		}
		at := len(b.codes)
		b.codes = b.codes[:at+stride(dimension)]
		b.rows = append(b.rows, row{id: r.ID, scale: quantize(b.codes[at:], unit)})
		b.largest = max(b.largest, r.ID)
	}
	return b
}

// without is the block without those rows, itself when it has none of them, nil when
// nothing is left.
func (b *block) without(gone map[int64]bool) *block {
	var kept block
	width := len(b.codes) / len(b.rows)
	for i, r := range b.rows {
		if gone[r.id] {
			continue
		}
		kept.rows = append(kept.rows, r)
		kept.largest = max(kept.largest, r.id)
		kept.codes = append(kept.codes, b.codes[i*width:(i+1)*width]...)
	}
	switch len(kept.rows) {
	case 0:
		return nil
	case len(b.rows):
		return b
	}
	return &kept
}

// normalize scales v to length 1; it is false for a vector that has no direction:
// zero, or not finite.
func normalize(v []float32) bool {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	if squares == 0 || math.IsInf(squares, 0) || math.IsNaN(squares) {
		return false
	}
	length := math.Sqrt(squares)
	for i, x := range v {
		v[i] = float32(float64(x) / length)
	}
	return true
}

// quantize writes v as whole numbers from -127 to 127 times scale. code is zero before and
// may be longer than v.
func quantize(code []int8, v []float32) (scale float32) {
	step := largest(v) / 127
	for i, x := range v {
		code[i] = int8(math.RoundToEven(float64(x) / step))
	}
	return float32(step)
}

func largest(v []float32) float64 {
	var m float64
	for _, x := range v {
		m = max(m, math.Abs(float64(x)))
	}
	return m
}
