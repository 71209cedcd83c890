package waveform_test

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/waveform"
)

// wave writes 16 kHz sound: each second as loud as it says, of 1.
func wave(t *testing.T, loudness ...float64) string {
	t.Helper()
	const rate = 16_000
	data := make([]byte, 0, 2*rate*len(loudness))
	for _, loud := range loudness {
		for i := range rate {
			value := loud * 32_000 * math.Sin(2*math.Pi*200*float64(i)/rate)
			data = binary.LittleEndian.AppendUint16(data, uint16(int16(value)))
		}
	}
	head := []byte("RIFF")
	head = binary.LittleEndian.AppendUint32(head, uint32(36+len(data)))
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, 16)
	for _, v := range []uint16{1, 1} {
		head = binary.LittleEndian.AppendUint16(head, v)
	}
	head = binary.LittleEndian.AppendUint32(head, rate)
	head = binary.LittleEndian.AppendUint32(head, 2*rate)
	for _, v := range []uint16{2, 16} {
		head = binary.LittleEndian.AppendUint16(head, v)
	}
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(data)))
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(path, append(head, data...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Peaks say when a recording is loud and when it is silent.
func TestConvert(t *testing.T) {
	t.Parallel()
	c := waveform.New(t.TempDir(), time.Minute)
	doc, err := c.Convert(t.Context(), content.Source{Path: wave(t, 0, 1, 0, 0.5), Type: content.Waveform}, convert.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := content.ParsePeaks(doc.Content)
	if err != nil || p.SampleRate != 8000 || p.SamplesPerPixel != 8 || len(p.Data) != 8000 {
		t.Fatalf("%d Hz, %d, %d values, %v", p.SampleRate, p.SamplesPerPixel, len(p.Data), err)
	}
	seconds := p.Coarser(4)
	if seconds.SamplesPerPixel != 8000 || len(seconds.Data) != 8 {
		t.Fatalf("a part of a second: %+v", seconds)
	}
	for i, want := range []float64{0, 125, 0, 62} {
		for _, got := range seconds.Data[2*i : 2*i+2] {
			if math.Abs(math.Abs(float64(got))-want) > 8 {
				t.Errorf("second %d: %v, want ±%v", i, seconds.Data[2*i:2*i+2], want)
			}
		}
	}
	if content.ValidType(content.Waveform) {
		t.Error("a source may be of the type")
	}
}

func TestConvertRefuses(t *testing.T) {
	t.Parallel()
	noise := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(noise, []byte("no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := waveform.New("", time.Minute).Convert(t.Context(), content.Source{Path: noise, Type: content.Waveform}, convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("of noise: %v", err)
	}
}
