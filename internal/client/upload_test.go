package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// file writes size bytes that repeat nowhere near, and returns their path.
func file(t *testing.T, name string, size int) (path string, data []byte) {
	t.Helper()
	data = pattern(size)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

func pattern(size int) []byte {
	data := make([]byte, 0, size+32)
	for i := 0; len(data) < size; i++ {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		data = append(data, sum[:]...)
	}
	return data[:size]
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestIngestFileSendsItsFormAndItsBytes(t *testing.T) {
	t.Parallel()
	path, data := file(t, `a "b".mp3`, 3<<20)
	var got map[string]string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < int64(len(data)) {
			t.Errorf("Content-Length = %d", r.ContentLength)
		}
		if len(r.Header.Get("Idempotency-Key")) < 20 {
			t.Errorf("Idempotency-Key = %q", r.Header.Get("Idempotency-Key"))
		}
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		got = map[string]string{}
		for {
			p, err := form.NextPart()
			if err != nil {
				break
			}
			b, _ := io.ReadAll(p)
			if p.FormName() == "file" {
				got["name"] = p.FileName()
				got["sha"] = sha(b)
				continue
			}
			got[p.FormName()] = string(b)
		}
		answer(w, 200, wire.Ingested{TaskID: "t1", Status: "pending"})
	})
	var sent, total int64
	in, err := c.IngestFile(t.Context(), path, client.IngestOptions{
		Options:     option.Options{Remote: true, NoFallback: true, ChunkSize: 900, ChunkOverlap: new(0), Metadata: []byte(`{"a":1}`), Conversion: option.Conversion{Language: "en"}},
		ContentType: "audio",
		Progress:    func(s, n int64) { sent, total = s, n },
	})
	if err != nil || in.TaskID != "t1" {
		t.Fatalf("IngestFile = %+v, %v", in, err)
	}
	want := map[string]string{
		"source_type": "audio", "remote": "true", "fallback_to_local": "false", "chunk_size": "900",
		"chunk_overlap": "0", "metadata": `{"a":1}`, "language": "en", "name": `a "b".mp3`, "sha": sha(data),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if sent != total || total < int64(len(data)) {
		t.Errorf("progress %d of %d", sent, total)
	}
}

func TestRetriedUploadKeepsItsKeyAndItsBytes(t *testing.T) {
	t.Parallel()
	path, data := file(t, "x.pdf", 300<<10)
	var calls atomic.Int32
	keys := map[string]bool{}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		keys[r.Header.Get("Idempotency-Key")] = true
		if calls.Add(1) == 1 {
			io.CopyN(io.Discard, r.Body, 100<<10)
			panic(http.ErrAbortHandler)
		}
		f, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		b, _ := io.ReadAll(f)
		if !bytes.Equal(b, data) {
			t.Error("other bytes the second time")
		}
		answer(w, 200, wire.Ingested{TaskID: "t1"})
	})
	if _, err := c.IngestFile(t.Context(), path, client.IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 2 || len(keys) != 1 {
		t.Errorf("%d calls with %d keys", calls.Load(), len(keys))
	}
}

func TestRefusedUploadIsNotSent(t *testing.T) {
	t.Parallel()
	path, _ := file(t, "x.pdf", 8<<20)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 401, wire.Error{Detail: "no key"}) })
	var sent atomic.Int64
	_, err := c.IngestFile(t.Context(), path, client.IngestOptions{Progress: func(n, _ int64) { sent.Store(n) }})
	if !client.IsDenied(err) || err.Error() != "no key (HTTP 401)" {
		t.Errorf("err = %v", err)
	}
	if sent.Load() != 0 {
		t.Errorf("%d bytes were sent before the server's word", sent.Load())
	}
}

func TestUploadNeedsARegularFile(t *testing.T) {
	t.Parallel()
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("called") })
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := c.IngestFile(t.Context(), path, client.IngestOptions{}); err == nil {
			t.Errorf("%s was sent", path)
		}
	}
}

func TestUploadMemoryIsFlat(t *testing.T) {
	path, _ := file(t, "big.bin", 0)
	if err := os.Truncate(path, 64<<20-1); err != nil {
		t.Fatal(err)
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answer(w, 200, wire.Ingested{})
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.IngestFile(t.Context(), path, client.IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes allocated for 64 MiB", grown)
	}
}

func TestProcessFileWaitsForTheConversion(t *testing.T) {
	t.Parallel()
	path, _ := file(t, "x.pdf", 1000)
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			var in wire.Process
			if err := json.Unmarshal([]byte(r.FormValue("request_data")), &in); err != nil || in.Mode != "convert" || in.SourceType != "file" {
				t.Errorf("request_data = %+v, %v", in, err)
			}
			<-time.After(time.Hour)
			answer(w, 200, wire.Converted{Success: true, Content: new("# text")})
		})
		out, err := c.ProcessFile(context.Background(), path, wire.Process{Mode: "convert"}, nil)
		if err != nil || *out.Content != "# text" {
			t.Errorf("ProcessFile = %+v, %v", out, err)
		}
	})
}

func TestProcessIngestFile(t *testing.T) {
	t.Parallel()
	path, _ := file(t, "x.pdf", 1000)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.FormValue("request_data"), `"mode":"ingest"`) {
			t.Errorf("request_data = %s", r.FormValue("request_data"))
		}
		answer(w, 200, wire.ProcessIngested{Success: true, TaskID: "t"})
	})
	if out, err := c.ProcessIngestFile(t.Context(), path, wire.Process{}, nil); err != nil || out.TaskID != "t" {
		t.Errorf("ProcessIngestFile = %+v, %v", out, err)
	}
}
