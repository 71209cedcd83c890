package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/backup"
	"morag/internal/blob"
	"morag/internal/blob/disk"
	"morag/internal/job"
	"morag/internal/job/memstore"
)

// kept is what there are backups of.
type kept struct {
	source  backup.Source
	bucket  *disk.Store
	keepers atomic.Int32
	text    string // what the database is
}

// Snapshot implements [backup.Database].
func (k *kept) Snapshot(_ context.Context, path string) error {
	return os.WriteFile(path, []byte(k.text), 0o600)
}

// blobs are those of a kept; they tell how many want them kept.
type blobs struct{ *kept }

func (b blobs) Keep() func() {
	b.keepers.Add(1)
	return func() { b.keepers.Add(-1) }
}

func (b blobs) Each(ctx context.Context, fn func(blob.Info) error) error {
	return b.bucket.List(ctx, "", time.Now().Add(time.Hour), fn)
}

func (b blobs) Open(ctx context.Context, ref string) (blob.Reader, blob.Info, error) {
	return b.bucket.Open(ctx, ref)
}

var began = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// keep makes something to back up: a job of each way to end, and files of sizes around a
// block's.
func keep(t testing.TB) *kept {
	t.Helper()
	k := &kept{text: strings.Repeat("rows ", 333)}
	dir := t.TempDir()
	var err error
	if k.bucket, err = disk.Open(filepath.Join(dir, "uploads")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.bucket.Close() })
	for _, size := range []int{0, 1, 511, 512, 513, 70_000} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rand.Uint32())
		}
		if _, err := k.bucket.Write(t.Context(), blob.NewRef(), bytes.NewReader(data), 0); err != nil {
			t.Fatal(err)
		}
	}
	seal := filepath.Join(dir, "seal.key")
	if err := os.WriteFile(seal, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	jobs := memstore.New(job.Policy{}, time.Now)
	for _, id := range []string{"waits", "done"} {
		if _, err := jobs.Create(t.Context(), job.Spec{ID: id, ContentType: "audio", SourceFilePath: "blob:x"}); err != nil {
			t.Fatal(err)
		}
	}
	k.source = backup.Source{
		Folder: "a name", KeyFile: seal, Jobs: jobs, Database: k, Blobs: blobs{k}, Version: "1.2.3", Now: func() time.Time { return began },
	}
	return k
}

// archive is a whole backup.
func (k *kept) archive(t testing.TB) []byte {
	t.Helper()
	a, err := k.source.Make(t.Context(), t.TempDir(), backup.NewID())
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	if err := errors.Join(a.WriteTo(t.Context(), &all), a.Close()); err != nil {
		t.Fatal(err)
	}
	if int64(all.Len()) != a.Size() {
		t.Errorf("it has %d bytes, and says %d", all.Len(), a.Size())
	}
	return all.Bytes()
}

// tree is what is in a folder, but for what the store of files has for itself.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, "incoming") {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRestoredIsWhatWasKept(t *testing.T) {
	t.Parallel()
	k := keep(t)
	dir := filepath.Join(t.TempDir(), "new")
	done, err := backup.Restore(t.Context(), bytes.NewReader(k.archive(t)), dir)
	if err != nil {
		t.Fatal(err)
	}
	if done.Jobs != 2 || done.Files != 6 || done.Version != "1.2.3" {
		t.Errorf("restored: %+v", done)
	}
	if n := k.keepers.Load(); n != 0 {
		t.Errorf("%d still keep all files", n)
	}
	got := tree(t, dir)
	for name, text := range tree(t, filepath.Dir(k.source.KeyFile)) {
		if got[name] != text {
			t.Errorf("%s is not what it was", name)
		}
		delete(got, name)
	}
	if got["morag.db"] != k.text || got[".lock"] != "a name\n" {
		t.Errorf("the database or the name is not what it was: %q", got[".lock"])
	}
	for _, id := range []string{"waits", "done"} {
		var j job.Job
		if err := j.UnmarshalJSON([]byte(got["remote_jobs/pending/"+id+".json"])); err != nil || j.ID != id {
			t.Errorf("the job %s: %v", id, err)
		}
	}
	if len(got) != 4 {
		t.Errorf("there is more than was kept: %v", len(got))
	}
}

