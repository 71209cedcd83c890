package local

import "math"

// exp is e to the power of x, but for a part of 1e-7·(3-x) of it, for what is at most 0: the
// numbers of a softmax. It splits the power of 2 that it is into a whole one and a polynomial.
func exp(x float32) float32 {
	if x < -87 {
		return 0
	}
	y := x * math.Log2E
	whole := float32(int32(y - 0.5)) // the nearest, since y is not above 0
	f := (y - whole) * math.Ln2
	p := 1 + f*(1+f*(1.0/2+f*(1.0/6+f*(1.0/24+f*(1.0/120+f*(1.0/720))))))
	return p * math.Float32frombits(uint32(int32(whole)+127)<<23)
}

// softmax makes weights of sum 1 of scores that are multiplied by scale.
func softmax(scores []float32, scale float32) {
	top := scores[0]
	for _, s := range scores {
		top = max(top, s)
	}
	var sum float32
	for i, s := range scores {
		e := exp((s - top) * scale)
		scores[i] = e
		sum += e
	}
	for i := range scores {
		scores[i] /= sum
	}
}

// The gaussian error linear unit is read from a table between -geluEnd and geluEnd, with
// lines between its points: within 5e-7 of x·Φ(x). Beyond it is 0 or x to as many digits.
const (
	geluEnd  = 6
	geluStep = 1.0 / 512
)

var geluTable = func() (t [2*geluEnd/geluStep + 2]float32) {
	for i := range t {
		x := float64(i)*geluStep - geluEnd
		t[i] = float32(x / 2 * (1 + math.Erf(x/math.Sqrt2)))
	}
	return t
}()

func gelu(row []float32) {
	for i, x := range row {
		switch {
		case x >= geluEnd:
		case x > -geluEnd: // not a number is 0
			at := (x + geluEnd) / geluStep
			k := int(at)
			row[i] = geluTable[k] + (at-float32(k))*(geluTable[k+1]-geluTable[k])
		default:
			row[i] = 0
		}
	}
}

// norm is a layer normalisation.
type norm struct {
	weight, bias []float32
	epsilon      float32
}

func (n norm) apply(row []float32) {
	var sum, squares float32
	for _, x := range row {
		sum += x
	}
	mean := sum / float32(len(row))
	for _, x := range row {
		squares += (x - mean) * (x - mean)
	}
	scale := 1 / float32(math.Sqrt(float64(squares/float32(len(row))+n.epsilon)))
	weight, bias := n.weight[:len(row)], n.bias[:len(row)]
	for i, x := range row {
		row[i] = (x-mean)*scale*weight[i] + bias[i]
	}
}
