package converttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
)

// Case is a converter with one format it takes.
type Case struct {
	// New makes the converter. Its scratch files belong under scratch; a converter
	// that needs none ignores it. It is called by subtests that run at once.
	New func(scratch string) convert.Converter
	// Source is a sound file of a few seconds or pages, with Type, MIME and Name. Its
	// text is not empty. The suite works on copies of it.
	Source func(t *testing.T) content.Source
	// Structured says that half a file of the format is no sound file, which is so
	// for most formats but not for text.
	Structured bool
}

// promptly is how soon a cancelled conversion has to be over.
const promptly = 5 * time.Second

// Run checks what [convert.Converter] promises. The subtests are independent.
func Run(t *testing.T, c Case) {
	source := c.Source(t)
	for name, test := range map[string]func(*testing.T, *bench){
		"says who it is":              testIdentity,
		"converts":                    testConvert,
		"converts several at once":    testConcurrent,
		"stops when it is cancelled":  testCancel,
		"refuses an empty source":     func(t *testing.T, b *bench) { b.refuses(t, nil) },
		"refuses noise":               func(t *testing.T, b *bench) { b.refuses(t, noise(64<<10)) },
		"refuses half a sound source": testTruncated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBench(t, c, source))
		})
	}
}

// bench is one subtest's converter, folders and copy of the source.
type bench struct {
	Case
	converter convert.Converter
	scratch   string
	dir       string // holds the source and nothing else
	source    content.Source
}

func newBench(t *testing.T, c Case, source content.Source) *bench {
	t.Helper()
	raw, err := os.ReadFile(source.Path)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Case: c, scratch: t.TempDir(), dir: t.TempDir(), source: source}
	b.converter = c.New(b.scratch)
	b.source.Path = filepath.Join(b.dir, "source")
	if err := os.WriteFile(b.source.Path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.isClean(t) })
	return b
}

// isClean fails the test if a conversion left anything behind.
func (b *bench) isClean(t *testing.T) {
	for dir, want := range map[string]int{b.scratch: 0, b.dir: 1} {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != want {
			t.Errorf("%d files in the folder, want %d: %v, %v", len(entries), want, entries, err)
		}
		if left := ProcessesNaming(dir); len(left) > 0 {
			t.Errorf("processes left: %q", left)
		}
	}
}

func (b *bench) convert(ctx context.Context, progress convert.Progress) (*content.Document, error) {
	return b.converter.Convert(ctx, b.source, convert.Options{}, progress)
}

func testIdentity(t *testing.T, b *bench) {
	if b.converter.Name() == "" || len(b.converter.Types()) == 0 {
		t.Errorf("name %q, types %q", b.converter.Name(), b.converter.Types())
	}
	for _, contentType := range b.converter.Types() {
		if !content.ValidType(contentType) {
			t.Errorf("type %q", contentType)
		}
	}
	for _, e := range b.converter.Engines(t.Context()) {
		if e.Name == "" || e.Purpose == "" || e.Remedy == "" {
			t.Errorf("engine not described: %+v", e)
		}
	}
}

func testConvert(t *testing.T, b *bench) {
	var mu sync.Mutex
	last, calls := 0.0, 0
	doc, err := b.convert(t.Context(), func(fraction float64, message string) {
		mu.Lock()
		defer mu.Unlock()
		if !(fraction >= last && fraction <= 1) {
			t.Errorf("progress %v after %v", fraction, last)
		}
		if message == "" {
			t.Errorf("progress %v without a word", fraction)
		}
		last = fraction
		calls++
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != 1 || calls < 2 {
		t.Errorf("progress ends at %v after %d calls", last, calls)
	}
	isSound(t, doc)
	if strings.TrimSpace(doc.Content) == "" {
		t.Error("no text")
	}
}

// isSound checks what every document has.
func isSound(t *testing.T, doc *content.Document) {
	t.Helper()
	if !utf8.ValidString(doc.Content) || strings.ContainsRune(doc.Content, 0) {
		t.Error("the text is no clean UTF-8")
	}
	if strings.HasSuffix(doc.Content, content.PageBreak) {
		t.Error("a page break after the last page")
	}
	for _, key := range []string{"engine", "file_size", "mime_type"} {
		if _, ok := doc.Metadata[key]; !ok {
			t.Errorf("metadata without %s: %v", key, doc.Metadata)
		}
	}
	if _, err := json.Marshal(doc); err != nil {
		t.Error(err)
	}
	end := 0.0
	for _, s := range doc.Segments {
		if s.Start < end || s.End < s.Start || s.Text == "" {
			t.Errorf("segment %+v after %v s", s, end)
		}
		end = s.Start
	}
}

func testConcurrent(t *testing.T, b *bench) {
	var group sync.WaitGroup
	texts := make([]string, 3)
	for i := range texts {
		group.Go(func() {
			doc, err := b.convert(t.Context(), func(float64, string) {})
			if err != nil {
				t.Error(err)
				return
			}
			texts[i] = doc.Content
		})
	}
	group.Wait()
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("the same source became %q and %q", texts[0], text)
		}
	}
}

// testCancel ends the context at several points of the way: at once, and when
// progress has come some way.
func testCancel(t *testing.T, b *bench) {
	for _, point := range []float64{-1, 0, 0.05, 0.2, 0.5} {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var cancelled time.Time
		at := func(fraction float64) {
			mu.Lock()
			defer mu.Unlock()
			if cancelled.IsZero() && fraction >= point && fraction < 1 {
				cancelled = time.Now()
				cancel()
			}
		}
		if point < 0 {
			at(point)
		}
		doc, err := b.convert(ctx, func(fraction float64, _ string) { at(fraction) })
		cancel()
		switch {
		case cancelled.IsZero() && err == nil: // its progress made no stop there
		case !errors.Is(err, context.Canceled) || doc != nil:
			t.Errorf("cancelled at %v: document %v, error %v", point, doc != nil, err)
		case time.Since(cancelled) > promptly:
			t.Errorf("cancelled at %v: took another %s", point, time.Since(cancelled))
		}
		b.isClean(t)
	}
}

func testTruncated(t *testing.T, b *bench) {
	raw, err := os.ReadFile(b.source.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Structured {
		t.Log("half a file of this format is sound")
		return
	}
	b.refuses(t, raw[:len(raw)/2])
}

// refuses checks that the bytes are a bad source, and said to be in one sentence.
func (b *bench) refuses(t *testing.T, raw []byte) {
	t.Helper()
	if err := os.WriteFile(b.source.Path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	doc, err := b.convert(t.Context(), func(float64, string) {})
	if !errors.Is(err, convert.ErrBadSource) || doc != nil {
		t.Fatalf("document %+v, error %v", doc, err)
	}
	sentence := err.Error()
	if sentence == "" || len(sentence) > 200 || strings.ContainsAny(sentence, "\n\r") {
		t.Errorf("not one sentence: %q", sentence)
	}
	if strings.Contains(sentence, b.dir) || strings.Contains(sentence, b.scratch) || strings.Contains(sentence, os.TempDir()) {
		t.Errorf("a path of this machine: %q", sentence)
	}
}

// noise is the same every time. It begins like nothing known.
func noise(size int) []byte {
	source := rand.NewChaCha8([32]byte{'n', 'o', 'i', 's', 'e'})
	raw := bytes.Repeat([]byte{0x01}, size)
	_, _ = source.Read(raw[4:])
	return raw
}
