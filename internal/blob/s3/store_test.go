package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/blob"
	"morag/internal/blob/blobtest"
	"morag/internal/blob/s3/s3test"
)

func TestMain(m *testing.M) {
	os.Exit(s3test.Main(func() int {
		code := m.Run()
		if err := goleak.Find(); err != nil {
			println(err.Error())
			return 1
		}
		return code
	}))
}

// opened is a store of a prefix of its own.
func opened(t testing.TB, at *s3test.Server, prefix string) *Store {
	t.Helper()
	s, err := Open(context.WithoutCancel(t.Context()), Config{
		Endpoint: at.URL, Bucket: s3test.Bucket, Prefix: prefix, Dir: t.TempDir(), MaxCopies: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	blobtest.Run(t, func(t *testing.T) blob.Bucket { return opened(t, at, strings.ReplaceAll(t.Name(), "/", "-")+"/") })
}

// TestTwoAtOnePlace: what one store has put another reads, lists and deletes.
func TestTwoAtOnePlace(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	one, two := opened(t, at, "p/"), opened(t, at, "p/")
	info, err := one.Write(t.Context(), blob.NewRef(), strings.NewReader("words"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, two, info.Ref); got != "words" {
		t.Errorf("the other reads %q", got)
	}
	if err := two.Delete(t.Context(), info.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Stat(t.Context(), info.Ref); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("after the other deleted it: %v", err)
	}
	if _, err := opened(t, at, "q/").Stat(t.Context(), info.Ref); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("of another prefix: %v", err)
	}
}

func read(t *testing.T, s *Store, ref string) string {
	t.Helper()
	r, _, err := s.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// stream is bytes that differ from part to part. before is called before each read.
type stream struct {
	at, size int64
	before   func(at int64)
}

func (s *stream) Read(p []byte) (n int, err error) {
	if s.before != nil {
		s.before(s.at)
	}
	if s.at == s.size {
		return 0, io.EOF
	}
	n = int(min(int64(len(p)), s.size-s.at, 256<<10))
	for i := range p[:n] {
		p[i] = byte((s.at + int64(i)) >> 10)
	}
	s.at += int64(n)
	return n, nil
}

func digest(t *testing.T, r io.Reader) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestAStreamIsNeverWholeInMemory: of a stream of several parts no more than one has been read
// and not been sent on, at any time, and it comes back as it was.
func TestAStreamIsNeverWholeInMemory(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	s := opened(t, at, "")
	const size = 3*partSize + 12345
	begun := at.Sent()
	src := &stream{size: size, before: func(read int64) {
		if held := read - (at.Sent() - begun); held > partSize {
			t.Errorf("%d bytes are held", held)
		}
	}}
	info, err := s.Write(t.Context(), blob.NewRef(), src, size)
	if err != nil || info.Size != size || info.SHA256 != digest(t, &stream{size: size}) {
		t.Fatalf("%+v, %v", info, err)
	}
	r, _, err := s.Open(t.Context(), info.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if digest(t, r) != info.SHA256 {
		t.Error("it came back otherwise")
	}
}

// TestPartBoundaries: streams as long as parts, and about so long.
func TestPartBoundaries(t *testing.T) {
	t.Parallel()
	s := opened(t, s3test.Start(t), "")
	for _, size := range []int64{partSize - 1, partSize, partSize + 1, 2 * partSize} {
		info, err := s.Write(t.Context(), blob.NewRef(), &stream{size: size}, size)
		if err != nil || info.Size != size || len(info.Head) != blob.HeadSize {
			t.Fatalf("%d bytes: %+v, %v", size, info, err)
		}
		r, _, err := s.Open(t.Context(), info.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if digest(t, r) != info.SHA256 || info.SHA256 != digest(t, &stream{size: size}) {
			t.Errorf("%d bytes came back otherwise", size)
		}
		r.Close()
		if _, err := s.Write(t.Context(), blob.NewRef(), &stream{size: size}, size-1); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("%d bytes over the limit: %v", size, err)
		}
		left(t, s, 0)
	}
}

// left counts the uploads that were begun and not ended.
func left(t *testing.T, s *Store, want int) {
	t.Helper()
	n := 0
	for u := range s.core.ListIncompleteUploads(t.Context(), s.bucket, s.prefix+folder, true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		n++
	}
	if n != want {
		t.Errorf("%d uploads are not ended, want %d", n, want)
	}
}

// once is a function for [stream], called when so much was read.
func once(from int64, do func()) func(int64) {
	do = sync.OnceFunc(do)
	return func(at int64) {
		if at >= from {
			do()
		}
	}
}

// TestTheServerDiesInAnUpload: without the server everything says so, in bounded time, and
// nothing else. When it is back what was there is there, and what was begun can be swept.
func TestTheServerDiesInAnUpload(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	s := opened(t, at, "p/")
	ctx := t.Context()
	kept, err := s.Write(ctx, blob.NewRef(), strings.NewReader("kept"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ref := blob.NewRef()
	const size = 3 * partSize
	_, err = s.Write(ctx, ref, &stream{size: size, before: once(2*partSize, func() { at.Kill(t) })}, 0)
	away := func(doing string, err error) {
		t.Helper()
		if !errors.Is(err, blob.ErrUnavailable) || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s without the server: %v", doing, err)
		}
	}
	away("upload", err)
	_, err = s.Write(ctx, blob.NewRef(), strings.NewReader("x"), 0)
	away("put", err)
	_, err = s.Stat(ctx, kept.Ref)
	away("stat", err)
	_, _, err = s.Open(ctx, kept.Ref)
	away("open", err)
	_, _, err = s.File(ctx, kept.Ref)
	away("file", err)
	away("delete", s.Delete(ctx, kept.Ref))
	away("list", s.List(ctx, "", time.Now().Add(time.Hour), func(blob.Info) error { return nil }))
	_, err = s.Once(ctx, "key", []byte("x"))
	away("once", err)
	at.Run(t)
	if got := read(t, s, kept.Ref); got != "kept" {
		t.Errorf("what was there is %q", got)
	}
	if _, err := s.Stat(ctx, ref); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("what was begun: %v", err)
	}
	left(t, s, 1)
	if err := s.Delete(ctx, ref); err != nil {
		t.Error(err)
	}
	left(t, s, 0)
}

// TestTheServerReturnsInAnUpload: an upload goes on, and a reading.
func TestTheServerReturnsInAnUpload(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	s := opened(t, at, "")
	const size = 3 * partSize
	again := func() { at.Kill(t); at.Run(t) }
	info, err := s.Write(t.Context(), blob.NewRef(), &stream{size: size, before: once(2*partSize, again)}, 0)
	if err != nil || info.SHA256 != digest(t, &stream{size: size}) {
		t.Fatalf("%+v, %v", info, err)
	}
	r, _, err := s.Open(t.Context(), info.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	start := make([]byte, partSize)
	if _, err := io.ReadFull(r, start); err != nil {
		t.Fatal(err)
	}
	again()
	if digest(t, io.MultiReader(bytes.NewReader(start), r)) != info.SHA256 {
		t.Error("it came back otherwise")
	}
}

// TestWhatIsDeletedWhileItIsRead is not there, as against out of reach.
func TestWhatIsDeletedWhileItIsRead(t *testing.T) {
	t.Parallel()
	s := opened(t, s3test.Start(t), "")
	info, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader("words"), 0)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Open(t.Context(), info.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), info.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("read: %v", err)
	}
}

// TestABucketThatIsAway takes no blob with it.
func TestABucketThatIsAway(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	_, err := Open(t.Context(), Config{Endpoint: at.URL, Bucket: "nobody", Dir: t.TempDir()})
	if !errors.Is(err, errNoBucket) {
		t.Errorf("open: %v", err)
	}
	s := opened(t, at, "")
	s.bucket = "nobody"
	if _, err := s.Stat(t.Context(), blob.NewRef()); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("stat: %v", err)
	}
}

// TestCopiesAreBounded: those that are used take no more than they may together.
func TestCopiesAreBounded(t *testing.T) {
	t.Parallel()
	s := opened(t, s3test.Start(t), "")
	s.copies.limit = 10
	ref := func(size int) string {
		info, err := s.Write(t.Context(), blob.NewRef(), strings.NewReader(strings.Repeat("x", size)), 0)
		if err != nil {
			t.Fatal(err)
		}
		return info.Ref
	}
	six, four, eleven := ref(6), ref(4), ref(11)
	path, done, err := s.File(t.Context(), six)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.File(t.Context(), six); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("over the limit: %v", err)
	}
	if _, _, err := s.File(t.Context(), eleven); err == nil || errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("one that never fits: %v", err)
	}
	_, second, err := s.File(t.Context(), four)
	if err != nil {
		t.Fatalf("what fits: %v", err)
	}
	second()
	done()
	done() // a second time it does nothing
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a copy that is done with: %v", err)
	}
	_, done, err = s.File(t.Context(), six)
	if err != nil {
		t.Fatalf("after the others were let go: %v", err)
	}
	done()
}

// TestOnce: of several that make an object all get the same.
func TestOnce(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	const makers = 8
	got := make([][]byte, makers)
	var wg sync.WaitGroup
	for i := range makers {
		s := opened(t, at, "p/")
		wg.Go(func() {
			var err error
			if got[i], err = s.Once(t.Context(), "key", []byte{byte(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, g := range got {
		if len(g) != 1 || !bytes.Equal(g, got[0]) {
			t.Errorf("they got %v", got)
		}
	}
}
