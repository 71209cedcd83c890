package library_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/document"
	"morag/internal/document/memstore"
	"morag/internal/index"
	"morag/internal/library"
)

// shelf is an index that has lost the versions named.
type shelf struct {
	lost  map[string]bool
	asked func(version string)
}

func (s *shelf) Chunks(_ context.Context, version string, _, _ int) ([]index.Chunk, error) {
	s.asked(version)
	if s.lost[version] {
		return nil, index.ErrNotFound
	}
	return []index.Chunk{{Content: version}}, nil
}

func (s *shelf) Switch(_ context.Context, _, hide string) error {
	s.lost[hide] = true
	return nil
}

type noTransaction struct{}

func (noTransaction) Write(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

type gone struct{ blob.Store }

func open(t *testing.T) (*library.Service, document.Store, *shelf) {
	t.Helper()
	documents, s := memstore.New(time.Now), &shelf{lost: map[string]bool{}, asked: func(string) {}}
	for _, d := range []document.Document{
		{Owner: "ann", ID: "plan", Version: "a1", Content: "hers"}, {Owner: "bob", ID: "plan", Version: "b1"}, {Owner: "bob", ID: "note", Version: "b2"},
	} {
		if _, err := documents.Replace(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	return library.New(library.Config{
		Documents: documents, Chunks: s, Blobs: gone{}, DB: noTransaction{}, Logger: slog.New(slog.DiscardHandler),
	}), documents, s
}

// Whose document an id is depends on who asks, and what is not theirs is not there.
func TestScope(t *testing.T) {
	t.Parallel()
	ann, all := auth.Scope{Owner: "ann"}, auth.Scope{Owner: "ann", All: true, Manage: true}
	ops := auth.Scope{Owner: "ops", All: true, Manage: true}
	for name, tt := range map[string]struct {
		by    auth.Scope
		ref   library.Ref
		owner string
		err   error
	}{
		"one's own":                  {ann, library.Ref{ID: "plan"}, "ann", nil},
		"another's":                  {ann, library.Ref{ID: "note"}, "", document.ErrNotFound},
		"another's, named":           {ann, library.Ref{ID: "plan", Owner: "bob"}, "ann", nil},
		"one's own of several":       {all, library.Ref{ID: "plan"}, "ann", nil},
		"named of several":           {all, library.Ref{ID: "plan", Owner: "bob"}, "bob", nil},
		"the only one":               {ops, library.Ref{ID: "note"}, "bob", nil},
		"of several, none of theirs": {ops, library.Ref{ID: "plan"}, "", library.ErrSeveral},
		"nobody's":                   {ops, library.Ref{ID: "nothing"}, "", document.ErrNotFound},
		"no id":                      {ops, library.Ref{ID: "a b"}, "", document.ErrNotFound},
		"who is nobody":              {auth.Scope{}, library.Ref{ID: "plan"}, "", document.ErrNotFound},
	} {
		s, _, _ := open(t)
		d, err := s.Get(t.Context(), tt.by, tt.ref)
		if !errors.Is(err, tt.err) || err == nil && d.Owner != tt.owner {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		if _, err := s.Content(t.Context(), tt.by, tt.ref); !errors.Is(err, tt.err) {
			t.Errorf("%s, its text: %v", name, err)
		}
		if _, err := s.Chunks(t.Context(), tt.by, tt.ref, 0, 1); !errors.Is(err, tt.err) {
			t.Errorf("%s, its chunks: %v", name, err)
		}
		if _, _, err := s.Segments(t.Context(), tt.by, tt.ref); tt.err != nil && !errors.Is(err, tt.err) || tt.err == nil && !errors.Is(err, library.ErrNoSegments) {
			t.Errorf("%s, its segments: %v", name, err)
		}
		if _, _, _, err := s.Source(t.Context(), tt.by, tt.ref); tt.err != nil && !errors.Is(err, tt.err) || tt.err == nil && !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s, its source: %v", name, err)
		}
		if d, err := s.Delete(t.Context(), tt.by, tt.ref); !errors.Is(err, tt.err) || err == nil && d.Owner != tt.owner {
			t.Errorf("%s, deleted: %+v, %v", name, d, err)
		}
	}
}

// Who sees everybody's and may not change it deletes its own alone.
func TestDeletingOthersTakesTheRight(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	for owner, want := range map[string]error{"bob": auth.ErrOthers, "ann": nil} {
		if _, err := s.Delete(t.Context(), auth.Scope{Owner: "ann", All: true}, library.Ref{ID: "plan", Owner: owner}); !errors.Is(err, want) {
			t.Errorf("deletes %s's: %v, want %v", owner, err, want)
		}
	}
	if _, err := s.Get(t.Context(), auth.Scope{Owner: "bob"}, library.Ref{ID: "plan"}); err != nil {
		t.Error(err)
	}
}

func TestListShowsTheScope(t *testing.T) {
	t.Parallel()
	s, _, _ := open(t)
	for by, want := range map[auth.Scope]int{{Owner: "ann"}: 1, {Owner: "bob"}: 2, {Owner: "x", All: true}: 3, {Owner: "x"}: 0, {}: 0} {
		if got, _, err := s.List(t.Context(), by, document.Filter{Limit: 10}); err != nil || len(got) != want {
			t.Errorf("%+v sees %d documents, want %d: %v", by, len(got), want, err)
		}
	}
}

// A document that is replaced while its chunks are read has chunks all the same.
func TestChunksOfWhatIsReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	s, documents, chunks := open(t)
	chunks.asked = func(version string) {
		if version == "a1" {
			chunks.lost["a1"] = true
			if _, err := documents.Replace(t.Context(), document.Document{Owner: "ann", ID: "plan", Version: "a2", Submitted: 1}); err != nil {
				t.Error(err)
			}
		}
	}
	got, err := s.Chunks(t.Context(), auth.Scope{Owner: "ann"}, library.Ref{ID: "plan"}, 0, 10)
	if err != nil || len(got) != 1 || got[0].Content != "a2" {
		t.Errorf("%+v, %v, want those of the new version", got, err)
	}
}

// meter measures nothing and says how often it was asked.
type meter struct {
	asked int
	err   error
}

func (m *meter) Convert(_ context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
	m.asked++
	if src.Type != content.Waveform || src.Path != "/blob:1" {
		return nil, fmt.Errorf("asked of %+v", src)
	}
	return &content.Document{Content: `{"sample_rate":8000,"samples_per_pixel":2,"data":[-1,1,-2,2]}`}, m.err
}

type files struct{ blob.Store }

func (files) File(_ context.Context, ref string) (string, func(), error) {
	return "/" + ref, func() {}, nil
}

// A recording is measured when somebody first asks, and not again but after a failure.
func TestPeaks(t *testing.T) {
	t.Parallel()
	documents, m := memstore.New(time.Now), &meter{err: convert.NoEngine("no ffmpeg")}
	for _, d := range []document.Document{
		{Owner: "ann", ID: "talk", Version: "1", ContentType: "audio", SourceRef: "blob:1"}, {Owner: "ann", ID: "video", Version: "2", ContentType: "video"},
		{Owner: "ann", ID: "page", Version: "3", ContentType: "document", SourceRef: "blob:2"}, {Owner: "ann", ID: "served", Version: "4", ContentType: "audio", SourceRef: "/srv/x.wav"},
	} {
		if _, err := documents.Replace(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	s := library.New(library.Config{Documents: documents, Blobs: files{}, Meter: m})
	ann := auth.Scope{Owner: "ann"}
	if _, err := s.Peaks(t.Context(), ann, library.Ref{ID: "talk"}, 9); !errors.Is(err, convert.ErrNoEngine) {
		t.Errorf("without an engine: %v", err)
	}
	m.err = nil
	for parts, want := range map[int]int{9: 4, 1: 2} {
		if p, err := s.Peaks(t.Context(), ann, library.Ref{ID: "talk"}, parts); err != nil || len(p.Data) != want {
			t.Errorf("%d parts: %+v, %v", parts, p, err)
		}
	}
	if m.asked != 2 {
		t.Errorf("measured %d times, want 2", m.asked)
	}
	for _, id := range []string{"video", "page", "served"} {
		if _, err := s.Peaks(t.Context(), ann, library.Ref{ID: id}, 9); !errors.Is(err, library.ErrNoPeaks) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := s.Peaks(t.Context(), auth.Scope{Owner: "bob"}, library.Ref{ID: "talk"}, 9); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("another's: %v", err)
	}
}
