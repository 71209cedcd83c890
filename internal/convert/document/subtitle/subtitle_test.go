package subtitle_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert/document/documenttest"
)

const (
	srt = "1\n00:00:01,000 --> 00:00:02,500\nGood morning.\n\n2\n00:01:05,000 --> 00:01:08,000\nThe <i>harbour</i>\nis closed.\n"
	vtt = "WEBVTT - Harbour News\n\nNOTE made by hand\n\n1\n00:01.000 --> 00:02.500 align:start\n<v Ann>Good morning.\n\n00:01:05.000 --> 00:01:08.000\n<v Bob>The harbour\nis closed.\n"
	ass = "[Script Info]\nTitle: Harbour News\n\n[Events]\nFormat: Layer, Start, End, Style, Name, Text\nComment: 0,0:00:00.00,0:00:01.00,A,,never seen\n" +
		"Dialogue: 0,0:00:01.00,0:00:02.50,A,Ann,Good {\\i1}morning.\nDialogue: 0,0:01:05.00,0:01:08.00,A,Bob,The harbour\\Nis closed.\n"
)

func TestSubtitles(t *testing.T) {
	t.Parallel()
	named := []content.Segment{{Start: 1, End: 2.5, Text: "Good morning.", Speaker: "Ann"}, {Start: 65, End: 68, Text: "The harbour is closed.", Speaker: "Bob"}}
	plain := []content.Segment{{Start: 1, End: 2.5, Text: "Good morning."}, {Start: 65, End: 68, Text: "The harbour is closed."}}
	for name, tt := range map[string]struct {
		raw      string
		segments []content.Segment
		title    any
		warnings []string
	}{
		"a.srt": {srt, plain, nil, nil},
		"b.srt": {strings.ReplaceAll(srt, " --> ", "-->"), plain, nil, nil},
		"c.srt": {strings.ReplaceAll(srt, "\n", "\r\n"), plain, nil, nil},
		"d.srt": {strings.ReplaceAll(srt, "\n", "\r"), plain, nil, nil},
		"e":     {"\uFEFF" + srt, plain, nil, nil}, // known by its content alone
		"a.vtt": {vtt, named, "Harbour News", []string{"Left out of the text: comments between the subtitles (1)."}},
		"b":     {vtt, named, "Harbour News", []string{"Left out of the text: comments between the subtitles (1)."}},
		"a.ass": {ass, named, "Harbour News", []string{"Left out of the text: comments between the subtitles (1)."}},
		"b.ssa": {ass, named, "Harbour News", []string{"Left out of the text: comments between the subtitles (1)."}},
	} {
		doc := documenttest.Must(t, name, tt.raw)
		if !reflect.DeepEqual(doc.Segments, tt.segments) || doc.Metadata["title"] != tt.title || doc.Metadata["duration"] != 68.0 || !slices.Equal(doc.Warnings, tt.warnings) {
			t.Errorf("%s: %+v, %v, %q", name, doc.Segments, doc.Metadata, doc.Warnings)
		}
		if want := "[00:01:05] "; !strings.HasPrefix(doc.Content, "[00:00:01] ") || !strings.Contains(doc.Content, "\n\n"+want) {
			t.Errorf("%s: %q", name, doc.Content)
		}
	}
}

// What only claims to be subtitles, or has none, loses nothing.
func TestNoSubtitles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want, warning string }{
		"a.vtt": {"WEBVTT\n\nNOTE nothing here\n", "", ""},
		"b.srt": {"Words without a time.\n", "Words without a time.", "b.srt is plain text, not subtitles: it was read as text"},
		"c.srt": {"one --> two\nthree\n", "one --> two\nthree", "No times were found in the subtitles: they were read as text."},
	} {
		doc := documenttest.Must(t, name, tt.raw)
		if doc.Content != tt.want || len(doc.Segments) > 0 {
			t.Errorf("%s: %+v", name, doc)
		}
		_, mime := content.Detect([]byte(tt.raw), name)
		if said := append(doc.Warnings, content.Contradiction(name, mime)); !slices.Contains(said, tt.warning) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.srt", []byte(srt), false)
	documenttest.Conformance(t, "a.vtt", []byte(vtt), false)
}
