package disk

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"morag/internal/blob"
)

const benchSize = 64 << 20

// BenchmarkUpload compares Put with a plain copy of the same bytes to a file of the
// same disk, synced as well: without a hash, and with the one that Put makes.
func BenchmarkUpload(b *testing.B) {
	plain := func(b *testing.B, wrap func(io.Reader) io.Reader) {
		dir := b.TempDir()
		b.SetBytes(benchSize)
		for b.Loop() {
			f, err := os.Create(filepath.Join(dir, "copy"))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(f, wrap(io.LimitReader(zeros{}, benchSize))); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			if err := os.Remove(f.Name()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("copy", func(b *testing.B) { plain(b, func(r io.Reader) io.Reader { return r }) })
	b.Run("copy+sha256", func(b *testing.B) {
		plain(b, func(r io.Reader) io.Reader { return io.TeeReader(r, sha256.New()) })
	})
	b.Run("put", func(b *testing.B) {
		s := opened(b, b.TempDir())
		b.SetBytes(benchSize)
		for b.Loop() {
			info, err := s.Write(b.Context(), blob.NewRef(), io.LimitReader(zeros{}, benchSize), 0)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Delete(b.Context(), info.Ref); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDownload compares reading a blob with reading a file.
func BenchmarkDownload(b *testing.B) {
	s := opened(b, b.TempDir())
	info, err := s.Write(b.Context(), blob.NewRef(), io.LimitReader(zeros{}, benchSize), 0)
	if err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B, open func() (io.ReadCloser, error)) {
		b.SetBytes(benchSize)
		buffer := make([]byte, 32<<10)
		for b.Loop() {
			r, err := open()
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buffer); n != benchSize || err != nil {
				b.Fatal(n, err)
			}
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	path, done, err := s.File(b.Context(), info.Ref)
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	b.Run("file", func(b *testing.B) { read(b, func() (io.ReadCloser, error) { return os.Open(path) }) })
	b.Run("blob", func(b *testing.B) {
		read(b, func() (io.ReadCloser, error) {
			r, _, err := s.Open(b.Context(), info.Ref)
			return r, err
		})
	})
}
