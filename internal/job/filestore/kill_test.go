package filestore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

// ack is one line of what a child says that it was told by its store.
type ack struct {
	Call    string // created, claimed, finished, deleting (not yet answered), deleted
	ID      string
	Attempt int
	Worker  string
}

// childWork does random calls on a store from several goroutines until it is killed,
// and says on stdout what was acknowledged.
func childWork(dir string) error {
	s, err := Open(Config{Dir: dir})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(a ack) {
		line, _ := json.Marshal(a)
		mu.Lock()
		defer mu.Unlock()
		os.Stdout.Write(append(line, '\n'))
	}
	var working sync.WaitGroup
	failures := make(chan error, 8)
	for c := range 8 {
		working.Go(func() {
			w := &killedClient{store: s, say: say, name: fmt.Sprintf("%d-%d", os.Getpid(), c)}
			for i := 0; ; i++ {
				if err := w.step(i); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	return <-failures
}

type killedClient struct {
	store *Store
	say   func(ack)
	name  string
}

// resultOf is the result that every attempt at a job brings: large enough to be
// caught in the middle.
func resultOf(id string, attempt int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"content":"%s"}`, strings.Repeat(fmt.Sprintf("%s/%d ", id, attempt), 1000)))
}

func (w *killedClient) step(i int) error {
	ctx := context.Background()
	id := fmt.Sprintf("%s-%d", w.name, i)
	if _, err := w.store.Create(ctx, audio(id)); err != nil {
		return err
	}
	w.say(ack{Call: "created", ID: id})
	jobs, err := w.store.Claim(ctx, job.Claimant{WorkerID: w.name, Lease: time.Minute}, []string{"audio"}, 1+rand.IntN(3))
	if err != nil {
		return err
	}
	for _, j := range jobs {
		w.say(ack{Call: "claimed", ID: j.ID, Attempt: j.Attempt, Worker: w.name})
	}
	for _, j := range jobs {
		if err := w.treat(j); err != nil {
			return fmt.Errorf("job %s: %w", j.ID, err)
		}
	}
	return nil
}

// treat brings a claimed job to some end.
func (w *killedClient) treat(j *job.Job) error {
	ctx := context.Background()
	if _, err := w.store.Alive(ctx, j.ID, job.Beat{WorkerID: w.name, Attempt: j.Attempt}); err != nil {
		return err
	}
	c := job.Change{Event: job.Succeed, Digest: "good", Result: resultOf(j.ID, j.Attempt)}
	switch rand.IntN(8) {
	case 0:
		c = job.Change{Event: job.Fail, Digest: "bad", Message: "no"}
	case 1:
		c = job.Change{Event: job.Release}
	case 2:
		c = job.Change{Event: job.Cancel}
	case 3:
		return nil // forgotten
	}
	c.WorkerID, c.Attempt = w.name, j.Attempt
	if _, err := w.store.Update(ctx, j.ID, c); err != nil {
		return err
	}
	if c.Event == job.Succeed {
		w.say(ack{Call: "finished", ID: j.ID, Attempt: j.Attempt})
	}
	if c.Event == job.Cancel {
		w.say(ack{Call: "deleting", ID: j.ID})
		if err := w.store.Delete(ctx, j.ID); err != nil {
			return err
		}
		w.say(ack{Call: "deleted", ID: j.ID})
	}
	return nil
}

// history is what all children together were told.
type history struct {
	created, deleting, deleted map[string]bool
	claimed                    map[string]string // id and attempt: to whom
	attempts                   map[string]int    // id: the last one that was claimed
	finished                   map[string]int    // id: by which attempt
}

func (h *history) add(t *testing.T, a ack) {
	t.Helper()
	switch a.Call {
	case "created":
		h.created[a.ID] = true
	case "deleting":
		h.deleting[a.ID] = true
	case "deleted":
		h.deleted[a.ID] = true
	case "claimed":
		key := fmt.Sprint(a.ID, " ", a.Attempt)
		if other, twice := h.claimed[key]; twice {
			t.Fatalf("attempt %d of %s was given to %s and to %s", a.Attempt, a.ID, other, a.Worker)
		}
		h.claimed[key] = a.Worker
		h.attempts[a.ID] = max(h.attempts[a.ID], a.Attempt)
	case "finished":
		if other, twice := h.finished[a.ID]; twice {
			t.Fatalf("job %s was finished by attempts %d and %d", a.ID, other, a.Attempt)
		}
		h.finished[a.ID] = a.Attempt
	default:
		t.Fatalf("the child says %+v", a)
	}
}

// TestKilledUnderLoad kills a process that works on a store again and again, and looks
// after every kill whether all that it was told is so.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := &history{
		created: map[string]bool{}, deleting: map[string]bool{}, deleted: map[string]bool{},
		claimed: map[string]string{}, attempts: map[string]int{}, finished: map[string]int{},
	}
	for round := range 6 {
		killOne(t, dir, h, 1+rand.IntN(400))
		h.check(t, dir, round)
	}
	if len(h.finished) < 50 || len(h.deleted) == 0 {
		t.Fatalf("too little was done to tell: %d created, %d finished, %d deleted", len(h.created), len(h.finished), len(h.deleted))
	}
	t.Logf("%d created, %d claims, %d finished, %d deleted", len(h.created), len(h.claimed), len(h.finished), len(h.deleted))
}

// killOne lets a child work until it has said so many lines, and kills it.
func killOne(t *testing.T, dir string, h *history, lines int) {
	t.Helper()
	c := childCommand("work", dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(out)
	for n := 1; ; n++ {
		line, err := read.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // what was said before the kill has all been read
		}
		if err != nil {
			t.Fatal(err)
		}
		var a ack
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("the child says %q", line)
		}
		h.add(t, a)
		if n == lines {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Wait(); err == nil || c.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
}

func (h *history) check(t *testing.T, dir string, round int) {
	t.Helper()
	s, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	files := map[string]int{}
	for _, file := range tree(t, dir) {
		status, name, _ := strings.Cut(file, "/")
		if status == corruptFolder {
			continue // older copies, and what was being written
		}
		id, ok := strings.CutSuffix(name, recordSuffix)
		if !ok {
			t.Fatalf("round %d: %s is left", round, file)
		}
		files[id]++
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		var j job.Job
		if err := json.Unmarshal(data, &j); err != nil || j.ID != id || string(j.Status) != status || j.Attempt < h.attempts[id] {
			t.Fatalf("round %d: %s holds %s in %s, attempt %d of %d, %v", round, file, j.ID, j.Status, j.Attempt, h.attempts[id], err)
		}
	}
	for id := range h.created {
		if n := files[id]; n != 1 && !(n == 0 && h.deleting[id]) {
			t.Fatalf("round %d: job %s has %d files", round, id, n)
		}
	}
	for id := range h.deleted {
		if files[id] != 0 {
			t.Fatalf("round %d: job %s is back", round, id)
		}
	}
	for id, attempt := range h.finished {
		got, err := s.Result(ctx, id)
		if err != nil || string(got) != string(resultOf(id, attempt)) {
			t.Fatalf("round %d: the result of %s has %d bytes, %v", round, id, len(got), err)
		}
	}
	if bad := s.Health(); bad != nil {
		t.Fatal(bad)
	}
}
