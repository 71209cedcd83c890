// Package blobtest is the conformance suites of blob.Bucket and blob.References: what
// every adapter must do, wherever it keeps blobs, and who uses them.
//
// To add a bucket, write its adapter under internal/blob and beside it a test:
//
//	func TestStore(t *testing.T) {
//		blobtest.Run(t, func(t *testing.T) blob.Bucket { return mystore.New(t.TempDir()) })
//	}
//
// Every case gets an empty store of its own.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"morag/internal/blob"
)

// Run runs the suite. open makes an empty store and lets it go when the test ends.
func Run(t *testing.T, open func(t *testing.T) blob.Bucket) {
	cases := []struct {
		name string
		run  func(*bench)
	}{
		{"WhatIsPutComesBack", whatIsPutComesBack},
		{"ABlobIsReadAtAnyPlace", aBlobIsReadAtAnyPlace},
		{"EachPutIsABlobOfItsOwn", eachPutIsABlobOfItsOwn},
		{"ManyPutAtOnce", manyPutAtOnce},
		{"TheLimitIsExact", theLimitIsExact},
		{"WhatFailsLeavesNothing", whatFailsLeavesNothing},
		{"AWriteNeedsAReference", aWriteNeedsAReference},
		{"ForeignReferencesNameNothing", foreignReferencesNameNothing},
		{"DeleteIsFinalAndRepeatable", deleteIsFinalAndRepeatable},
		{"FileHasTheBytes", fileHasTheBytes},
		{"ListSelectsByAge", listSelectsByAge},
		{"ListLetsBlobsBeDeleted", listLetsBlobsBeDeleted},
		{"ListStopsWhenTold", listStopsWhenTold},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(&bench{T: t, Bucket: open(t)})
		})
	}
}

type bench struct {
	*testing.T
	blob.Bucket
}

// Put is [blob.Bucket].Write under a new reference.
func (b *bench) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	return b.Write(ctx, blob.NewRef(), r, limit)
}

func (b *bench) put(data []byte) blob.Info {
	b.Helper()
	info, err := b.Put(b.Context(), bytes.NewReader(data), 0)
	if err != nil {
		b.Fatal(err)
	}
	return info
}

