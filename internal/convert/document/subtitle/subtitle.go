// Package subtitle makes documents of files of subtitles (srt, vtt, ass): what is said when, as
// a recording has it, so that a search tells the time.
package subtitle

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/timed"
)

// maxSegments is how many subtitles one file may hold; a film has two thousand.
const maxSegments = 200_000

// Read makes a document with segments of a file of subtitles. One without any time is text.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parse(raw, src.Limits.MaxText)
}

func parse(raw []byte, limit int64) (*content.Document, error) {
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the file of subtitles is binary data and not text", err)
	}
	lines := strings.Split(text, "\n")
	doc := &content.Document{Metadata: map[string]any{"engine": "subtitles"}, Segments: timed.Subtitles(lines)}
	property.Set(doc.Metadata, "title", title(lines))
	if len(doc.Segments) == 0 {
		if !isEmptyTrack(lines) {
			doc.Content = strings.TrimRight(text, " \n\f")
			doc.Warnings = append(doc.Warnings, "No times were found in the subtitles: they were read as text.")
		}
		return doc, nil
	}
	if len(doc.Segments) > maxSegments {
		return nil, convert.BadSource(fmt.Sprintf("the file holds more than %d subtitles", maxSegments), nil)
	}
	doc.Content = timed.Markdown(doc.Segments)
	if int64(len(doc.Content)) > limit {
		return nil, convert.BadSource(fmt.Sprintf("the file has more than %d MiB of text", limit>>20), nil)
	}
	end := 0.0
	for _, s := range doc.Segments {
		end = max(end, s.End)
	}
	doc.Metadata["duration"] = end
	if who := content.Speakers(doc.Segments); who != nil {
		doc.Metadata["speakers"] = who
	}
	var left omission.Counts
	left.Add("comments between the subtitles", notes(lines))
	doc.Warnings = append(doc.Warnings, left.Warnings()...)
	return doc, nil
}

// header is the first line of WebVTT, which may have a title behind it.
var header = regexp.MustCompile(`^\x{FEFF}?WEBVTT(?:[ \t]+(?:-[ \t]*)?(.*))?$`)

func title(lines []string) string {
	if found := header.FindStringSubmatch(lines[0]); found != nil {
		return property.Cut(property.Line(found[1]))
	}
	for _, line := range lines[:min(len(lines), 50)] {
		if name, found := strings.CutPrefix(line, "Title:"); found && strings.Contains(lines[0], "[Script Info]") {
			return property.Cut(property.Line(name))
		}
	}
	return ""
}

// isEmptyTrack tells whether there is nothing but the frame of a file without subtitles.
func isEmptyTrack(lines []string) bool {
	return strings.TrimSpace(strings.Join(lines, "")) == "" || header.MatchString(lines[0]) || strings.Contains(lines[0], "[Script Info]")
}

// notes counts the comments of WebVTT, which stand between blank lines, and those of ASS.
func notes(lines []string) int {
	n, blank := 0, false
	for _, line := range lines {
		word, _, _ := strings.Cut(line, " ")
		if blank && word == "NOTE" || strings.HasPrefix(line, "Comment:") {
			n++
		}
		blank = strings.TrimSpace(line) == ""
	}
	return n
}
