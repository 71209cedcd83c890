package frame

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/proc"
)

var frame = Frame{Noun: "the letter", Begin: "opening", Done: "read"}

// What says nothing is in no language; what says something is in the one that was found.
func TestNoLanguageWithoutText(t *testing.T) {
	t.Parallel()
	for want, docs := range map[string][]content.Document{
		"":   {{}, {Content: " \n"}},
		"en": {{Content: "Dear Sir"}, {Segments: []content.Segment{{Text: "Dear Sir"}}}},
	} {
		for _, doc := range docs {
			doc.Metadata = map[string]any{"language": "en", "title": "A letter"}
			got, err := frame.Run(t.Context(), nil, func(context.Context, convert.Progress) (*content.Document, error) { return &doc, nil })
			if err != nil {
				t.Fatal(err)
			}
			if language, _ := got.Metadata["language"].(string); language != want || got.Metadata["title"] != "A letter" {
				t.Errorf("%+v: in %q, want %q", doc, language, want)
			}
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	called, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		work Work
		want error
	}{
		"a document":                   {t.Context(), func(context.Context, convert.Progress) (*content.Document, error) { return &content.Document{}, nil }, nil},
		"a failure":                    {t.Context(), func(context.Context, convert.Progress) (*content.Document, error) { return nil, broken }, broken},
		"called off before":            {called, func(context.Context, convert.Progress) (*content.Document, error) { panic("it works") }, context.Canceled},
		"called off, and failed of it": {nil, nil, context.Canceled},
		"called off, and done anyhow":  {nil, nil, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, work := test.ctx, test.work
			if work == nil {
				within, cancel := context.WithCancel(t.Context())
				ctx = within
				work = func(context.Context, convert.Progress) (*content.Document, error) {
					cancel()
					if strings.Contains(name, "failed") {
						return nil, broken
					}
					return &content.Document{}, nil
				}
			}
			doc, err := frame.Run(ctx, nil, work)
			if !errors.Is(err, test.want) || (doc != nil) != (err == nil) {
				t.Errorf("got %+v, %v; want the error %v", doc, err, test.want)
			}
			if doc != nil && doc.Metadata == nil {
				t.Error("no metadata")
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bounded := frame
		bounded.Timeout = time.Minute
		began := time.Now()
		_, err := bounded.Run(t.Context(), nil, func(ctx context.Context, _ convert.Progress) (*content.Document, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if !errors.Is(err, convert.ErrBadSource) || !errors.Is(err, proc.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err.Error() != "the letter took longer than 1m0s to read" || time.Since(began) != time.Minute {
			t.Errorf("got %q after %s", err, time.Since(began))
		}
	})
}

// Progress begins at 0, ends at 1, and does not go back between.
func TestProgress(t *testing.T) {
	t.Parallel()
	type report struct {
		fraction float64
		message  string
	}
	var got []report
	_, err := frame.Run(t.Context(), func(fraction float64, message string) { got = append(got, report{fraction, message}) },
		func(_ context.Context, progress convert.Progress) (*content.Document, error) {
			first := Part(progress, 0, 0.5)
			first(0.5, "a")
			first(3, "b")
			first(0.1, "c")
			first(math.NaN(), "d")
			second := Step(progress, 0.5, 0.9, "second")
			second(-1)
			second(1)
			progress(math.Inf(1), "e")
			return &content.Document{}, nil
		})
	want := []report{
		{0, "opening"}, {0.25, "a"}, {0.5, "b"}, {0.5, "c"}, {0.5, "d"}, {0.5, "second"}, {0.9, "second"}, {1, "e"}, {1, "read"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v\nwant %v", got, err, want)
	}
}

func TestRunFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full, empty := filepath.Join(dir, "full"), filepath.Join(dir, "empty")
	for path, text := range map[string]string{full: "Dear Sir", empty: ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(context.Context, convert.Progress) (*content.Document, error) {
		return &content.Document{Metadata: map[string]any{"title": "T"}}, nil
	}
	doc, err := frame.RunFile(t.Context(), content.Source{Path: full, MIME: "text/letter"}, nil, read)
	if err != nil || doc.Metadata["file_size"] != int64(8) || doc.Metadata["mime_type"] != "text/letter" || doc.Metadata["title"] != "T" {
		t.Errorf("got %+v, %v", doc, err)
	}
	if _, err := frame.RunFile(t.Context(), content.Source{Path: empty}, nil, read); !errors.Is(err, convert.ErrBadSource) || err.Error() != "the letter is empty" {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := frame.RunFile(t.Context(), content.Source{Path: full + "er"}, nil, read); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestScratch(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "a", "b")
	first, err := Scratch(parent, "letter")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Scratch(parent, "letter")
	if err != nil || first == second {
		t.Fatalf("%q and %q, %v", first, second, err)
	}
	if !filepath.IsAbs(first) || filepath.Dir(first) != parent || !strings.HasPrefix(filepath.Base(first), "morag-letter-") {
		t.Errorf("got %q", first)
	}
	if _, err := Scratch(filepath.Join(parent, "\x00"), "letter"); err == nil {
		t.Error("a folder that cannot be made")
	}
}
