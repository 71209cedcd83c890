package ingest_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	blobs "morag/internal/blob/sqlitestore"
	"morag/internal/document"
	documents "morag/internal/document/sqlitestore"
	"morag/internal/ingest"
	"morag/internal/sqlite"
	"morag/internal/task"
	tasks "morag/internal/task/sqlitestore"
)

// registry are tasks, documents and who uses which file, in one database, with a clock.
type registry struct {
	t          *testing.T
	now        time.Time
	tasks      *ingest.Referring
	documents  *document.Referring
	references *blobs.Store
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	db, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	taskStore, err1 := tasks.New(t.Context(), db, clock, nil)
	documentStore, err2 := documents.Open(t.Context(), db, clock)
	references, err3 := blobs.Open(t.Context(), db, clock)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	r.references = references
	r.tasks = &ingest.Referring{Store: taskStore, DB: db, References: references, Retention: time.Hour}
	r.documents = &document.Referring{Store: documentStore, DB: db, References: references}
	return r
}

// uses checks which of a few files are used.
func (r *registry) uses(when string, want ...string) {
	r.t.Helper()
	var got []string
	for _, ref := range []string{"blob:source", "blob:text", "blob:old"} {
		used, err := r.references.Used(r.t.Context(), ref)
		if err != nil {
			r.t.Fatal(err)
		}
		if used {
			got = append(got, ref)
		}
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("%s: used are %q, want %q", when, got, want)
	}
}

func (r *registry) update(id string, rule func(*task.Task, time.Time) error) {
	r.t.Helper()
	if _, err := r.tasks.Update(r.t.Context(), id, rule); err != nil {
		r.t.Fatal(err)
	}
}

// submitted is a task that runs.
func (r *registry) submitted(id string) {
	r.t.Helper()
	err := r.tasks.Create(r.t.Context(), &task.Task{
		ID: id, Owner: "ann", Phase: task.Queued, Status: task.Pending, Stage: task.Initializing, CreatedAt: r.now, RunAt: r.now,
		Source: task.Source{Ref: "blob:source", ContentType: "document"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.uses("submitted", "blob:source")
	if t, err := r.tasks.Claim(r.t.Context(), "r", time.Hour); err != nil || t == nil {
		r.t.Fatal(t, err)
	}
}

func converted(t *task.Task, _ time.Time) error {
	return t.Advance(1, task.Storing, "storing", func(t *task.Task) { t.ConvertedRef = "blob:text" })
}

func TestATaskUsesItsFilesWhileItIsUnderWay(t *testing.T) {
	t.Parallel()
	ends := map[string]struct {
		rule func(*task.Task, time.Time) error
		want []string
	}{
		"success": {func(t *task.Task, now time.Time) error { return t.Finish(1, []byte("{}"), now) }, nil},
		"revoked": {func(t *task.Task, now time.Time) error { return t.Revoke(now) }, nil},
		"failure": {func(t *task.Task, now time.Time) error { return t.Fail(1, "broken", now) }, []string{"blob:source", "blob:text"}},
		"defer":   {func(t *task.Task, now time.Time) error { return t.Defer(1, "later", now) }, []string{"blob:source", "blob:text"}},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			r.submitted("a")
			r.update("a", converted)
			r.uses("converted", "blob:source", "blob:text")
			r.update("a", end.rule)
			r.uses("ended", end.want...)
		})
	}
}

func TestAFailureKeepsItsFilesForTheRetention(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.submitted("a")
	r.update("a", func(t *task.Task, now time.Time) error { return t.Fail(1, "broken", now) })
	r.now = r.now.Add(time.Hour - time.Second)
	r.uses("before its end", "blob:source")
	r.now = r.now.Add(time.Second)
	r.uses("after it")
	r.update("a", func(t *task.Task, now time.Time) error { return t.Reopen(false, now, now) })
	r.now = r.now.Add(100 * time.Hour)
	r.uses("retried", "blob:source")
}

func TestWhatIsNotStoredUsesNothing(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.submitted("a")
	stop := errors.New("stop")
	_, err := r.tasks.Update(t.Context(), "a", func(t *task.Task, now time.Time) error {
		return errors.Join(converted(t, now), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	r.uses("refused", "blob:source")
	err = r.tasks.Create(t.Context(), &task.Task{ID: "a", Phase: task.Queued, Status: task.Pending, Source: task.Source{Ref: "blob:old"}})
	if !errors.Is(err, task.ErrExists) {
		t.Errorf("got %v", err)
	}
	r.uses("exists", "blob:source")
}

func TestADocumentUsesItsSource(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	put := func(version, source string, submitted int64) error {
		_, err := r.documents.Replace(t.Context(), document.Document{ID: "d", Owner: "ann", Version: version, SourceRef: source, Submitted: submitted})
		return err
	}
	if err := put("v1", "blob:old", 1); err != nil {
		t.Fatal(err)
	}
	r.uses("made", "blob:old")
	if err := put("v2", "blob:source", 2); err != nil {
		t.Fatal(err)
	}
	r.uses("replaced", "blob:source")
	if err := put("v0", "blob:old", 0); !errors.Is(err, document.ErrSuperseded) {
		t.Errorf("got %v", err)
	}
	r.uses("superseded", "blob:source")
	if _, err := r.documents.Delete(t.Context(), "bob", "d"); !errors.Is(err, document.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	r.uses("another's", "blob:source")
	if _, err := r.documents.Delete(t.Context(), "ann", "d"); err != nil {
		t.Fatal(err)
	}
	r.uses("deleted")
}

// TestFilesOfAnEarlierProgramAreAdoptedOnce: what was stored before references were kept.
func TestFilesOfAnEarlierProgramAreAdoptedOnce(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	before := func(id string, source string, status task.Status, ended time.Time) {
		phase := task.Queued
		if !ended.IsZero() {
			phase = task.Ended
		}
		err := r.tasks.Store.Create(t.Context(), &task.Task{ID: id, Phase: phase, Status: status, CompletedAt: ended, Source: task.Source{Ref: source}})
		if err != nil {
			t.Fatal(err)
		}
	}
	before("a", "blob:source", task.Failure, r.now.Add(-59*time.Minute))
	before("b", "blob:gone", task.Failure, r.now.Add(-time.Hour))
	before("c", "blob:gone", task.Success, r.now)
	before("d", "blob:text", task.Pending, time.Time{})
	if _, err := r.documents.Store.Replace(t.Context(), document.Document{ID: "d", Owner: "ann", Version: "v", SourceRef: "blob:old"}); err != nil {
		t.Fatal(err)
	}
	r.uses("before")
	if err := r.tasks.Adopt(t.Context(), r.documents, r.now); err != nil {
		t.Fatal(err)
	}
	r.uses("adopted", "blob:source", "blob:text", "blob:old")
	if known, err := r.references.Known(t.Context(), []string{"blob:gone"}); err != nil || len(known) > 0 {
		t.Errorf("%v, %v: what nobody uses is known", known, err)
	}
	r.now = r.now.Add(time.Minute)
	r.uses("at the end of the retention", "blob:text", "blob:old")
	if err := r.references.Refer(t.Context(), "task:d", 0); err != nil {
		t.Fatal(err)
	}
	if err := r.tasks.Adopt(t.Context(), r.documents, r.now); err != nil {
		t.Fatal(err)
	}
	r.uses("at another start", "blob:old")
}
