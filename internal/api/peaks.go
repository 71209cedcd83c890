package api

import (
	"context"

	"morag/internal/wire"
)

type peaksWish struct {
	documentPath
	Length int `query:"length" default:"1000" min:"1" max:"4000" doc:"in how many parts at most the recording is cut"`
}

func (s *Server) documentPeaks(ctx context.Context, c *call, in peaksWish) (wire.Peaks, error) {
	p, err := s.Library.Peaks(ctx, c.scope(), in.ref(), in.Length)
	if err != nil {
		return wire.Peaks{}, err
	}
	out := wire.Peaks{
		Version: 2, Channels: 1, SampleRate: p.SampleRate, SamplesPerPixel: p.SamplesPerPixel, Bits: 8, Length: len(p.Data) / 2, Data: make([]int, len(p.Data)),
	}
	for i, value := range p.Data {
		out.Data[i] = int(value)
	}
	return out, nil
}
