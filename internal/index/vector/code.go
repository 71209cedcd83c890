package vector

import "math"

// code is a query as whole numbers. The product of two codes and their scales is about the
// cosine: at 512 dimensions it is off by some ten-thousandths.
type code struct {
	numbers []int16 // as long as a row's code
	scale   float32
}

// newCode takes as much of int16 as keeps the product of two codes within int32.
func newCode(unit []float32) code {
	c := code{numbers: make([]int16, stride(len(unit)))}
	most := min(math.MaxInt16, math.MaxInt32/(127*len(c.numbers)))
	step := largest(unit) / float64(most)
	for i, x := range unit {
		c.numbers[i] = int16(math.RoundToEven(float64(x) / step))
	}
	c.scale = float32(step)
	return c
}

// piece is how many rows the kernel multiplies at a time.
const piece = 128

// scan adds those rows of a part that are among the best so far.
func (s *search) scan(t *top, p *part) {
	var products [piece]int32
	width := len(s.code.numbers)
	for from := 0; from < len(p.rows); from += piece {
		rows := p.rows[from:min(from+piece, len(p.rows))]
		multiply(products[:len(rows)], p.codes[from*width:(from+len(rows))*width], s.code.numbers)
		for i := range rows {
			r := &rows[i]
			score := float32(products[i]) * r.scale * s.code.scale
			if score < t.least() {
				continue
			}
			m := Match{ID: r.id, Group: p.group, Score: score}
			if t.takes(m) && (s.Row == nil || s.Row(p.group, r.id)) {
				t.add(m)
			}
		}
	}
}
