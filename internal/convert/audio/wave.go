package audio

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

const (
	sampleRate     = 16_000          // what the speech models were trained on
	bytesPerSecond = sampleRate * 2  // 16 bit mono
	frameSamples   = sampleRate / 50 // one level every 20 ms
	frameSeconds   = 1.0 / 50        // the same in seconds
	waveHeader     = 44              // bytes of the header that cut writes
	quietest       = -100            // dB, of digital silence
	searchedHeader = 1 << 16         // bytes in which ffmpeg's header ends
)

// wave is a WAV file of 16 kHz mono 16 bit samples.
type wave struct {
	path  string
	start int64 // of the samples, in bytes
	size  int64 // of the samples, in bytes
}

func (w wave) duration() float64 { return float64(w.size) / bytesPerSecond }

// openWave finds the samples in a file that ffmpeg wrote. Their size is that of the file:
// the header's field overflows after 37 hours.
func openWave(path string) (wave, error) {
	f, err := os.Open(path)
	if err != nil {
		return wave{}, fmt.Errorf("open decoded sound: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return wave{}, fmt.Errorf("open decoded sound: %w", err)
	}
	head, err := io.ReadAll(io.LimitReader(f, searchedHeader))
	if err != nil {
		return wave{}, fmt.Errorf("open decoded sound: %w", err)
	}
	for at := 12; at+8 <= len(head); {
		size := int(binary.LittleEndian.Uint32(head[at+4:]))
		if string(head[at:at+4]) == "data" {
			start := int64(at + 8)
			return wave{path: path, start: start, size: (info.Size() - start) &^ 1}, nil
		}
		if size > len(head) {
			break
		}
		at += 8 + size + size%2
	}
	return wave{}, errors.New("open decoded sound: no samples in the file")
}

// cut copies a stretch into a WAV file of its own.
func (w wave) cut(s span, path string) error {
	from := min(int64(s.start*sampleRate)*2, w.size)
	to := min(int64(math.Ceil(s.end*sampleRate))*2, w.size)
	in, err := os.Open(w.path)
	if err != nil {
		return fmt.Errorf("cut sound: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("cut sound: %w", err)
	}
	_, err = out.Write(header(to - from))
	if err == nil {
		_, err = io.Copy(out, io.NewSectionReader(in, w.start+from, to-from))
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("cut sound: %w", err)
	}
	return nil
}

// header is that of a WAV file with size bytes of samples.
func header(size int64) []byte {
	h := make([]byte, 0, waveHeader)
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(min(size+waveHeader-8, math.MaxUint32)))
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16) // size of what follows
	h = binary.LittleEndian.AppendUint16(h, 1)  // PCM
	h = binary.LittleEndian.AppendUint16(h, 1)  // channel
	h = binary.LittleEndian.AppendUint32(h, sampleRate)
	h = binary.LittleEndian.AppendUint32(h, bytesPerSecond)
	h = binary.LittleEndian.AppendUint16(h, 2)  // bytes a sample
	h = binary.LittleEndian.AppendUint16(h, 16) // bits a sample
	h = append(h, "data"...)
	return binary.LittleEndian.AppendUint32(h, uint32(min(size, math.MaxUint32)))
}

// readLevels measures the loudness of every 20 ms: the root mean square in dB below
// full scale.
func readLevels(ctx context.Context, w wave) ([]float32, error) {
	f, err := os.Open(w.path)
	if err != nil {
		return nil, fmt.Errorf("measure sound: %w", err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(io.NewSectionReader(f, w.start, w.size), 1<<16)
	levels := make([]float32, 0, w.size/(2*frameSamples)+1)
	frame := make([]byte, 2*frameSamples)
	for {
		n, err := io.ReadFull(in, frame)
		if n >= 2 {
			levels = append(levels, level(frame[:n&^1]))
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return levels, nil
		case err != nil:
			return nil, fmt.Errorf("measure sound: %w", err)
		case len(levels)%5000 == 0 && ctx.Err() != nil:
			return nil, ctx.Err()
		}
	}
}

func level(samples []byte) float32 {
	sum := 0.0
	for i := 0; i < len(samples); i += 2 {
		v := float64(int16(binary.LittleEndian.Uint16(samples[i:]))) / (1 << 15)
		sum += v * v
	}
	power := sum / float64(len(samples)/2)
	return float32(max(10*math.Log10(power+1e-12), quietest))
}
