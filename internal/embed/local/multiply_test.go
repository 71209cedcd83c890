package local

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// random is a matrix of numbers between -1 and 1.
func random(r *rand.Rand, height, width int) matrix {
	m := newMatrix(height, width)
	for i := range m.numbers {
		m.numbers[i] = 2*r.Float32() - 1
	}
	return m
}

func TestMultiply(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][3]int{{1, 1, 1}, {5, 3, 16}, {6, 32, 17}, {7, 48, 32}, {13, 384, 40}, {40, 7, 33}} {
		height, depth, width := size[0], size[1], size[2]
		a := random(r, height, depth)
		b := newPanels(depth, width)
		plain := random(r, depth, width)
		for k := range depth {
			for j := range width {
				b.set(k, j, plain.row(k)[j])
			}
		}
		out := newMatrix(height, upTo(width, panelWidth))
		multiply(out, a, b)
		for i := range height {
			for j := range width {
				want := 0.0
				for k := range depth {
					want += float64(a.row(i)[k]) * float64(plain.row(k)[j])
				}
				if got := out.row(i)[j]; math.Abs(float64(got)-want) > 1e-4 {
					t.Fatalf("%v: %d, %d is %v, want %v", size, i, j, got, want)
				}
			}
		}
		alone, single := newMatrix(1, out.stride), newMatrix(1, depth)
		copy(single.row(0), a.row(height-1))
		multiply(alone, single, b)
		if !slices.Equal(alone.row(0), out.row(height-1)) {
			t.Errorf("%v: a row alone has another product", size)
		}
	}
}

// TestTiles: what the processor does in one step is what the plain code does.
func TestTiles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, depth := range []int{1, 2, 384, 1536} {
		a, b := random(r, tileHeight, depth), random(r, depth, panelWidth)
		fast, plain := newMatrix(tileHeight, 20), newMatrix(tileHeight, 20)
		multiplyTile(fast.numbers, a.numbers, b.numbers, 20, depth, depth)
		multiplyTilePlain(plain.numbers, a.numbers, b.numbers, 20, depth, depth)
		for i, x := range plain.numbers {
			if math.Abs(float64(x-fast.numbers[i])) > 1e-4 {
				t.Fatalf("depth %d: number %d is %v, want %v", depth, i, fast.numbers[i], x)
			}
		}
	}
}

func TestFunctions(t *testing.T) {
	for x := -100.0; x <= 0; x += 0.0137 {
		if got, want := float64(exp(float32(x))), math.Exp(float64(float32(x))); math.Abs(got-want) > 1e-7*(3-x)*want+1e-37 {
			t.Fatalf("exp(%v) is %v, want %v", x, got, want)
		}
	}
	for x := -8.0; x <= 8; x += 0.00137 {
		row := []float32{float32(x)}
		gelu(row)
		if want := x / 2 * (1 + math.Erf(x/math.Sqrt2)); math.Abs(float64(row[0])-want) > 2e-6 {
			t.Fatalf("gelu(%v) is %v, want %v", x, row[0], want)
		}
	}
	row := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e38, -3e38}
	gelu(row) // and does not read beyond its table
	scores := []float32{1, 3, 2}
	softmax(scores, 0.5)
	for i, want := range []float64{math.Exp(0.5), math.Exp(1.5), math.Exp(1)} {
		if want /= math.Exp(0.5) + math.Exp(1.5) + math.Exp(1); math.Abs(float64(scores[i])-want) > 1e-6 {
			t.Errorf("weight %d is %v, want %v", i, scores[i], want)
		}
	}
}

func TestNumbersOfSixteenBits(t *testing.T) {
	for bits, want := range map[uint16]float32{0: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 0x7bff: 65504, 0x0001: 5.9604645e-08, 0x8001: -5.9604645e-08, 0x7c00: float32(math.Inf(1))} {
		if got := half(bits); got != want {
			t.Errorf("%#x is %v, want %v", bits, got, want)
		}
	}
	var out [2]float32
	if decode(out[:], []byte{0x80, 0x3f, 0x40, 0xc0}, "BF16"); out != [2]float32{1, -3} {
		t.Errorf("BF16: %v", out)
	}
	if decode(out[:], []byte{0x00, 0x3c, 0x00, 0xc0}, "F16"); out != [2]float32{1, -2} {
		t.Errorf("F16: %v", out)
	}
}
