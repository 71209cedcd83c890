package library

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/recent"
	"morag/internal/share"
)

// ErrNoPeaks: the document is no recording, or its recording was not kept. The error that
// wraps it is a sentence for the client.
var ErrNoPeaks = errors.New("has no waveform")

// ErrBusy: too many recordings are being measured.
var ErrBusy = errors.New("too many recordings are being measured at a time")

// Meter measures recordings: a [convert.Converter] of the type [content.Waveform], perhaps in a process of its own.
type Meter interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Bounds of what is measured: so many recordings at a time, each for so long; so many wait,
// and the peaks of so many that were looked at last are kept in memory, 8 KB each.
const (
	measuredAtOnce = 2
	measureLine    = 20
	measureTime    = 10 * time.Minute
	measuresKept   = 1000
)

// waveforms are those of the recordings that were looked at last, by their sources.
type waveforms struct {
	meter  Meter
	places *share.Places
	mu     sync.Mutex
	kept   *recent.Map[content.Peaks] // mu guards it
}

func newWaveforms(meter Meter) *waveforms {
	return &waveforms{meter: meter, places: share.NewPlaces(share.Config{Places: measuredAtOnce, Line: measureLine}), kept: recent.NewMap[content.Peaks](measuresKept)}
}

func (w *waveforms) known(ref string) (content.Peaks, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kept.Get(ref)
}

func (w *waveforms) keep(ref string, p content.Peaks) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept.Set(ref, p)
}

// Peaks returns how loud a recording is when, in at most so many parts. It takes a second
// for each few minutes of it at first. [ErrNoPeaks], [ErrBusy], [ErrSeveral], those of
// [convert.Converter].
func (s *Service) Peaks(ctx context.Context, by auth.Scope, ref Ref, parts int) (content.Peaks, error) {
	d, err := s.Get(ctx, by, ref)
	if err != nil {
		return content.Peaks{}, err
	}
	switch {
	case d.ContentType != content.Audio && d.ContentType != content.Video:
		return content.Peaks{}, fmt.Errorf("document %q %w: it is of the type %s, and only audio and video have one", ref.ID, ErrNoPeaks, d.ContentType)
	case !blob.Is(d.SourceRef):
		return content.Peaks{}, fmt.Errorf("document %q %w: its recording was not kept", ref.ID, ErrNoPeaks)
	}
	if p, known := s.waveforms.known(d.SourceRef); known {
		return p.Coarser(parts), nil
	}
	free, err := s.waveforms.places.Take(ctx, by.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return content.Peaks{}, err
	}
	defer free()
	p, known := s.waveforms.known(d.SourceRef) // by somebody who was before in the line
	if !known {
		if p, err = s.measure(ctx, content.Source{Name: d.SourceName, Type: content.Waveform}, d.SourceRef); err != nil {
			return content.Peaks{}, err
		}
		s.waveforms.keep(d.SourceRef, p)
	}
	return p.Coarser(parts), nil
}

func (s *Service) measure(ctx context.Context, src content.Source, ref string) (content.Peaks, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTime)
	defer cancel()
	path, done, err := s.blobs.File(ctx, ref)
	if err != nil {
		return content.Peaks{}, err
	}
	defer done()
	src.Path = path
	doc, err := s.waveforms.meter.Convert(ctx, src, convert.Options{}, func(float64, string) {})
	if err != nil {
		return content.Peaks{}, err
	}
	return content.ParsePeaks(doc.Content)
}