func (b *bench) read(ref string) []byte {
	b.Helper()
	r, _, err := b.Open(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// refs are the references of all blobs, sorted.
func (b *bench) refs() []string {
	b.Helper()
	var all []string
	if err := b.List(b.Context(), "", time.Now().Add(time.Hour), func(i blob.Info) error {
		all = append(all, i.Ref)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// noise is n bytes that no two seeds share.
func noise(n int, seed uint64) []byte {
	var key [32]byte
	copy(key[:], fmt.Sprint("noise ", seed))
	data := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(data)
	return data
}

func whatIsPutComesBack(b *bench) {
	for _, n := range []int{0, 1, 4095, 4096, 1<<18 - 1, 1 << 18, 1<<18 + 1, 3<<20 + 7} {
		data := noise(n, uint64(n))
		start := time.Now()
		info := b.put(data)
		if !strings.HasPrefix(info.Ref, blob.Scheme) || info.Size != int64(n) || info.SHA256 != sum(data) {
			b.Errorf("%d bytes: put %+v", n, info)
		}
		// File systems keep times more coarsely than the clock does.
		if d := info.Modified.Sub(start); d < -2*time.Second || d > time.Minute {
			b.Errorf("%d bytes: modified %v after the start", n, d)
		}
		if !bytes.Equal(info.Head, data[:min(n, blob.HeadSize)]) {
			b.Errorf("%d bytes: the head has %d", n, len(info.Head))
		}
		if !bytes.Equal(b.read(info.Ref), data) {
			b.Errorf("%d bytes came back otherwise", n)
		}
		stat, err := b.Stat(b.Context(), info.Ref)
		if err != nil || stat.Ref != info.Ref || stat.Size != info.Size || !stat.Modified.Equal(info.Modified) ||
			stat.SHA256 != "" && stat.SHA256 != info.SHA256 {
			b.Errorf("%d bytes: stat %+v (%v), put %+v", n, stat, err, info)
		}
		r, opened, err := b.Open(b.Context(), info.Ref)
		if err != nil || opened.Ref != stat.Ref || opened.Size != stat.Size || !opened.Modified.Equal(stat.Modified) {
			b.Fatalf("%d bytes: opened %+v (%v), stat %+v", n, opened, err, stat)
		}
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	}
}

func aBlobIsReadAtAnyPlace(b *bench) {
	data := noise(100_000, 1)
	r, _, err := b.Open(b.Context(), b.put(data).Ref)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	if err := iotest.TestReader(r, data); err != nil {
		b.Error(err)
	}
	part := make([]byte, 10)
	if n, err := r.ReadAt(part, 99_995); n != 5 || err != io.EOF || !bytes.Equal(part[:5], data[99_995:]) {
		b.Errorf("read %d bytes over the end (%v)", n, err)
	}
}

func eachPutIsABlobOfItsOwn(b *bench) {
	one, two := b.put([]byte("same")), b.put([]byte("same"))
	if one.Ref == two.Ref {
		b.Fatal("the same bytes got the same reference")
	}
	if err := b.Delete(b.Context(), one.Ref); err != nil {
		b.Fatal(err)
	}
	if got := b.read(two.Ref); string(got) != "same" {
		b.Errorf("the other became %q", got)
	}
}

func manyPutAtOnce(b *bench) {
	const writers, each = 8, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				data := noise(10_000+i, uint64(w*each+i))
				info, err := b.Put(b.Context(), iotest.HalfReader(bytes.NewReader(data)), 0)
				if err != nil {
					b.Error(err)
				} else if info.SHA256 != sum(b.read(info.Ref)) || info.SHA256 != sum(data) {
					b.Errorf("blob %d of %d is mixed up", i, w)
				}
			}
		})
	}
	wg.Wait()
	if n := len(slices.Compact(b.refs())); n != writers*each {
		b.Errorf("%d blobs are listed, want %d", n, writers*each)
	}
}

func theLimitIsExact(b *bench) {
	const limit = 300_000
	info, err := b.Put(b.Context(), bytes.NewReader(noise(limit, 1)), limit)
	if err != nil || info.Size != limit {
		b.Fatalf("as long as the limit: %+v (%v)", info, err)
	}
	for _, over := range []io.Reader{bytes.NewReader(noise(limit+1, 1)), endless{}} {
		if _, err := b.Put(b.Context(), over, limit); !errors.Is(err, blob.ErrTooLarge) {
			b.Errorf("over the limit: %v", err)
		}
	}
	if got := b.refs(); !slices.Equal(got, []string{info.Ref}) {
		b.Errorf("there are %q, want %q", got, info.Ref)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func whatFailsLeavesNothing(b *bench) {
	own := errors.New("the line went dead")
	_, err := b.Put(b.Context(), io.MultiReader(bytes.NewReader(noise(1<<20, 1)), iotest.ErrReader(own)), 0)
	if !errors.Is(err, own) {
		b.Errorf("the reader's error became %v", err)
	}
	_, err = b.Put(b.Context(), iotest.DataErrReader(io.MultiReader(bytes.NewReader(noise(10, 1)), iotest.ErrReader(io.ErrUnexpectedEOF))), 0)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		b.Errorf("a stream that was cut short: %v", err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	_, err = b.Put(ctx, io.MultiReader(bytes.NewReader(noise(1<<20, 1)), calls(cancel), endless{}), 0)
	if !errors.Is(err, context.Canceled) {
		b.Errorf("a caller that left: %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				b.Error("the reader's panic was swallowed")
			}
		}()
		_, _ = b.Put(b.Context(), calls(func() { panic("in the reader") }), 0)
	}()
	if got := b.refs(); len(got) > 0 {
		b.Errorf("%q is left", got)
	}
}

// calls is a reader that does something, then is empty.
type calls func()

func (c calls) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

func aWriteNeedsAReference(b *bench) {
	for _, ref := range []string{"", "x", blob.Scheme, "/etc/passwd", blob.Scheme + "../../x"} {
		if _, err := b.Write(b.Context(), ref, strings.NewReader("x"), 0); err == nil {
			b.Errorf("written under %q", ref)
		}
	}
	ref := blob.NewRef()
	if info, err := b.Write(b.Context(), ref, strings.NewReader("x"), 0); err != nil || info.Ref != ref {
		b.Errorf("written under %q: %+v, %v", ref, info, err)
	}
}

func foreignReferencesNameNothing(b *bench) {
	ref := b.put([]byte("x")).Ref
	id := strings.TrimPrefix(ref, blob.Scheme)
	for _, r := range []string{
		"", blob.Scheme, id, "BLOB:" + id, ref + "0", ref[:len(ref)-1], ref + "/", ref + "/.", ref + "\x00", " " + ref, ref + "\n",
		blob.Scheme + strings.ToUpper(id) + "x", blob.Scheme + strings.Repeat("g", len(id)), blob.Scheme + strings.Repeat("0", len(id)),
		blob.Scheme + "../" + id, blob.Scheme + "/etc/passwd", blob.Scheme + "../../../../../../etc/passwd", blob.Scheme + "C:\\x",
		blob.Scheme + strings.Repeat("/", len(id)), blob.Scheme + strings.Repeat("a", 1<<20), blob.Scheme + "incoming", "file:///etc/passwd", "/etc/passwd",
	} {
		if _, _, err := b.Open(b.Context(), r); !errors.Is(err, blob.ErrNotFound) {
			b.Errorf("Open(%.40q): %v", r, err)
		}
		if _, err := b.Stat(b.Context(), r); !errors.Is(err, blob.ErrNotFound) || len(err.Error()) > 1000 {
			b.Errorf("Stat(%.40q): %.1000v", r, err)
		}
		if _, _, err := b.File(b.Context(), r); !errors.Is(err, blob.ErrNotFound) {
			b.Errorf("File(%.40q): %v", r, err)
		}
		if err := b.Delete(b.Context(), r); err != nil {
			b.Errorf("Delete(%.40q): %v", r, err)
		}
	}
	if got := b.read(ref); string(got) != "x" {
		b.Errorf("the blob became %q", got)
	}
}

func deleteIsFinalAndRepeatable(b *bench) {
	ref := b.put([]byte("x")).Ref
	for range 2 {
		if err := b.Delete(b.Context(), ref); err != nil {
			b.Fatal(err)
		}
		if _, _, err := b.Open(b.Context(), ref); !errors.Is(err, blob.ErrNotFound) {
			b.Errorf("Open after Delete: %v", err)
		}
		if _, err := b.Stat(b.Context(), ref); !errors.Is(err, blob.ErrNotFound) {
			b.Errorf("Stat after Delete: %v", err)
		}
	}
	if got := b.refs(); len(got) > 0 {
		b.Errorf("%q is left", got)
	}
}

func fileHasTheBytes(b *bench) {
	data := noise(100_000, 1)
	ref := b.put(data).Ref
	path, done, err := b.File(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, data) {
		b.Errorf("the file has %d other bytes (%v)", len(got), err)
	}
	done()
	if !bytes.Equal(b.read(ref), data) {
		b.Error("the blob is gone with its file")
	}
}

func listSelectsByAge(b *bench) {
	var want []string
	for i := range 20 {
		want = append(want, b.put([]byte(fmt.Sprint(i))).Ref)
	}
	slices.Sort(want)
	if got := b.refs(); !slices.Equal(got, want) {
		b.Errorf("listed %q, want %q", got, want)
	}
	for i, after := range want {
		var rest []string
		if err := b.List(b.Context(), after, time.Now().Add(time.Hour), func(i blob.Info) error {
			rest = append(rest, i.Ref)
			return nil
		}); err != nil || !slices.Equal(rest, want[i+1:]) {
			b.Errorf("after %s: listed %q (%v), want %q", after, rest, err, want[i+1:])
		}
	}
	if err := b.List(b.Context(), "", time.Now().Add(-time.Hour), func(i blob.Info) error {
		b.Errorf("%+v was changed less than an hour ago", i)
		return nil
	}); err != nil {
		b.Error(err)
	}
	if err := b.List(b.Context(), "", time.Now().Add(time.Hour), func(i blob.Info) error {
		if stat, err := b.Stat(b.Context(), i.Ref); err != nil || stat.Size != i.Size || !stat.Modified.Equal(i.Modified) {
			b.Errorf("listed %+v, stat %+v (%v)", i, stat, err)
		}
		return nil
	}); err != nil {
		b.Error(err)
	}
}

func listLetsBlobsBeDeleted(b *bench) {
	for i := range 20 {
		b.put([]byte(fmt.Sprint(i)))
	}
	n := 0
	if err := b.List(b.Context(), "", time.Now().Add(time.Hour), func(i blob.Info) error {
		n++
		return b.Delete(b.Context(), i.Ref)
	}); err != nil || n != 20 {
		b.Errorf("%d of 20 were listed while being deleted (%v)", n, err)
	}
	if got := b.refs(); len(got) > 0 {
		b.Errorf("%q is left", got)
	}
}

func listStopsWhenTold(b *bench) {
	for range 3 {
		b.put([]byte("x"))
	}
	own, n := errors.New("enough"), 0
	if err := b.List(b.Context(), "", time.Now().Add(time.Hour), func(blob.Info) error { n++; return own }); !errors.Is(err, own) || n != 1 {
		b.Errorf("called %d times, returned %v", n, err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	n = 0
	if err := b.List(ctx, "", time.Now().Add(time.Hour), func(blob.Info) error { n++; cancel(); return nil }); !errors.Is(err, context.Canceled) || n != 1 {
		b.Errorf("a caller that left: called %d times, returned %v", n, err)
	}
}
