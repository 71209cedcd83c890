package provider

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"morag/internal/embed"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		name      string
		vectors   [][]float32
		dimension int
		want      string // part of the error
		sentinel  error
	}{
		{"as asked", [][]float32{{3, 4}, {0, 1}}, 2, "", nil},
		{"any dimension", [][]float32{{3, 4}, {0, 1}}, 0, "", nil},
		{"too few", [][]float32{{3, 4}}, 2, "1 vectors for 2 texts", nil},
		{"too many", [][]float32{{3, 4}, {3, 4}, {3, 4}}, 2, "3 vectors for 2 texts", nil},
		{"none", nil, 2, "0 vectors for 2 texts", nil},
		{"another dimension", [][]float32{{3, 4}, {3, 4, 5}}, 2, "3 numbers for text 1 of the request instead of 2; set MORAG_EMBEDDING_DIMENSION", embed.ErrDimension},
		{"mixed dimensions", [][]float32{{3, 4}, {3}}, 0, "1 numbers for text 1 of the request instead of 2", embed.ErrDimension},
		{"no dimension", [][]float32{nil, nil}, 0, "MORAG_EMBEDDING_MODEL", embed.ErrDimension},
		{"huge dimension", [][]float32{make([]float32, MaxDimension+1), nil}, 0, "16385 numbers", embed.ErrDimension},
		{"NaN", [][]float32{{3, 4}, {1, nan}}, 2, "NaN or infinity", nil},
		{"infinity", [][]float32{{inf, 0}, {1, 0}}, 2, "NaN or infinity", nil},
		{"both infinities", [][]float32{{inf, -inf}, {1, 0}}, 2, "NaN or infinity", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := accept(test.vectors, 2, test.dimension)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
			if errors.Is(err, embed.ErrDimension) != (test.sentinel != nil) || errors.Is(err, embed.ErrTransient) {
				t.Errorf("%v wraps the wrong sentinel", err)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ vector, want []float32 }{
		{[]float32{3, 4}, []float32{0.6, 0.8}},
		{[]float32{0, 0}, []float32{0, 0}},
		{[]float32{math.MaxFloat32, 0}, []float32{1, 0}},
		{[]float32{0, -math.SmallestNonzeroFloat32}, []float32{0, -1}},
	} {
		got := slices.Clone(test.vector)
		if err := normalize(got); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("normalize(%v) = %v, %v; want %v", test.vector, got, err, test.want)
		}
	}
}
