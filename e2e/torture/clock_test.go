package torture

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"morag/internal/wire"
)

// setBack is by how much the clock goes back.
const setBack = 24 * time.Hour

// TestJobsOutliveAClockSetBack starts the server on a folder that it has written by a
// clock that was ahead: the order of the jobs stays, new ones come after them, and
// nothing waits until the clock has come as far again.
func TestJobsOutliveAClockSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	made := w.makeJobs(t, 6)
	a := w.byHand()
	// One waits out its backoff, one was released, one is being processed.
	failed, released := w.claimOne(t, "first"), w.claimOne(t, "first")
	w.claimOne(t, "first")
	no := a.bad(failed, true)
	no.WorkerID, no.Attempt = failed.worker, failed.attempt
	a.deliver(t.Context(), failed, no)
	c, _, err := w.post(t.Context(), released.path("release"), "", wire.JobChange{WorkerID: "first", Attempt: 1})
	if err != nil || !c.acknowledged() {
		t.Fatalf("release: %v %+v", err, c)
	}
	w.kill()
	w.later(t)
	w.start()

	made = append(made, w.makeJob(t, wire.JobCreate{SourceFilePath: w.sources[0].path, IngestionTaskID: "made-after"}))
	w.isInOrder(t, made)
	var order []string
	for range made {
		g := w.claimOne(t, w.names[0])
		a.deliver(t.Context(), g, a.good(g))
		if slices.Contains(made[3:], g.job) { // the others had to wait for something
			order = append(order, g.job)
		}
	}
	if !slices.Equal(order, made[3:]) {
		t.Errorf("handed out in the order %v, made in %v", order, made[3:])
	}
	w.judge()
}

// TestTasksOutliveAClockSetBack is the same for the tasks. No worker is there: those
// that wait for one convert locally in the end.
func TestTasksOutliveAClockSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir(), "--runners", "1", "--remote-fallback-timeout", "3"))
	w.start()
	for i := range 30 { // more than the server comes to
		name := fmt.Sprintf("later-%d", i)
		fields := map[string]string{"remote": fmt.Sprint(i%3 == 0), "chunk_size": "500", "chunk_overlap": "0"}
		if c, err := w.ingest(t.Context(), "", fields, name+".txt", []byte(text("upload "+name, 3000))); err != nil || !c.acknowledged() {
			t.Fatalf("upload: %v %+v", err, c)
		}
	}
	w.kill()
	if w.later(t) == 0 {
		t.Fatal("the server was too quick: no task is left to be run")
	}
	w.start()
	eventually(t, "all tasks end without a worker", func() bool {
		jobs, tasks := w.unfinished(t.Context())
		return len(jobs)+len(tasks) == 0
	})
	w.judge()
}

var moment = regexp.MustCompile(`("\w+": ?)"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"`)

// shift makes every time in a JSON text later, but for those of files, which are from
// the disk.
func shift(t *testing.T, text []byte) []byte {
	t.Helper()
	return moment.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := moment.FindSubmatch(found)
		if strings.HasPrefix(string(parts[1]), `"source_modified"`) {
			return found
		}
		at, err := time.Parse(time.RFC3339Nano, string(parts[2]))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Appendf(nil, `%s"%s"`, parts[1], at.Add(setBack).Format(time.RFC3339Nano))
	})
}

// later makes everything that the server has stored look as if its clock had been
// ahead, and returns how many tasks wait to be run.
func (w *world) later(t *testing.T) (queued int) {
	t.Helper()
	for _, name := range files(t, w.server.jobs()) {
		path := filepath.Join(w.server.jobs(), name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, shift(t, raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(w.data, "morag.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT id, body FROM task")
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string][]byte{}
	for rows.Next() {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			t.Fatal(err)
		}
		bodies[id] = shift(t, body)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id, body := range bodies {
		_, err := db.Exec(`UPDATE task SET body = ?, run_at = run_at + ?, lease_until = iif(lease_until = 0, 0, lease_until + ?) WHERE id = ?`,
			string(body), setBack.Microseconds(), setBack.Microseconds(), id)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.QueryRow("SELECT count(*) FROM task WHERE phase = 'queued'").Scan(&queued); err != nil {
		t.Fatal(err)
	}
	return queued
}

// isInOrder checks that the list shows the jobs, newest first, as they were made.
func (w *world) isInOrder(t *testing.T, made []string) {
	t.Helper()
	var shown []string
	last := time.Time{}
	for _, j := range everything[wire.JobRecord](context.Background(), w, jobsPath, "jobs") {
		if slices.Contains(made, j.ID) {
			shown = append(shown, j.ID)
		}
		if !last.IsZero() && j.CreatedAt.After(last) {
			t.Errorf("job %s of %s is listed after one of %s", j.ID, j.CreatedAt, last)
		}
		last = *j.CreatedAt
	}
	slices.Reverse(shown)
	if !slices.Equal(shown, made) {
		t.Errorf("the list shows, oldest first, %v, made were %v", shown, made)
	}
}
