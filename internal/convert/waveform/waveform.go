// Package waveform measures how loud a recording is when: what a player draws along its
// time. It is a converter, so that it does its work within the same walls, but one that
// nobody can ask for by a content type.
package waveform

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/frame"
	"morag/internal/proc"
)

// Of the sound that is measured: 8 kHz have all of what speech is loud by.
const (
	rate        = 8000
	maxDuration = 24 * time.Hour
)

// Converter measures recordings. It is safe for concurrent use.
type Converter struct {
	tool       ffmpeg.Tool
	scratchDir string
}

var _ convert.Converter = (*Converter)(nil)

// New makes one that keeps its scratch files in a folder of the one that is named, "" for
// the system's.
func New(scratchDir string, timeout time.Duration) *Converter {
	return &Converter{tool: ffmpeg.Tool{Noun: "recording", Timeout: timeout, MaxMemory: 4 << 30}, scratchDir: scratchDir}
}

// Name implements [convert.Converter].
func (c *Converter) Name() string { return "waveform" }

// Types implements [convert.Converter].
func (c *Converter) Types() []string { return []string{content.Waveform} }

// Engines implements [convert.Converter].
func (c *Converter) Engines(ctx context.Context) []convert.Engine {
	return []convert.Engine{ffmpeg.Engine(ctx, ffmpeg.Name, "waveforms of recordings")}
}

var around = frame.Frame{Noun: "the recording", Begin: "looking at the recording", Done: "recording measured"}

// Convert makes a document whose content is [content.Peaks] as JSON.
func (c *Converter) Convert(ctx context.Context, src content.Source, _ convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.RunFile(ctx, src, progress, func(ctx context.Context, _ convert.Progress) (*content.Document, error) {
		peaks, err := c.measure(ctx, src.Path)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(peaks)
		return &content.Document{Content: string(raw)}, err
	})
}

func (c *Converter) measure(ctx context.Context, path string) (content.Peaks, error) {
	file, err := filepath.Abs(path)
	if err != nil {
		return content.Peaks{}, fmt.Errorf("measure sound: %w", err)
	}
	scratch, err := frame.Scratch(c.scratchDir, "waveform")
	if err != nil {
		return content.Peaks{}, err
	}
	defer os.RemoveAll(scratch)
	out := filepath.Join(scratch, "sound.raw")
	args := append([]string{"-v", "error", "-nostdin", "-nostats"}, ffmpeg.Input(file)...)
	args = append(args, "-vn", "-sn", "-dn", "-map_metadata", "-1", "-ac", "1", "-ar", strconv.Itoa(rate),
		"-t", strconv.Itoa(int(maxDuration.Seconds())), "-c:a", "pcm_s8", "-f", "s8", "-y", "file:"+out)
	if _, err := c.tool.Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args}); err != nil {
		return content.Peaks{}, err
	}
	sound, err := os.Open(out)
	if err != nil {
		return content.Peaks{}, fmt.Errorf("measure sound: %w", err)
	}
	defer sound.Close()
	info, err := sound.Stat()
	if err != nil {
		return content.Peaks{}, fmt.Errorf("measure sound: %w", err)
	}
	return extremes(sound, info.Size())
}

// extremes are the peaks of so many samples.
func extremes(sound io.Reader, samples int64) (content.Peaks, error) {
	p := content.Peaks{SampleRate: rate, SamplesPerPixel: max(1, int((samples+content.MostPeaks-1)/content.MostPeaks))}
	r := bufio.NewReaderSize(sound, 64<<10)
	part := make([]byte, p.SamplesPerPixel)
	for {
		n, err := io.ReadFull(r, part)
		if n > 0 {
			lowest, highest := int8(part[0]), int8(part[0])
			for _, b := range part[:n] {
				lowest, highest = min(lowest, int8(b)), max(highest, int8(b))
			}
			p.Data = append(p.Data, lowest, highest)
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return p, nil
		default:
			return content.Peaks{}, fmt.Errorf("measure sound: %w", err)
		}
	}
}
