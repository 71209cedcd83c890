package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/extent"
)

// Bounds of what is taken from a worker's result and from a converter. What is left out
// is a warning of the task.
const (
	maxMetadata = 256 << 10 // bytes, as of a client's
	// maxSegments are two days of speech, a segment a second.
	maxSegments    = 200_000
	maxSegmentTime = 30 * 24 * 3600 // seconds
	// maxThumbnailsRead are more than are kept, for some may be none.
	maxThumbnailsRead = 4 * maxThumbnails
)

// receivedMetadata decodes what a worker has told of the source, as far as it is within
// bounds.
func receivedMetadata(raw json.RawMessage) (metadata map[string]any, warnings []string) {
	if len(raw) == 0 || string(raw) == "null" {
		return map[string]any{}, nil
	}
	metadata, left, count, err := extent.Object(raw, maxMetadata)
	if err != nil {
		return map[string]any{}, []string{"the worker's metadata was no JSON object and was left out"}
	}
	return metadata, leftOut("the worker's metadata", left, count)
}

// boundMetadata leaves out of a converter's metadata what is out of bounds.
func boundMetadata(doc *content.Document) error {
	raw, err := json.Marshal(doc.Metadata)
	if err != nil {
		return err
	}
	values, depth := extent.Of(raw)
	if len(raw) <= maxMetadata && values <= extent.MaxValues && depth <= extent.MaxDepth {
		return nil
	}
	metadata, left, count, err := extent.Object(raw, maxMetadata)
	if err != nil {
		return err
	}
	doc.Metadata = metadata
	doc.Warnings = append(doc.Warnings, leftOut("the metadata", left, count)...)
	return nil
}

// leftOut is the warning of members that were left out, nil of none.
func leftOut(of string, names []string, count int) []string {
	if count == 0 {
		return nil
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%.40q", name)
	}
	list := strings.Join(names, ", ")
	if more := count - len(names); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return []string{fmt.Sprintf("%s may have %d values in %d levels and %d KiB: %s left out",
		of, extent.MaxValues, extent.MaxDepth, maxMetadata>>10, list)}
}

// receivedSegments decodes a worker's segments one by one, so that what is too much takes
// no memory. Those without a text say nothing and are passed over.
func receivedSegments(raw json.RawMessage) (segments []content.Segment, warnings []string) {
	insane := 0
	left, err := eachElement(raw, func(s content.Segment) bool {
		if s.Text == "" {
			return true
		}
		if len(segments) == maxSegments {
			return false
		}
		start := min(max(s.Start, 0), maxSegmentTime)
		end := min(max(s.End, start), maxSegmentTime)
		if start != s.Start || end != s.End {
			insane++
		}
		s.Start, s.End, s.Original = start, end, "" // which only people's corrections give
		s.Words = s.FitWords()
		segments = append(segments, s)
		return true
	})
	switch {
	case err != nil:
		return nil, []string{"the worker's segments could not be read and were left out"}
	case left > 0:
		warnings = append(warnings, fmt.Sprintf("the worker sent more than %d segments: %d were left out", maxSegments, left))
	}
	if insane > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of the worker's segments had times that cannot be and were moved", insane))
	}
	return segments, warnings
}

// receivedThumbnails decodes a worker's pictures.
func receivedThumbnails(raw json.RawMessage) (thumbnails, warnings []string) {
	left, err := eachElement(raw, func(url string) bool {
		if len(thumbnails) == maxThumbnailsRead {
			return false
		}
		thumbnails = append(thumbnails, url)
		return true
	})
	switch {
	case err != nil:
		return nil, []string{"the worker's thumbnails could not be read and were left out"}
	case left > 0:
		warnings = append(warnings, fmt.Sprintf("the worker sent more than %d thumbnails: %d were left out", maxThumbnailsRead, left))
	}
	return thumbnails, warnings
}

// eachElement decodes the elements of a JSON list one after the other, nothing being an
// empty one, and counts those that take refuses.
func eachElement[T any](raw json.RawMessage, take func(T) bool) (refused int, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return 0, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return 0, fmt.Errorf("not a list: %w", err)
	}
	var element, empty T
	for dec.More() {
		element = empty
		if err := dec.Decode(&element); err != nil {
			return refused, err
		}
		if !take(element) {
			refused++
		}
	}
	_, err = dec.Token()
	return refused, err
}
