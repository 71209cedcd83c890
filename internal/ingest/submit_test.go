package ingest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"morag/internal/task"
)

// behind is a store whose next answers are from before the tasks were made, as a server
// sees it that is asked while another one makes them.
type behind struct {
	task.Store
	answers atomic.Int32
}

func (b *behind) Get(ctx context.Context, id string) (*task.Task, error) {
	if b.answers.Add(-1) >= 0 {
		return nil, task.ErrNotFound
	}
	return b.Store.Get(ctx, id)
}

// A request that comes twice at the same time, to one server or to two, makes one task;
// another request under its name is refused.
func TestTheSameRequestAtTheSameTime(t *testing.T) {
	tasks := &behind{}
	inBubble(t, func(s *setup) { tasks.Store = s.Tasks; s.Tasks = tasks }, func(t *testing.T, h *harness) {
		b, err := h.blobs.Put(t.Context(), strings.NewReader("words"), 0)
		if err != nil {
			t.Fatal(err)
		}
		r := Request{ID: "once", Fingerprint: "f", Source: task.Source{Ref: b.Ref, SHA256: b.SHA256, ContentType: "audio"}}
		first, repeated, err := h.Submit(t.Context(), me, r)
		if err != nil || repeated {
			t.Fatalf("%v, repeated %v", err, repeated)
		}
		synctest.Wait()
		tasks.answers.Store(1)
		second, repeated, err := h.Submit(t.Context(), me, r)
		if err != nil || !repeated || second.ID != first.ID || second.DocumentID != first.DocumentID {
			t.Errorf("the same at the same time: %+v, repeated %v (%v)", second, repeated, err)
		}
		r.Fingerprint = "g"
		tasks.answers.Store(1)
		if _, _, err := h.Submit(t.Context(), me, r); !errors.Is(err, ErrReused) {
			t.Errorf("another at the same time: %v", err)
		}
		synctest.Wait()
		if n, err := h.tasks.Count(t.Context(), ""); err != nil || n[task.Success] != 1 || len(n) != 1 {
			t.Errorf("tasks %v (%v)", n, err)
		}
	})
}