// TestEveryRangeIsThatOfTheWhole reads from every place on, in pieces that no part is a
// multiple of, also where nothing was read before.
func TestEveryRangeIsThatOfTheWhole(t *testing.T) {
	t.Parallel()
	k := keep(t)
	synctest.Test(t, func(t *testing.T) {
		service, err := backup.New(k.source, filepath.Join(t.TempDir(), "backup"), slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close()
		id := ready(t, service)
		read := func(from int64, piece int) []byte {
			r, status, err := service.Open(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := r.Seek(from, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := io.CopyBuffer(&got, struct{ io.Reader }{r}, make([]byte, piece)); err != nil {
				t.Fatal(err)
			}
			if int64(got.Len()) != status.Size-from {
				t.Fatalf("%d bytes from %d on, of %d", got.Len(), from, status.Size)
			}
			return got.Bytes()
		}
		// The end first: no file has been read yet, and their hashes are there all the same.
		_, status, err := service.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		end := read(status.Size-4096, 100)
		whole := read(0, 1000)
		if !bytes.Equal(end, whole[len(whole)-4096:]) {
			t.Error("the end is another one when it is read alone")
		}
		if _, err := backup.Check(t.Context(), bytes.NewReader(whole)); err != nil {
			t.Error(err)
		}
		for from := 0; from < len(whole); from += 997 {
			if !bytes.Equal(read(int64(from), 7777), whole[from:]) {
				t.Fatalf("from %d on it is not that of the whole", from)
			}
		}
	})
}

// ready starts a backup, in a bubble, and waits until it is.
func ready(t *testing.T, s *backup.Service) string {
	t.Helper()
	b, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if b, err = s.Status(b.ID); err != nil || b.State != backup.Ready {
		t.Fatalf("%+v %v", b, err)
	}
	return b.ID
}

func TestABackupThatNobodyReadsGoes(t *testing.T) {
	t.Parallel()
	k := keep(t)
	dir := filepath.Join(t.TempDir(), "backup")
	synctest.Test(t, func(t *testing.T) {
		service, err := backup.New(k.source, dir, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close()
		id := ready(t, service)
		if _, err := service.Start(); !errors.Is(err, backup.ErrUnderWay) {
			t.Errorf("a second one: %v", err)
		}
		r, _, err := service.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * backup.Idle) // the bubble's clock
		synctest.Wait()
		if _, err := service.Status(id); err != nil {
			t.Errorf("while it is read: %v", err)
		}
		r.Close()
		time.Sleep(backup.Idle - time.Second) // the bubble's clock
		synctest.Wait()
		if _, err := service.Status(id); err != nil || k.keepers.Load() != 1 {
			t.Errorf("a second before its time: %v, %d keep the files", err, k.keepers.Load())
		}
		time.Sleep(2 * time.Second) // the bubble's clock
		synctest.Wait()
		if _, err := service.Status(id); !errors.Is(err, backup.ErrNotFound) || k.keepers.Load() != 0 {
			t.Errorf("after its time: %v, %d keep the files", err, k.keepers.Load())
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%d files are left", len(left))
		}
	})
}

func TestADeletedBackupIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	k := keep(t)
	synctest.Test(t, func(t *testing.T) {
		service, err := backup.New(k.source, filepath.Join(t.TempDir(), "backup"), slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		id := ready(t, service)
		r, _, err := service.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := service.Delete(id); err != nil {
			t.Fatal(err)
		}
		if _, _, err := service.Open(t.Context(), id); !errors.Is(err, backup.ErrNotFound) {
			t.Errorf("opened again: %v", err)
		}
		if _, err := backup.Check(t.Context(), r); err != nil {
			t.Error(err)
		}
		if r.Close(); k.keepers.Load() != 0 {
			t.Error("files are kept still")
		}
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		if _, err := service.Start(); !errors.Is(err, backup.ErrClosed) {
			t.Errorf("begun after the end: %v", err)
		}
	})
}

// TestDamageIsFound changes one byte after the other, and cuts the archive.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	whole := keep(t).archive(t)
	place := t.TempDir()
	refused := func(what string, data []byte) {
		t.Helper()
		dir := filepath.Join(place, "new")
		_, err := backup.Restore(t.Context(), bytes.NewReader(data), dir)
		if !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrNoBackup) {
			t.Errorf("%s: %v", what, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: %s is left", what, left[0].Name())
		}
	}
	content := len(whole) - 4*512 // what fills blocks and marks the end is not looked at
	for at := 700; at < content; at += 1499 {
		data := bytes.Clone(whole)
		data[at] ^= 1
		if _, err := backup.Check(t.Context(), bytes.NewReader(data)); err == nil && !zero(whole[at:at+1]) {
			t.Errorf("a byte at %d: nothing is found", at)
		}
	}
	for _, at := range []int{0, 100, 512, 5000, len(whole) / 2, len(whole) - 1600} {
		refused("cut", whole[:at])
	}
	refused("not a backup", []byte("something else"))
}

func zero(p []byte) bool { return len(bytes.Trim(p, "\x00")) == 0 }

func TestForeignNamesAreRefused(t *testing.T) {
	t.Parallel()
	whole := keep(t).archive(t)
	for _, name := range []string{
		"../out", "/out", "uploads/../../out", "uploads/00/ff000000000000000000000000000000", "remote_jobs/pending/../../out.json",
		"remote_jobs/other/x.json", ".lock", "restore.unfinished", "uploads", "morag.db", "seal.key",
	} {
		for _, kind := range []byte{tar.TypeReg, tar.TypeSymlink} {
			dir := filepath.Join(t.TempDir(), "new")
			data := with(t, whole, &tar.Header{Name: name, Typeflag: kind, Linkname: "/etc/passwd", Mode: 0o600})
			if _, err := backup.Restore(t.Context(), bytes.NewReader(data), dir); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%s of kind %c: %v", name, kind, err)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "out")); err == nil {
				t.Fatalf("%s is outside", name)
			}
		}
	}
}

// with is an archive with one more entry before its hashes.
func with(t *testing.T, whole []byte, more *tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	in, w := tar.NewReader(bytes.NewReader(whole)), tar.NewWriter(&out)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == "SHA256SUMS" {
			if err := w.WriteHeader(more); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, in); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOnlyAnEmptyFolderIsRestoredInto(t *testing.T) {
	t.Parallel()
	whole := keep(t).archive(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), bytes.NewReader(whole), dir); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("restored over a file: %v", err)
	}
	if left := tree(t, dir); len(left) != 1 || left["mine"] != "mine" {
		t.Errorf("the folder was touched: %v", left)
	}
}

// TestADiskOfItsOwnIsRestoredInto: a new file system has a folder in it, which stays as it is.
func TestADiskOfItsOwnIsRestoredInto(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "lost+found", "of root"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), bytes.NewReader(keep(t).archive(t)), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "morag.db")); err != nil {
		t.Error(err)
	}
}

func FuzzRestore(f *testing.F) {
	f.Add(keep(f).archive(f))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := filepath.Join(t.TempDir(), "new")
		if _, err := backup.Restore(t.Context(), bytes.NewReader(data), dir); err != nil {
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s is left", left[0].Name())
			}
		}
		if around, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(around) > 1 {
			t.Errorf("something is outside (%v)", err)
		}
	})
}
