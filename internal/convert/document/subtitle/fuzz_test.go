package subtitle

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzSubtitle(f *testing.F) {
	f.Add([]byte("WEBVTT - T\n\nNOTE a\n\n00:01.000 --> 00:02.500 align:start\n<v Ann>b\n"))
	f.Add([]byte("1\n00:00:01,000-->00:00:02,500\nb\n"))
	f.Add([]byte("[Script Info]\nTitle: T\n[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:01.00,0:00:02.50,A,b\\Nc\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parse(raw, 1<<20)
		converttest.Clean(t, doc, err)
		if doc == nil {
			return
		}
		start := 0.0
		for _, s := range doc.Segments {
			if s.Start < start || s.End < s.Start || s.Text == "" {
				t.Errorf("segment %+v after %v", s, start)
			}
			start = s.Start
		}
	})
}
