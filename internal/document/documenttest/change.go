package documenttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/document"
)

func testReplace(t *testing.T, s Subject) {
	first := made("ann", "d", "v1")
	if old := replace(t, s.Store, first); old != nil {
		t.Errorf("the first one replaced %v", old)
	}
	equal(t, "document", stored(first), get(t, s.Store, "ann", "d"))

	second := made("ann", "d", "v2")
	second.ContentType, second.ProcessingMethod, second.Checksum, second.SourceName, second.SourceRef = "audio", "remote", "other", "talk.mp3", ""
	second.MIME, second.Metadata, second.ContentLength, second.ChunkCount, second.TaskID = "audio/mpeg", []byte(`{"language":"en"}`), 7, 1, "t2"
	second.Submitted, second.CreatedAt, second.UpdatedAt = 2, day.Add(time.Hour), day.Add(2*time.Hour)
	equal(t, "replaced", stored(first), replace(t, s.Store, second))
	second.CreatedAt = first.CreatedAt
	equal(t, "document", stored(second), get(t, s.Store, "ann", "d"))
	if text, err := s.Store.Content(t.Context(), "ann", "d"); err != nil || text != second.Content {
		t.Errorf("content %q, %v", text, err)
	}

	again := second
	again.Content = "another text of the same version"
	if old := replace(t, s.Store, again); old != nil {
		t.Errorf("the version in place replaced %v", old)
	}
	if text, err := s.Store.Content(t.Context(), "ann", "d"); err != nil || text != second.Content {
		t.Errorf("the version in place became %q, %v", text, err)
	}
	_, err := s.Store.Get(t.Context(), "ann", "other")
	refused(t, "get", err, document.ErrNotFound)
	_, err = s.Store.Content(t.Context(), "ann", "other")
	refused(t, "content", err, document.ErrNotFound)
}

func testTimes(t *testing.T, s Subject) {
	doc := made("ann", "d", "v1")
	doc.CreatedAt, doc.UpdatedAt = time.Time{}, time.Time{}
	replace(t, s.Store, doc)
	first := get(t, s.Store, "ann", "d")
	if first.CreatedAt.IsZero() || !first.CreatedAt.Equal(first.UpdatedAt) {
		t.Errorf("made at %v, changed at %v", first.CreatedAt, first.UpdatedAt)
	}
	s.Advance(90 * time.Second)
	doc.Version = "v2"
	replace(t, s.Store, doc)
	second := get(t, s.Store, "ann", "d")
	if took := second.UpdatedAt.Sub(first.UpdatedAt); took < 90*time.Second || took > 2*time.Minute {
		t.Errorf("changed after %v, want 90 s", took)
	}
	if !second.CreatedAt.Equal(first.CreatedAt) {
		t.Errorf("made at %v, after a replacement at %v", first.CreatedAt, second.CreatedAt)
	}
}

// testSubmitted replaces in every order: what is left is what was submitted last.
func testSubmitted(t *testing.T, s Subject) {
	orders := [][]int64{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}}
	for i, order := range orders {
		id := name("d%d", i)
		var most int64
		for _, submitted := range order {
			doc := made("ann", id, name("%s-%d", id, submitted))
			doc.Submitted = submitted
			_, err := s.Store.Replace(t.Context(), doc)
			if submitted < most {
				refused(t, name("order %v at %d", order, submitted), err, document.ErrSuperseded)
			} else if err != nil {
				t.Errorf("order %v at %d: %v", order, submitted, err)
			}
			most = max(most, submitted)
			if got := get(t, s.Store, "ann", id); got.Version != name("%s-%d", id, most) || got.Submitted != most {
				t.Errorf("order %v after %d: %s", order, submitted, got.Version)
			}
		}
	}
	another := made("ann", "d0", "another")
	another.Submitted = 3
	if old := replace(t, s.Store, another); old == nil || old.Version != "d0-3" {
		t.Errorf("one submitted at the same place replaced %v, want d0-3: a later attempt of the same task", old)
	}
}

func testDelete(t *testing.T, s Subject) {
	doc := made("ann", "d", "v1")
	replace(t, s.Store, doc)
	replace(t, s.Store, made("ann", "e", "v2"))
	got, err := s.Store.Delete(t.Context(), "ann", "d")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", stored(doc), got)
	_, err = s.Store.Delete(t.Context(), "ann", "d")
	refused(t, "delete again", err, document.ErrNotFound)
	_, err = s.Store.Get(t.Context(), "ann", "d")
	refused(t, "get", err, document.ErrNotFound)
	_, err = s.Store.Content(t.Context(), "ann", "d")
	refused(t, "content", err, document.ErrNotFound)
	get(t, s.Store, "ann", "e")

	anew := made("ann", "d", "v3")
	anew.Submitted, anew.CreatedAt = 0, day.Add(time.Minute)
	if old := replace(t, s.Store, anew); old != nil {
		t.Errorf("put again, it replaced %v", old)
	}
	equal(t, "put again", stored(anew), get(t, s.Store, "ann", "d"))
}

