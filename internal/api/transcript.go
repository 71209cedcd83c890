package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/transcript"
	"morag/internal/wire"
)

type documentSegments struct {
	documentPath
	page
}

func (s *Server) documentSegments(ctx context.Context, c *call, in documentSegments) (out wire.Segments, err error) {
	from := 0
	if in.Cursor != "" {
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return out, invalid("cursor is not one that this list gave")
		}
	}
	d, segments, err := s.Library.Segments(ctx, c.scope(), in.ref())
	if err != nil {
		return out, err
	}
	from = min(from, len(segments))
	to := min(from+in.Limit, len(segments))
	if to < len(segments) {
		out.NextCursor = wire.Text(strconv.Itoa(to))
	}
	out.Version, out.Segments = d.Version, placed(segments[from:to], from)
	return out, nil
}

// placed are segments of a document, of which the first is the one of that index.
func placed(segments []content.Segment, index int) []wire.PlacedSegment {
	all := make([]wire.PlacedSegment, len(segments))
	for i, s := range segments {
		all[i] = wire.PlacedSegment{
			Index:    index + i,
			Segment:  wire.Segment{Start: s.Start, End: s.End, Text: s.Text, Speaker: s.Speaker, Confidence: s.Confidence, Words: words(s.Words)},
			Original: s.Original,
		}
	}
	return all
}

func words(of []content.Word) []wire.Word {
	all := make([]wire.Word, len(of))
	for i, w := range of {
		all[i] = wire.Word{Start: w.Start, End: w.End, Word: w.Text}
	}
	return all
}

type transcriptWish struct {
	documentPath
	Format string `query:"format" default:"txt" enum:"srt vtt txt md json" doc:"subtitles (srt, vtt), text (txt), Markdown with times (md), or the segments as they are (json)"`
}

// transcriptMedia are the media types of the formats that are texts.
var transcriptMedia = map[string]string{"srt": "application/x-subrip", "vtt": "text/vtt", "txt": "text/plain", "md": "text/markdown"}

func (s *Server) documentTranscript(w http.ResponseWriter, r *http.Request, in transcriptWish) error {
	d, segments, err := s.Library.Segments(r.Context(), callOf(r).scope(), in.ref())
	if err != nil {
		return err
	}
	if in.Format == "json" {
		return reply(w, r, wire.Transcript{DocumentID: d.ID, Title: wire.Text(d.Title()), Segments: placed(segments, 0)})
	}
	text := transcribed(in.Format, d, segments)
	free, err := hold(w, r, len(text), func(b *budget) *memory { return b.texts })
	if err != nil {
		return err
	}
	defer free()
	w.Header().Set("Content-Type", transcriptMedia[in.Format]+"; charset=utf-8")
	sandbox(w.Header())
	w.Header().Set("Content-Disposition", attachment(d.ID+"."+in.Format))
	_ = writePieces(w, text) // a caller that has left
	return nil
}

func transcribed(format string, d *document.Document, segments []content.Segment) string {
	switch format {
	case "srt":
		return transcript.SRT(segments)
	case "vtt":
		return transcript.VTT(segments)
	case "md":
		return transcript.Markdown(cmp.Or(d.Title(), d.SourceName), segments)
	}
	return transcript.Text(segments)
}
