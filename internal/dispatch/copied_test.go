package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
)

// memoryBlobs keeps blobs in memory. It is safe for concurrent use.
type memoryBlobs struct {
	blob.Store
	mu   sync.Mutex
	made int
	all  map[string][]byte
	fail error
	// meanwhile is called while a blob is written.
	meanwhile func()
}

func (m *memoryBlobs) Put(_ context.Context, r io.Reader, _ int64) (blob.Info, error) {
	if m.fail != nil {
		return blob.Info{}, m.fail
	}
	raw, err := io.ReadAll(r)
	if m.meanwhile != nil {
		m.meanwhile()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made++
	ref := fmt.Sprintf("%s%032x", blob.Scheme, m.made)
	m.all[ref] = raw
	return blob.Info{Ref: ref, Size: int64(len(raw)), SHA256: "sum of " + string(raw), Modified: time.Now()}, err
}

func (m *memoryBlobs) get(ref string) ([]byte, blob.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok := m.all[ref]
	if !ok {
		return nil, blob.Info{}, blob.ErrNotFound
	}
	return raw, blob.Info{Ref: ref, Size: int64(len(raw)), Modified: time.Now()}, nil
}

func (m *memoryBlobs) Stat(_ context.Context, ref string) (blob.Info, error) {
	_, info, err := m.get(ref)
	return info, err
}

func (m *memoryBlobs) Open(_ context.Context, ref string) (blob.Reader, blob.Info, error) {
	raw, info, err := m.get(ref)
	if err != nil {
		return nil, info, err
	}
	return struct {
		*bytes.Reader
		io.Closer
	}{bytes.NewReader(raw), io.NopCloser(nil)}, info, nil
}

func (m *memoryBlobs) Delete(_ context.Context, ref string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, ref)
	return nil
}

func (m *memoryBlobs) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all)
}

// Where the folder is not said to be shared, a job is of a copy: the server that hands it
// out need not have the folder, and what becomes of the file does not matter.
func TestSourceIsCopiedForOtherServers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		blobs := &memoryBlobs{all: map[string][]byte{}}
		makes := st.open(t, Config{Sources: &Sources{Blobs: blobs, Dirs: []string{st.dir}, Copied: true}})
		gives := st.open(t, Config{Sources: &Sources{Blobs: blobs}})
		j := makes.create(t, "task")
		if !bytes.HasPrefix([]byte(j.SourceFilePath), []byte(blob.Scheme)) || j.SourceName != "talk.mp3" || j.SourceSize != 5 || j.SourceSHA256 != "sum of sound" {
			t.Errorf("the job is of %q (%q, %d bytes, %q)", j.SourceFilePath, j.SourceName, j.SourceSize, j.SourceSHA256)
		}
		if err := os.Remove(st.source); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the bubble's clock: by which blobs here are modified
		gives.take(t, "w")
		src, err := gives.Source(t.Context(), j.ID, Holder{Attempt: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if raw, err := io.ReadAll(src); err != nil || string(raw) != "sound" {
			t.Errorf("downloaded %q (%v)", raw, err)
		}
	})
}

// The only server reads files where they are: large ones on the same disk are not doubled.
func TestSourceOfASharedFolderIsNotCopied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		blobs := &memoryBlobs{all: map[string][]byte{}}
		h := st.open(t, Config{Sources: &Sources{Blobs: blobs, Dirs: []string{st.dir}}})
		if j := h.create(t, "task"); j.SourceFilePath != st.source || blobs.count() != 0 {
			t.Errorf("the job is of %q, %d copies", j.SourceFilePath, blobs.count())
		}
	})
}

func TestCopyThatNoJobNamesIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		blobs := &memoryBlobs{all: map[string][]byte{}}
		h := st.open(t, Config{MaxPending: 2, Sources: &Sources{Blobs: blobs, Dirs: []string{st.dir}, Copied: true}})
		spec := job.Spec{ID: "j", SourceFilePath: st.source, ContentType: "audio", IngestionTaskID: "task"}
		if _, err := h.Create(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, job.ErrExists) || blobs.made != 1 {
			t.Errorf("the same job again: %v, %d copies made", err, blobs.made)
		}
		blobs.meanwhile = func() {
			if _, err := h.store.Create(t.Context(), job.Spec{ID: "k", SourceFilePath: "blob:x", ContentType: "audio", IngestionTaskID: "task"}); err != nil {
				t.Error(err)
			}
			blobs.meanwhile = nil
		}
		spec.ID = "k"
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, job.ErrExists) || blobs.count() != 1 {
			t.Errorf("made meanwhile: %v, %d copies; want that of the first job", err, blobs.count())
		}
		spec.ID = "l"
		if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrFull) || blobs.made != 2 {
			t.Errorf("without room: %v, %d copies made", err, blobs.made)
		}
	})
}

func TestCopyOfAFileThatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "talk.mp3")
	blobs := &memoryBlobs{all: map[string][]byte{}}
	s := &Sources{Blobs: blobs, Dirs: []string{dir}, Copied: true}
	for name, change := range map[string]func() error{
		"longer":  func() error { return os.WriteFile(path, []byte("longer sound"), 0o600) },
		"touched": func() error { return os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)) },
	} {
		if err := os.WriteFile(path, []byte("sound"), 0o600); err != nil {
			t.Fatal(err)
		}
		blobs.meanwhile = func() {
			if err := change(); err != nil {
				t.Error(err)
			}
		}
		if ref, _, err := s.copyIn(t.Context(), path); !errors.Is(err, ErrSourceGone) || ref != "" || blobs.count() != 0 {
			t.Errorf("%s: %q, %v, %d copies; want ErrSourceGone and none", name, ref, err, blobs.count())
		}
	}
	blobs.meanwhile, blobs.fail = nil, blob.ErrNoSpace
	if _, _, err := s.copyIn(t.Context(), path); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("%v, want ErrNoSpace", err)
	}
	if _, _, err := s.copyIn(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, ErrSourceMissing) {
		t.Errorf("%v, want ErrSourceMissing", err)
	}
}

// A server that lacks a folder lets its jobs be: only who has the folder knows that a file
// is gone.
func TestServerThatLacksTheFolderLetsTheJobBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		makes := st.open(t, Config{})
		lacks := st.open(t, Config{Sources: &Sources{Dirs: []string{filepath.Join(st.dir, "elsewhere")}}})
		j := makes.create(t, "task")
		lacks.take(t, "w")
		if _, err := lacks.Source(t.Context(), j.ID, Holder{Attempt: 1}); !errors.Is(err, ErrSourceAway) {
			t.Errorf("where the folder is not: %v, want ErrSourceAway", err)
		}
		if _, err := lacks.Retry(t.Context(), j.ID); !errors.Is(err, ErrSourceAway) {
			t.Errorf("retried there: %v, want ErrSourceAway", err)
		}
		if now := makes.get(t, j.ID); now.Status != job.Processing {
			t.Fatalf("the job is %s, want that it is let be", now.Status)
		}
		src, err := makes.Source(t.Context(), j.ID, Holder{Attempt: 1})
		if err != nil {
			t.Fatal(err)
		}
		src.Close()
		if err := os.Remove(st.source); err != nil {
			t.Fatal(err)
		}
		if _, err := makes.Source(t.Context(), j.ID, Holder{Attempt: 1}); !errors.Is(err, ErrSourceGone) {
			t.Errorf("where the file was: %v, want ErrSourceGone", err)
		}
		if now := makes.get(t, j.ID); now.Status != job.Failed {
			t.Errorf("the job is %s, want failed", now.Status)
		}
	})
}

func TestLacks(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	there, unmounted := filepath.Join(base, "there"), filepath.Join(base, "unmounted")
	link := filepath.Join(base, "link")
	if err := errors.Join(os.Mkdir(there, 0o700), os.Symlink(there, link)); err != nil {
		t.Fatal(err)
	}
	s := &Sources{Dirs: []string{unmounted, link}}
	for ref, want := range map[string]bool{
		filepath.Join(link, "a"):               false,
		filepath.Join(link, "deep", "a"):       false,
		filepath.Join(there, "a"):              false, // the folder by its other name
		filepath.Join(unmounted, "a"):          true,
		filepath.Join(base, "a"):               true,
		filepath.Join(link, "..", "there.x"):   true,
		filepath.Join(link, "..", "link", "a"): false,
		"blob:gone":                            false,
		"relative":                             false,
	} {
		if got := s.lacks(ref); got != want {
			t.Errorf("%s: %v, want %v", ref, got, want)
		}
	}
}
