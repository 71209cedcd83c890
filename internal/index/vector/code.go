package vector

import "math"

// code is a query as whole numbers, and what is needed to bound a true score by the
// product of two codes.
//
// With vector v = v' + e and query q = q' + f, where v' and q' are the codes times
// their scales, v·q = v'·q' + v'·f + e·q, so by Cauchy and Schwarz the score is at
// most v'·q' + |v'|·|f| + |e|·|q|, where |q| = 1 and |v'| ≤ 1 + |e|. A row whose bound
// is below the worst of the best so far cannot be among the best: its float32 vector,
// four times as long, is not read. The answer is the same as without codes.
type code struct {
	numbers []int16 // as long as a row's code
	scale   float32
	off     float32 // |f|
	slack   float32 // for rounding in float32, of the bound and of the score itself
}

// newCode takes as much of int16 as keeps the product of two codes within int32.
func newCode(unit []float32) code {
	c := code{numbers: make([]int16, stride(len(unit)))}
	most := min(math.MaxInt16, math.MaxInt32/(127*len(c.numbers)))
	step := largest(unit) / float64(most)
	var squares float64
	for i, x := range unit {
		n := math.RoundToEven(float64(x) / step)
		c.numbers[i] = int16(n)
		d := float64(x) - n*float64(float32(step))
		squares += d * d
	}
	c.scale, c.off = float32(step), float32(math.Sqrt(squares))
	// Each of d additions rounds by at most 2⁻²⁴ of a sum that is at most 1.
	c.slack = float32(len(unit)+16) * 0x1p-23
	return c
}

// piece is how many rows the kernel multiplies at a time.
const piece = 128

// coded scores those rows whose codes say that they may be among the best.
func (s *search) coded(t *top, p *part) {
	var products [piece]int32
	width := len(s.code.numbers)
	for from := 0; from < len(p.rows); from += piece {
		rows := p.rows[from:min(from+piece, len(p.rows))]
		multiply(products[:len(rows)], p.codes[from*width:(from+len(rows))*width], s.code.numbers)
		for i := range rows {
			r := &rows[i]
			most := float32(products[i])*r.scale*s.code.scale + s.code.off + r.off*(1+s.code.off) + s.code.slack
			if most >= t.least() {
				s.score(t, p, from+i)
			}
		}
	}
}
