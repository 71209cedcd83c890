package content

import (
	"encoding/json"
	"fmt"
)

// Waveform is the content type of a recording that is measured and not converted. No
// source that a client hands in is of it: [ValidType] does not let it be.
const Waveform = ".waveform"

// MostPeaks is in how many parts a recording is measured at most.
const MostPeaks = 4000

// Peaks are the lowest and the highest value of each of the equal parts of a recording, in
// turn, as the programs around audiowaveform have it.
type Peaks struct {
	SampleRate      int    `json:"sample_rate"`
	SamplesPerPixel int    `json:"samples_per_pixel"` // the length of a part
	Data            []int8 `json:"data"`
}

// Coarser are the peaks of at most so many parts, each as many of p's together.
func (p Peaks) Coarser(most int) Peaks {
	parts := len(p.Data) / 2
	if parts <= most || most < 1 {
		return p
	}
	each := (parts + most - 1) / most
	out := Peaks{SampleRate: p.SampleRate, SamplesPerPixel: p.SamplesPerPixel * each}
	for from := 0; from < parts; from += each {
		lowest, highest := p.Data[2*from], p.Data[2*from+1]
		for i := from; i < min(from+each, parts); i++ {
			lowest, highest = min(lowest, p.Data[2*i]), max(highest, p.Data[2*i+1])
		}
		out.Data = append(out.Data, lowest, highest)
	}
	return out
}

// ParsePeaks reads the text of a document of the type [Waveform].
func ParsePeaks(text string) (p Peaks, err error) {
	if err = json.Unmarshal([]byte(text), &p); err != nil {
		return Peaks{}, fmt.Errorf("peaks: %w", err)
	}
	if p.SampleRate <= 0 || p.SamplesPerPixel <= 0 || len(p.Data)%2 != 0 || len(p.Data) > 2*MostPeaks {
		return Peaks{}, fmt.Errorf("peaks: %d values at %d Hz", len(p.Data), p.SampleRate)
	}
	return p, nil
}
