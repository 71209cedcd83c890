package dispatch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

func TestSourceThatChangedFailsTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		h.poll(t, "w", 0)
		if err := os.WriteFile(h.source, []byte("other sound"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Source(t.Context(), j.ID, Holder{Attempt: 1}); !errors.Is(err, ErrSourceGone) {
			t.Fatalf("download: %v, want ErrSourceGone", err)
		}
		if now, _ := h.Get(t.Context(), j.ID); now.Status != job.Failed {
			t.Errorf("job is %s, want failed", now.Status)
		}
	})
}

func TestSourcesConfine(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	inside, outside := filepath.Join(base, "in"), filepath.Join(base, "out")
	for _, dir := range []string{inside, outside} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		filepath.Join(inside, "good"): filepath.Join(inside, "f"), filepath.Join(inside, "evil"): filepath.Join(outside, "f"),
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(inside, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(inside, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(base, "linked") // a folder that is allowed by a link's name
	if err := os.Symlink(inside, linked); err != nil {
		t.Fatal(err)
	}
	s := &Sources{Dirs: []string{linked}}
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(inside, "f"), nil},
		{filepath.Join(inside, "good"), nil},
		{filepath.Join(inside, "evil"), ErrSourceOutside},
		{filepath.Join(inside, "..", "out", "f"), ErrSourceOutside},
		{filepath.Join(outside, "f"), ErrSourceOutside},
		{filepath.Join(outside, "missing"), ErrSourceOutside},
		{filepath.Join(linked, "f"), nil},
		{filepath.Join(linked, "..", "in", "f"), nil},
		{filepath.Join(linked, "missing"), ErrSourceMissing},
		{filepath.Join(linked, "folder"), ErrSourceMissing},
		{filepath.Join(linked, "fifo"), ErrSourceMissing},
		{filepath.Join(linked, "f", "x"), ErrSourceOutside}, // a file is no folder
		{linked, ErrSourceOutside},
		{inside, ErrSourceOutside},
		{"in/f", ErrSourceOutside},
		{"/dev/zero", ErrSourceOutside},
	} {
		info, err := s.Stat(t.Context(), c.path)
		if !errors.Is(err, c.want) || c.want == nil && (info.Size != 1 || info.Name != filepath.Base(c.path) || info.Modified.IsZero()) {
			t.Errorf("Stat(%s) = %+v, %v; want %v", c.path, info, err, c.want)
		}
		r, opened, err := s.Open(t.Context(), c.path)
		if !errors.Is(err, c.want) || opened != info {
			t.Errorf("Open(%s) = %+v, %v; want %+v, %v", c.path, opened, err, info, c.want)
		}
		if err == nil {
			r.Close()
		}
	}
}

func TestSourcesOfNobody(t *testing.T) {
	t.Parallel()
	if _, err := (&Sources{}).Stat(t.Context(), filepath.Join(t.TempDir(), "f")); !errors.Is(err, ErrSourceOutside) {
		t.Errorf("no folder is allowed: %v, want ErrSourceOutside", err)
	}
}

// oneBlob is a blob store that has the blob:there.
type oneBlob struct{ blob.Store }

type closedReader struct{ io.ReadSeeker }

func (closedReader) Close() error                      { return nil }
func (closedReader) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

func (oneBlob) Stat(_ context.Context, ref string) (blob.Info, error) {
	if ref != "blob:there" {
		return blob.Info{}, blob.ErrNotFound
	}
	return blob.Info{Ref: ref, Size: 7, Modified: time.Unix(1, 0)}, nil
}

func (b oneBlob) Open(ctx context.Context, ref string) (blob.Reader, blob.Info, error) {
	info, err := b.Stat(ctx, ref)
	if err != nil {
		return nil, info, err
	}
	return closedReader{}, info, nil
}

