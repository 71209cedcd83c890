package mirror_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/mirror"
	"morag/internal/wire"
)

// willing takes whatever it is sent at once.
type willing struct {
	mirror.Server
	sent atomic.Int64
}

func (w *willing) IngestOpened(context.Context, *os.File, client.IngestOptions) (wire.Ingested, error) {
	n := strconv.FormatInt(w.sent.Add(1), 10)
	return wire.Ingested{TaskID: "t" + n, DocumentID: "d" + n}, nil
}

func (w *willing) Documents(context.Context, client.DocumentFilter) (wire.Documents, error) {
	return wire.Documents{}, nil
}

func (w *willing) ActiveTasks(context.Context) (wire.ActiveTasks, error) {
	return wire.ActiveTasks{}, nil
}

func (w *willing) Tasks(context.Context, client.TaskFilter) (wire.Tasks, error) {
	return wire.Tasks{}, nil
}

// BenchmarkSecondPass is how long it takes to see that none of 100,000 files has changed, as a
// command does that starts anew; the first pass, over a server that takes no time, is told, too.
func BenchmarkSecondPass(b *testing.B) {
	const folders, each = 1000, 100
	dir, state := b.TempDir(), b.TempDir()
	for i := range folders {
		below := filepath.Join(dir, strconv.Itoa(i%10), strconv.Itoa(i))
		if err := os.MkdirAll(below, 0o700); err != nil {
			b.Fatal(err)
		}
		for j := range each {
			if err := os.WriteFile(filepath.Join(below, fmt.Sprintf("note %d.txt", j)), fmt.Appendf(nil, "note %d of %d", j, i), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	server := &willing{}
	pass := func() mirror.Summary {
		m, err := mirror.New(b.Context(), mirror.Config{Server: server, Folder: dir, State: state, Report: &quietReport{}})
		if err != nil {
			b.Fatal(err)
		}
		defer m.Close()
		sum, err := m.Pass(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return sum
	}
	began := time.Now()
	if sum := pass(); sum.Added != folders*each {
		b.Fatalf("the first pass: %+v", sum)
	}
	first := time.Since(began)
	pass() // it hears what became of the tasks
	for b.Loop() {
		if sum := pass(); sum.Unchanged != folders*each {
			b.Fatalf("%+v", sum)
		}
	}
	if server.sent.Load() != folders*each {
		b.Errorf("%d files were sent", server.sent.Load())
	}
	b.ReportMetric(first.Seconds(), "first-s")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "second-s")
}

// quietReport keeps nothing.
type quietReport struct{ report }

func (*quietReport) Done(mirror.Change) {}
