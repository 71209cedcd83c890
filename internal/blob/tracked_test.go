package blob_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/blob"
	"morag/internal/blob/disk"
	"morag/internal/blob/sqlitestore"
	"morag/internal/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is a store over a real folder and a real database, with a clock.
type harness struct {
	*blob.Tracked
	t          *testing.T
	bucket     *disk.Store
	references *sqlitestore.Store
	mu         sync.Mutex // guards at
	at         time.Time
}

func open(t *testing.T) *harness {
	t.Helper()
	// The clock is ahead of that of the files by as much as a walk passes over.
	h := &harness{t: t, at: time.Now().Add(2 * blob.Grace)}
	var err error
	if h.bucket, err = disk.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.bucket.Close() })
	db, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if h.references, err = sqlitestore.Open(t.Context(), db, h.now); err != nil {
		t.Fatal(err)
	}
	h.Tracked = h.again()
	return h
}

// again is the store as another start makes it.
func (h *harness) again() *blob.Tracked {
	return blob.Track(h.bucket, h.references, h.now, slog.New(slog.DiscardHandler))
}

func (h *harness) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *harness) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *harness) put(text string) string {
	h.t.Helper()
	info, err := h.Put(h.t.Context(), strings.NewReader(text), 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return info.Ref
}

func (h *harness) refer(user string, refs ...string) {
	h.t.Helper()
	if err := h.references.Refer(h.t.Context(), user, 0, refs...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) sweep(want int) {
	h.t.Helper()
	if n, more, err := h.Sweep(h.t.Context(), time.Minute); err != nil || n != want || more {
		h.t.Errorf("swept %d, %v, more %v, want %d", n, err, more, want)
	}
}

func (h *harness) there(ref string, want bool) {
	h.t.Helper()
	if _, err := h.Stat(h.t.Context(), ref); (err == nil) != want || err != nil && !errors.Is(err, blob.ErrNotFound) {
		h.t.Errorf("%s: %v, there should be one: %v", ref, err, want)
	}
}

func TestSweepLeavesWhatSomebodyUses(t *testing.T) {
	t.Parallel()
	h := open(t)
	left, used, shared := h.put("left by a crash"), h.put("used"), h.put("shared")
	h.refer("task:1", used, shared)
	h.refer("document:1", shared)
	h.sweep(0)
	h.advance(blob.Grace - time.Second)
	h.sweep(0)
	h.there(left, true)
	h.advance(time.Second)
	h.sweep(1)
	h.there(left, false)
	h.refer("task:1")
	h.sweep(1)
	h.there(used, false)
	h.there(shared, true)
	h.sweep(0)
}

func TestDeleteSparesWhatSomebodyUses(t *testing.T) {
	t.Parallel()
	h := open(t)
	ref := h.put("x")
	h.refer("task:1", ref)
	if err := h.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	h.there(ref, true)
	h.refer("task:1")
	for range 2 {
		if err := h.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		h.there(ref, false)
	}
	h.advance(blob.Grace)
	h.sweep(0) // it is gone already
	if known, err := h.references.Known(t.Context(), []string{ref}); err != nil || len(known) > 0 {
		t.Errorf("%v, %v are still known", known, err)
	}
}

// TestWhatNobodyKnowsOfIsFoundAtStart: what lies in the folder without any reference goes
// at the first sweep, and then at one a day.
func TestWhatNobodyKnowsOfIsFoundAtStart(t *testing.T) {
	t.Parallel()
	h := open(t)
	foreign := func() string {
		info, err := h.bucket.Write(t.Context(), blob.NewRef(), strings.NewReader("foreign"), 0)
		if err != nil {
			t.Fatal(err)
		}
		return info.Ref
	}
	kept := h.put("kept")
	h.refer("task:1", kept)
	first := foreign()
	h.sweep(1)
	h.there(first, false)
	second := foreign()
	h.advance(24*time.Hour - time.Second)
	h.sweep(0)
	h.there(second, true)
	h.advance(time.Second)
	h.sweep(1)
	third := foreign()
	if n, more, err := h.again().Sweep(t.Context(), time.Minute); err != nil || n != 1 || more {
		t.Errorf("another start sweeps %d, %v, more %v", n, err, more)
	}
	h.there(third, false)
	h.there(kept, true)
}

func TestManyAreSweptInPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	var refs []string
	for range 1001 {
		refs = append(refs, blob.NewRef())
	}
	h.refer("task:1", refs...)
	h.refer("task:1")
	h.sweep(0) // none of them was ever there
	if known, err := h.references.Known(t.Context(), refs); err != nil || len(known) > 0 {
		t.Errorf("%d, %v are still known", len(known), err)
	}
}

// TestASweepEndsInTime: one that has no time left does a page, says that there is more, and
// the next goes on, with what is known of as with what nobody knows of.
func TestASweepEndsInTime(t *testing.T) {
	t.Parallel()
	h := open(t)
	kept := h.put("kept")
	h.refer("task:1", kept)
	for range 501 {
		if _, err := h.bucket.Write(t.Context(), blob.NewRef(), strings.NewReader("foreign"), 0); err != nil {
			t.Fatal(err)
		}
	}
	refs := make([]string, 501)
	for i := range refs {
		refs[i] = blob.NewRef()
	}
	h.refer("task:2", refs...)
	h.refer("task:2")
	removed, calls, more := 0, 0, true
	for ; more && calls < 10; calls++ {
		var n int
		var err error
		if n, more, err = h.Sweep(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		removed += n
	}
	if removed != 501 || calls != 4 || more {
		t.Errorf("%d were removed in %d calls, more %v; want 501 in 4: two for what was used, two for what was not", removed, calls, more)
	}
	h.there(kept, true)
	h.sweep(0)
}

// TestALongUploadIsHeldWhenItEnds: the hold counts from the end of the upload.
func TestALongUploadIsHeldWhenItEnds(t *testing.T) {
	t.Parallel()
	h := open(t)
	slow := readerFunc(func([]byte) (int, error) {
		h.advance(blob.Grace)
		return 0, io.EOF
	})
	info, err := h.Put(t.Context(), slow, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.advance(blob.Grace - time.Second)
	h.sweep(0)
	h.there(info.Ref, true)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.Put(t.Context(), strings.NewReader("too long"), 3); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	h.advance(blob.Grace)
	h.sweep(0)
}

// noted are references that count how often a hold was renewed.
type noted struct {
	blob.References
	mu     sync.Mutex
	renews int
}

func (n *noted) Refer(_ context.Context, user string, lasting time.Duration, refs ...string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if user == blob.Hold(refs[0]) && lasting == blob.Grace {
		n.renews++
	}
	return nil
}

func (n *noted) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.renews
}

// TestAHoldIsRenewedUntilItIsReleased: a conversion of any length keeps its upload.
func TestAHoldIsRenewedUntilItIsReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &noted{}
		s := blob.Track(nil, n, time.Now, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		release := s.Hold(ctx, blob.NewRef())
		cancel() // who has asked may have left, the engine still reads
		time.Sleep(4*time.Hour + time.Second)
		if renews := n.count(); renews < 8 {
			t.Errorf("renewed %d times in four hours of holds of one", renews)
		}
		release()
		before := n.count()
		time.Sleep(4 * time.Hour)
		if n.count() != before {
			t.Error("renewed after the release")
		}
		s.Hold(ctx, "/srv/media/talk.mp3")()
	})
}

