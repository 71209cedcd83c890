package jail

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"morag/internal/convert"
)

func TestFrames(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for kind, body := range map[byte]string{kindText: "text", kindProgress: "{}", kindDocument: strings.Repeat("x", 3<<20)} {
		if err := writeFrame(&b, kind, []byte(body)); err != nil {
			t.Fatal(err)
		}
		got, text, err := readFrame(&b)
		if err != nil || got != kind || string(text) != body {
			t.Errorf("%q: got %q, %d bytes, %v", kind, got, len(text), err)
		}
	}
	if _, _, err := readFrame(&b); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if err := writeFrame(&b, kindProgress, make([]byte, maxSmall+1)); !errors.Is(err, errProtocol) {
		t.Errorf("too long: %v", err)
	}
	for _, raw := range []string{"X\x00\x00\x00\x01a", "P\xff\xff\xff\xff", "T\x00\x00\x00\x09short", "D\x00"} {
		if _, _, err := readFrame(strings.NewReader(raw)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

// FuzzAnswer: whatever a child that has been taken over sends, the parent takes a bounded
// amount of it and gets a document, an error or the end.
func FuzzAnswer(f *testing.F) {
	var b bytes.Buffer
	_ = writeJSON(&b, kindProgress, step{0.5, "half"})
	_ = writeJSON(&b, kindFound, found{"audio", 5})
	_ = writeFrame(&b, kindText, []byte("text"))
	_ = writeFrame(&b, kindDocument, []byte(`{"metadata":{"a":[1]},"segments":[{"start":1}]}`))
	f.Add(slices.Clone(b.Bytes()))
	_ = writeJSON(&b, kindError, newFailure(convert.BadSource("bad", io.EOF), common))
	f.Add(b.Bytes())
	f.Add([]byte("D\x07\xff\xff\xff{"))
	f.Add([]byte("E\x00\x00\x00\x02{}"))
	sentinels := common.withCommon()
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		for r.Len() > 0 {
			var a answer
			for {
				kind, body, err := readFrame(r)
				if err != nil {
					return
				}
				done, err := a.take(kind, body, sentinels, func(float64, string) {}, func(found) {})
				if err != nil {
					return
				}
				if done {
					break
				}
			}
			if (a.doc == nil) == (a.err == nil) {
				t.Fatalf("%+v and %v", a.doc, a.err)
			}
			if a.err != nil && a.err.Error() != "" && len(newFailure(a.err, sentinels).Text) > maxSentence {
				t.Fatal("a sentence without end")
			}
		}
	})
}
