package torture

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"morag/internal/wire"
)

// refusesWhatItCannotStore fills the disk between two steps of a few jobs: each next
// step is refused with 503 and leaves nothing, and succeeds when there is room again.
func (w *world) refusesWhatItCannotStore(disk room) {
	t := w.t
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	a := &actor{world: w, name: "careful", choose: random(4)}
	source := w.sources[2].path
	for _, task := range []string{"made-careful-a", "made-careful-b"} {
		if c, _, err := w.post(ctx, jobsPath, "", wire.JobCreate{SourceFilePath: source, ContentType: "document", IngestionTaskID: task}); err != nil || !c.acknowledged() {
			t.Fatalf("create: %v %+v", err, c)
		}
	}
	held, err := w.claim(ctx, "careful", 1, 0)
	if err != nil || len(held) != 1 {
		t.Fatalf("claimed %v: %v", held, err)
	}
	// An unconfirmed claim would go back while a slow machine fills the disk.
	beat, _, err := w.post(ctx, held[0].path("heartbeat"), "", wire.Heartbeat{WorkerID: "careful", Attempt: held[0].attempt})
	if err != nil || !beat.acknowledged() {
		t.Fatalf("heartbeat: %v %+v", err, beat)
	}
	good, err := json.Marshal(a.good(held[0]))
	if err != nil {
		t.Fatal(err)
	}
	upload := []byte(text("upload careful", 2000))
	requests := map[string]func() (*call, error){
		"a create": func() (*call, error) {
			c, _, err := w.post(ctx, jobsPath, "", wire.JobCreate{SourceFilePath: source, ContentType: "document", IngestionTaskID: "made-careful-c"})
			return c, err
		},
		"a poll": func() (*call, error) {
			c, _, err := w.ask(ctx, http.MethodGet, jobsPath+"/poll?worker_id=second&content_types=document&lease=15", nil, nil)
			return c, err
		},
		"a result": func() (*call, error) {
			c, _, err := w.ask(ctx, http.MethodPut, held[0].path("result"), nil, good)
			return c, err
		},
		"an upload": func() (*call, error) {
			return w.ingest(ctx, "careful", map[string]string{"remote": "true", "chunk_overlap": "0"}, "careful.txt", upload)
		},
	}
	before := contents(w)
	disk.fill()
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		c, err := requests[name]()
		if err != nil || c.Status < 500 || disk.precise() && c.Status != http.StatusServiceUnavailable {
			t.Errorf("%s on a full disk: %v %+v", name, err, c)
		}
	}
	if after := contents(w); !maps.Equal(before, after) {
		t.Errorf("what was refused left something:\n%s", difference(before, after))
	}
	disk.free()
	w.revive()
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if c, err := requests[name](); err != nil || !c.acknowledged() {
			t.Errorf("%s when there was room again: %v %+v", name, err, c)
		}
	}
}

// contents are the files of jobs and uploads by name.
func contents(w *world) map[string]string {
	all := map[string]string{}
	for _, dir := range []string{w.server.jobs(), w.uploads()} {
		for _, name := range files(w.t, dir) {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				w.t.Fatal(err)
			}
			all[filepath.Base(dir)+"/"+name] = sum(raw)
		}
	}
	return all
}

func difference(before, after map[string]string) string {
	var lines []string
	for name, digest := range before {
		if after[name] != digest {
			lines = append(lines, "  gone or changed: "+name)
		}
	}
	for name := range after {
		if _, there := before[name]; !there {
			lines = append(lines, "  new: "+name)
		}
	}
	return strings.Join(lines, "\n")
}
