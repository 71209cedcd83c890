package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/client"
)

// target opens a file that holds the beginning of an earlier download.
func target(t *testing.T, holds []byte) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "source.part"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(holds); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, f *os.File) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// source serves data by range, cutting the first answers after cut bytes each, and
// counts what it has sent.
type source struct {
	data []byte
	etag string

	mu     sync.Mutex // guards what follows
	cuts   []int
	sent   int
	ranges []string
}

func (s *source) sentBytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	left := -1
	if len(s.cuts) > 0 {
		left, s.cuts = s.cuts[0], s.cuts[1:]
	}
	s.mu.Unlock()
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	http.ServeContent(&meter{ResponseWriter: w, s: s, left: left}, r, "", time.Time{}, bytes.NewReader(s.data))
}

// meter counts the bytes of a source before they leave.
type meter struct {
	http.ResponseWriter
	s      *source
	left   int // bytes until the connection breaks, -1 for never
	failed bool
}

func (m *meter) WriteHeader(status int) {
	m.failed = status >= 400
	m.ResponseWriter.WriteHeader(status)
}

func (m *meter) Write(p []byte) (int, error) {
	last := m.left >= 0 && len(p) >= m.left
	if last {
		p = p[:m.left]
	}
	if !m.failed {
		m.s.mu.Lock()
		m.s.sent += len(p)
		m.s.mu.Unlock()
	}
	n, err := m.ResponseWriter.Write(p)
	if last {
		m.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	if m.left > 0 {
		m.left -= n
	}
	return n, err
}

const size = 400_000

func TestDownloadResumesWhereItBroke(t *testing.T) {
	t.Parallel()
	data := pattern(size)
	tests := []struct {
		name   string
		etag   string
		holds  []byte
		known  string // ETag of what is there
		sha256 string
		size   int64
		cuts   []int
		sent   int
	}{
		{name: "whole", sent: size},
		{name: "whole and checked", sha256: sha(data), size: size, sent: size},
		{name: "broken twice", etag: `"v1"`, cuts: []int{100_000, 50_000}, sent: size},
		{name: "broken with only a checksum", sha256: sha(data), cuts: []int{100_000}, sent: size},
		{name: "broken with nothing to tell by", cuts: []int{100_000}, sent: size + 100_000},
		{name: "broken with a weak ETag", etag: `W/"v1"`, cuts: []int{100_000}, sent: size + 100_000},
		{name: "resumed by ETag", etag: `"v1"`, holds: data[:300_000], known: `"v1"`, sent: 100_000},
		{name: "resumed by checksum", holds: data[:300_000], sha256: sha(data), sent: 100_000},
		{name: "changed meanwhile", etag: `"v2"`, holds: pattern(300_000), known: `"v1"`, sent: size},
		{name: "held without a name", holds: data[:300_000], sent: size},
		{name: "held whole, by ETag", etag: `"v1"`, holds: data, known: `"v1"`, sent: 0},
		{name: "held whole, by checksum", holds: data, sha256: sha(data), size: size, sent: 0},
		{name: "held wrong", holds: make([]byte, 300_000), sha256: sha(data), sent: size + 100_000},
		{name: "held too much", etag: `"v1"`, holds: append(data[:size:size], 1), known: `"v1"`, size: size, sent: size},
		{name: "held too much, size unknown", etag: `"v1"`, holds: append(data[:size:size], 1), known: `"v1"`, sent: size},
		{name: "checksum in capitals", sha256: strings.ToUpper(sha(data)), sent: size},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &source{data: data, etag: test.etag, cuts: test.cuts}
			c := serve(t, s.ServeHTTP)
			f := target(t, test.holds)
			var done, total int64
			got, err := c.Download(t.Context(), client.Download{
				Path: "/x?token=y", File: f, ETag: test.known, SHA256: test.sha256, Size: test.size,
				Progress: func(d, n int64) { done, total = d, n },
			})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(content(t, f), data) || got.Size != size || got.SHA256 != sha(data) {
				t.Errorf("got %d bytes, %+v", len(content(t, f)), got)
			}
			if s.sentBytes() != test.sent {
				t.Errorf("%d bytes sent, want %d (ranges %q)", s.sentBytes(), test.sent, s.ranges)
			}
			if test.sent > 0 && (done != size || total != size) {
				t.Errorf("progress %d of %d", done, total)
			}
		})
	}
}

func TestDownloadRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	data := pattern(size)
	tests := []struct {
		name  string
		d     client.Download
		want  error
		asked int32
	}{
		{"checksum", client.Download{SHA256: sha([]byte("other"))}, client.ErrMismatch, 3},
		{"longer", client.Download{Size: size - 1}, client.ErrMismatch, 3},
		{"shorter", client.Download{Size: size + 1}, client.ErrMismatch, 3},
		{"limit", client.Download{Limit: size - 1}, client.ErrTooLarge, 1},
	}
	for _, test := range tests {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked=%v", test.name, chunked), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int32
				c := serve(t, func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					if !chunked {
						w.Header().Set("Content-Length", strconv.Itoa(size))
					}
					for at := 0; at < size; at += 1000 {
						w.Write(data[at : at+1000])
						if chunked {
							w.(http.Flusher).Flush()
						}
					}
				})
				d := test.d
				d.Path, d.File = "/x", target(t, nil)
				if _, err := c.Download(t.Context(), d); !errors.Is(err, test.want) {
					t.Errorf("err = %v", err)
				}
				if asked.Load() != test.asked {
					t.Errorf("asked %d times, want %d", asked.Load(), test.asked)
				}
				if n := len(content(t, d.File)); n > size {
					t.Errorf("%d bytes kept", n)
				}
			})
		}
	}
}

func TestDownloadKeepsTheKeyAtHome(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("called: %s", r.URL) })
	stranger := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("the key went to a stranger: %s", r.URL) })
	for _, path := range []string{
		"", "x", "//evil/x", stranger.BaseURL() + "/x", "@evil/x", ":80/x", `/\evil`, "/a\nb", "/a b", `\\evil\x`, "/x%zz",
	} {
		if _, err := c.Download(t.Context(), client.Download{Path: path, File: target(t, nil)}); !errors.Is(err, client.ErrForeign) {
			t.Errorf("%q: err = %v", path, err)
		}
	}
}

func TestDownloadFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	stranger := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("followed") })
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.BaseURL(), http.StatusFound)
	})
	if _, err := c.Download(t.Context(), client.Download{Path: "/x", File: target(t, nil)}); !client.IsStatus(err, 302) {
		t.Errorf("err = %v", err)
	}
}

func TestStalledDownloadIsNoticedAndResumed(t *testing.T) {
	t.Parallel()
	data := pattern(size)
	synctest.Test(t, func(t *testing.T) {
		s := &source{data: data, etag: `"v1"`}
		calls := 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls == 1 {
				w.Header().Set("ETag", s.etag)
				w.Header().Set("Content-Length", strconv.Itoa(size))
				w.Write(data[:size/2])
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			s.ServeHTTP(w, r)
		}, func(cfg *client.Config) { cfg.IdleTimeout = 30 * time.Second })
		f := target(t, nil)
		start := time.Now()
		if _, err := c.Download(t.Context(), client.Download{Path: "/x", File: f}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("took %v", took)
		}
		if s.sentBytes() != size/2 || !bytes.Equal(content(t, f), data) {
			t.Errorf("%d bytes sent again, want %d", s.sentBytes(), size/2)
		}
	})
}

func TestDownloadGivesUpWithoutProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			calls++
			panic(http.ErrAbortHandler)
		})
		_, err := c.Download(t.Context(), client.Download{Path: "/x", File: target(t, nil)})
		if !client.IsTemporary(err) || calls != 4 {
			t.Errorf("err = %v after %d calls", err, calls)
		}
	})
}

func TestDownloadToldItsStart(t *testing.T) {
	t.Parallel()
	s := &source{data: pattern(1000), etag: `"v1"`}
	c := serve(t, s.ServeHTTP)
	stop := errors.New("no room")
	var etag string
	var total int64
	_, err := c.Download(t.Context(), client.Download{Path: "/x", File: target(t, nil), Started: func(e string, n int64) error {
		etag, total = e, n
		return stop
	}})
	if !errors.Is(err, stop) || etag != `"v1"` || total != 1000 {
		t.Errorf("err = %v, told %q %d", err, etag, total)
	}
}

// A server that answers a range in pieces, or another than was asked for.
func TestDownloadOddRanges(t *testing.T) {
	t.Parallel()
	data := pattern(1000)
	t.Run("in pieces", func(t *testing.T) {
		t.Parallel()
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			start := 0
			fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &start)
			end := min(start+400, 1000)
			w.Header().Set("ETag", `"v"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/1000", start, end-1))
			w.WriteHeader(206)
			w.Write(data[start:end])
		})
		f := target(t, nil)
		if _, err := c.Download(t.Context(), client.Download{Path: "/x", File: f, SHA256: sha(data)}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("another", func(t *testing.T) {
		t.Parallel()
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes 7-999/1000")
				w.WriteHeader(206)
				w.Write(data[7:])
				return
			}
			w.Write(data)
		})
		f := target(t, data[:500])
		if _, err := c.Download(t.Context(), client.Download{Path: "/x", File: f, SHA256: sha(data)}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(content(t, f), data) {
			t.Error("other bytes")
		}
	})
}

func TestDocumentContentStreams(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/markdown" {
			t.Errorf("Accept = %q", r.Header.Get("Accept"))
		}
		io.WriteString(w, "# text")
	})
	body, err := c.DocumentContent(t.Context(), "d")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if b, err := io.ReadAll(body); err != nil || string(b) != "# text" {
		t.Errorf("content = %q, %v", b, err)
	}
}