func TestWhatIsKeptIsSweptLater(t *testing.T) {
	t.Parallel()
	h := open(t)
	dropped, unused := h.put("dropped"), h.put("unused")
	stray, err := h.bucket.Write(t.Context(), blob.NewRef(), strings.NewReader("stray"), 0)
	if err != nil {
		t.Fatal(err)
	}
	h.advance(2 * blob.Grace)
	first, second := h.Keep(), h.Keep()
	if err := h.Delete(t.Context(), dropped); err != nil {
		t.Fatal(err)
	}
	sweep := func() int {
		t.Helper()
		removed, more, err := h.Sweep(t.Context(), time.Minute)
		if err != nil || more {
			t.Fatalf("sweep: more %v (%v)", more, err)
		}
		return removed
	}
	for _, release := range []func(){first, second} {
		if n := sweep(); n != 0 {
			t.Errorf("%d files were swept", n)
		}
		for _, ref := range []string{dropped, unused, stray.Ref} {
			if _, err := h.Stat(t.Context(), ref); err != nil {
				t.Errorf("a file is gone while all are kept: %v", err)
			}
		}
		release()
		release() // a second time it does nothing
	}
	if n := sweep(); n != 3 {
		t.Errorf("%d of 3 files were swept once nobody kept them", n)
	}
}
