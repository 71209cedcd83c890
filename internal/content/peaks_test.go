package content_test

import (
	"slices"
	"testing"

	"morag/internal/content"
)

func TestCoarser(t *testing.T) {
	t.Parallel()
	p := content.Peaks{SampleRate: 8000, SamplesPerPixel: 3, Data: []int8{-1, 1, -2, 5, -7, 0, 0, 0, -128, 127}}
	for most, want := range map[int]content.Peaks{
		5: p, 9: p, 0: p,
		4: {SampleRate: 8000, SamplesPerPixel: 6, Data: []int8{-2, 5, -7, 0, -128, 127}},
		3: {SampleRate: 8000, SamplesPerPixel: 6, Data: []int8{-2, 5, -7, 0, -128, 127}},
		1: {SampleRate: 8000, SamplesPerPixel: 15, Data: []int8{-128, 127}},
	} {
		if got := p.Coarser(most); got.SamplesPerPixel != want.SamplesPerPixel || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%d: %+v", most, got)
		}
	}
}

func FuzzParsePeaks(f *testing.F) {
	f.Add(`{"sample_rate":8000,"samples_per_pixel":8,"data":[-1,1]}`)
	f.Add(`{"sample_rate":-1,"samples_per_pixel":1e9,"data":[300]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := content.ParsePeaks(text)
		if err == nil && (p.SampleRate <= 0 || len(p.Data)%2 != 0 || len(p.Coarser(10).Data) > 20) {
			t.Errorf("%+v", p)
		}
	})
}