func TestSourcesInTheBlobStore(t *testing.T) {
	t.Parallel()
	s := &Sources{Blobs: oneBlob{}}
	for ref, want := range map[string]error{"blob:there": nil, "blob:gone": ErrSourceMissing} {
		info, err := s.Stat(t.Context(), ref)
		r, opened, openErr := s.Open(t.Context(), ref)
		if !errors.Is(err, want) || !errors.Is(openErr, want) || (want == nil) != (r != nil) {
			t.Errorf("%s: %v, %v; want %v", ref, err, openErr, want)
		}
		if want == nil && (info != (SourceInfo{Size: 7, Modified: time.Unix(1, 0)}) || opened != info) {
			t.Errorf("%s is %+v, opened %+v", ref, info, opened)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	at := time.Unix(1000, 123_456_789)
	blobbed := &job.Job{SourceFilePath: "blob:x", SourceSize: 5, SourceModified: job.Stamp(at)}
	if changed(blobbed, SourceInfo{Size: 5, Modified: at.Add(time.Hour)}) {
		t.Error("a blob that was brought back from a backup is taken to be another")
	}
	if !changed(blobbed, SourceInfo{Size: 6, Modified: at}) {
		t.Error("a blob of another size is taken to be the same")
	}
	for name, c := range map[string]struct {
		size     int64
		modified time.Time
		info     SourceInfo
		want     bool
	}{
		"the same":               {5, at, SourceInfo{Size: 5, Modified: at}, false},
		"larger":                 {5, at, SourceInfo{Size: 6, Modified: at}, true},
		"touched":                {5, at, SourceInfo{Size: 5, Modified: at.Add(time.Microsecond)}, true},
		"finer than a record is": {5, at, SourceInfo{Size: 5, Modified: at.Add(time.Nanosecond)}, false},
		"never measured":         {-1, at, SourceInfo{Size: 6, Modified: at}, false},
		"empty":                  {0, at, SourceInfo{Size: 1, Modified: at}, true},
		"of the original":        {5, time.Time{}, SourceInfo{Size: 6, Modified: at}, false},
	} {
		j := &job.Job{SourceSize: c.size}
		if !c.modified.IsZero() {
			j.SourceModified = job.Stamp(c.modified)
		}
		if got := changed(j, c.info); got != c.want {
			t.Errorf("%s: changed is %v, want %v", name, got, c.want)
		}
	}
}

// TestWhoMayDownload: the attempt, or without one the key that claimed; and only what is
// in work.
func TestWhoMayDownload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		if _, err := h.Source(t.Context(), j.ID, Holder{}); !errors.Is(err, job.ErrConflict) {
			t.Errorf("of a job that waits: %v, want ErrConflict", err)
		}
		if _, err := h.Source(t.Context(), "nothing", Holder{}); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("of no job: %v, want ErrNotFound", err)
		}
		if jobs, err := h.Poll(t.Context(), Poll{Key: "a", WorkerID: "w", Types: []string{"audio"}}); err != nil || len(jobs) != 1 {
			t.Fatalf("got %v, %v", jobs, err)
		}
		for _, c := range []struct {
			by   Holder
			want error
		}{
			{Holder{}, nil}, {Holder{Key: "a"}, nil}, {Holder{Attempt: 1}, nil}, {Holder{Key: "b", Attempt: 1}, nil},
			{Holder{Key: "b"}, job.ErrWrongKey}, {Holder{Attempt: 2}, job.ErrLeaseLost}, {Holder{Key: "a", Attempt: 2}, job.ErrLeaseLost},
		} {
			src, err := h.Source(t.Context(), j.ID, c.by)
			if !errors.Is(err, c.want) {
				t.Errorf("by %+v: %v, want %v", c.by, err, c.want)
			}
			if err == nil {
				src.Close()
			}
		}
		if now := h.get(t, j.ID); !now.ConfirmedAt.IsZero() {
			t.Error("a download of no byte has confirmed the claim")
		}
	})
}

// TestDownloadIsAHeartbeat: the first byte confirms, and every second renews the lease.
func TestDownloadIsAHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		j := h.take(t, "w")
		src, err := h.Source(t.Context(), j.ID, Holder{Attempt: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		lease := func() time.Duration { return h.get(t, j.ID).LeaseExpiresAt.Sub(time.Now().Truncate(time.Microsecond)) }
		for i, step := range []struct{ pass, lease time.Duration }{
			{10 * time.Second, time.Minute}, {beatEvery - time.Millisecond, time.Minute - beatEvery + time.Millisecond}, {time.Millisecond, time.Minute},
		} {
			time.Sleep(step.pass)
			if n, err := src.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
			if got := lease(); got != step.lease {
				t.Errorf("after byte %d the lease has %s left, want %s", i, got, step.lease)
			}
		}
		time.Sleep(10 * time.Second)
		if n, err := src.WriteTo(io.Discard); n != 2 || err != nil {
			t.Fatalf("the rest has %d bytes, %v", n, err)
		}
		if got := lease(); got != time.Minute {
			t.Errorf("after the rest the lease has %s left", got)
		}
		time.Sleep(10 * time.Second)
		if n, err := src.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Fatalf("read %d, %v", n, err)
		}
		if got := lease(); got != 50*time.Second {
			t.Errorf("the end of the file, which brings no byte, has renewed the lease to %s", got)
		}
	})
}