func testRollback(t *testing.T, s Subject) {
	if s.Transact == nil {
		return
	}
	replace(t, s.Store, made("ann", "d", "v1"))
	replace(t, s.Store, made("ann", "e", "v2"))
	stop := errors.New("stop")
	err := s.Transact(t.Context(), func(ctx context.Context) error {
		if _, err := s.Store.Replace(ctx, made("ann", "d", "v3")); err != nil {
			t.Error(err)
		}
		if doc, err := s.Store.Get(ctx, "ann", "d"); err != nil || doc.Version != "v3" {
			t.Errorf("the transaction does not see its own change: %v", err)
		}
		if _, err := s.Store.Delete(ctx, "ann", "e"); err != nil {
			t.Error(err)
		}
		return stop
	})
	refused(t, "transaction", err, stop)
	equal(t, "replaced", stored(made("ann", "d", "v1")), get(t, s.Store, "ann", "d"))
	equal(t, "deleted", stored(made("ann", "e", "v2")), get(t, s.Store, "ann", "e"))
}

func testCancelled(t *testing.T, s Subject) {
	if s.Transact == nil {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Store.Replace(ctx, made("ann", "d", "v1"))
	refused(t, "replace", err, context.Canceled)
	_, err = s.Store.Delete(ctx, "ann", "d")
	refused(t, "delete", err, context.Canceled)
}

func testThumbnails(t *testing.T, s Subject) {
	thumbnails := func(owner, id string) []string {
		t.Helper()
		refs, err := s.Store.Thumbnails(t.Context(), owner, id)
		if err != nil {
			t.Fatal(err)
		}
		return refs
	}
	first, other := made("ann", "d", "v1"), made("bob", "d", "v2")
	replace(t, s.Store, first)
	replace(t, s.Store, other)
	equal(t, "of the first", first.Thumbnails, thumbnails("ann", "d"))
	equal(t, "of another owner's", other.Thumbnails, thumbnails("bob", "d"))
	second := made("ann", "d", "v3")
	second.Submitted, second.Thumbnails = 2, []string{"blob:b", "blob:a"}
	replace(t, s.Store, second)
	equal(t, "of what took its place", second.Thumbnails, thumbnails("ann", "d"))
	third := made("ann", "d", "v4")
	third.Submitted, third.Thumbnails = 3, nil
	replace(t, s.Store, third)
	equal(t, "of one without", nil, thumbnails("ann", "d"))
	if _, err := s.Store.Delete(t.Context(), "bob", "d"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Store.Thumbnails(t.Context(), "bob", "d")
	refused(t, "of one that is deleted", err, document.ErrNotFound)
	last := made("bob", "d", "v5")
	last.Thumbnails = nil
	replace(t, s.Store, last)
	equal(t, "of one made after that", nil, thumbnails("bob", "d"))
}

func testSegments(t *testing.T, s Subject) {
	segments := func(owner, id string) []content.Segment {
		t.Helper()
		found, err := s.Store.Segments(t.Context(), owner, id)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	first, other := made("ann", "d", "v1"), made("bob", "d", "v2")
	replace(t, s.Store, first)
	replace(t, s.Store, other)
	equal(t, "of the first", first.Segments, segments("ann", "d"))
	equal(t, "of another owner's", other.Segments, segments("bob", "d"))
	for i, kept := range [][]content.Segment{{{Start: 3, End: 4, Text: "b"}, {Start: 3, End: 5, Text: "a"}}, {}, nil} {
		next := made("ann", "d", fmt.Sprint("next", i))
		next.Submitted, next.Segments = int64(2+i), kept
		replace(t, s.Store, next)
		equal(t, fmt.Sprintf("of %v", kept), kept, segments("ann", "d"))
	}
	equal(t, "of another owner's after that", other.Segments, segments("bob", "d"))
	if _, err := s.Store.Delete(t.Context(), "bob", "d"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Store.Segments(t.Context(), "bob", "d")
	refused(t, "of one that is deleted", err, document.ErrNotFound)
	last := made("bob", "d", "v5")
	last.Segments = nil
	replace(t, s.Store, last)
	equal(t, "of one made after that", nil, segments("bob", "d"))
}
