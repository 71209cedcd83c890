package remote

import (
	"context"
	"testing"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

// files are blobs and who uses them, as far as a service asks for that.
type files struct {
	blob.Store
	blob.References
	users   map[string]time.Duration // of the one there is
	deleted bool
}

func (f *files) Refer(_ context.Context, user string, lasting time.Duration, refs ...string) error {
	delete(f.users, user)
	if len(refs) > 0 {
		f.users[user] = lasting
	}
	return nil
}

func (f *files) Used(context.Context, string) (bool, error) { return len(f.users) > 0, nil }

func (f *files) Delete(context.Context, string) error {
	f.deleted = len(f.users) == 0
	return nil
}

// TestAClientsJobUsesItsSource: the job of a client keeps its source while it may be
// tried, and what becomes of that at the end depends on who else uses it.
func TestAClientsJobUsesItsSource(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		document bool // uses it too
		end      func(h *harness)
		keeps    bool // for another try
		deleted  bool
	}{
		"a copy, completed":         {false, func(h *harness) { h.complete("own", "text") }, false, true},
		"a copy, cancelled":         {false, func(h *harness) { h.stop() }, true, false},
		"a document's, completed":   {true, func(h *harness) { h.complete("own", "text") }, false, false},
		"a document's, cancelled":   {true, func(h *harness) { h.stop() }, false, false},
		"a copy, tried once more":   {false, func(h *harness) { h.stop(); h.again() }, true, false},
		"a document's, once more":   {true, func(h *harness) { h.stop(); h.again() }, true, false},
		"a copy, completed at last": {false, func(h *harness) { h.stop(); h.again(); h.complete("own", "text") }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, f := open(t), &files{users: map[string]time.Duration{}}
			h.blobs, h.references = f, f
			if tt.document {
				f.users["document"] = 0
			}
			j, err := h.Create(t.Context(), job.Spec{
				ID: "own", IngestionTaskID: "theirs", ContentType: "audio", SourceFilePath: "blob:x", CreatedBy: "client",
			})
			if err != nil {
				t.Fatal(err)
			}
			if lasting := f.users["job:own"]; lasting != j.Longest() || lasting != 8*time.Hour {
				t.Errorf("the source is kept for %v, want 4 tries of twice an hour", lasting)
			}
			tt.end(h)
			if _, keeps := f.users["job:own"]; keeps != tt.keeps || f.deleted != tt.deleted {
				t.Errorf("the source is kept: %v, want %v; deleted: %v, want %v", keeps, tt.keeps, f.deleted, tt.deleted)
			}
		})
	}
}

// stop cancels the client's job.
func (h *harness) stop() {
	h.t.Helper()
	if _, err := h.jobs.Cancel(h.t.Context(), "own", ""); err != nil {
		h.t.Fatal(err)
	}
}

// again retries it.
func (h *harness) again() {
	h.t.Helper()
	if _, err := h.Retry(h.t.Context(), "own"); err != nil {
		h.t.Fatal(err)
	}
}
