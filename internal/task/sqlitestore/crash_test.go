package sqlitestore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/sqlitestore"
)

// crashVar names the file that this test binary, started as a child, works on until
// it is killed.
const crashVar = "MORAG_TEST_TASK_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashVar); path != "" {
		fmt.Fprintln(os.Stderr, workUntilKilled(path, os.Getenv(crashVar+"_ROUND")))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// workUntilKilled creates, runs and ends tasks by several goroutines and prints each
// task as soon as its change is acknowledged.
func workUntilKilled(path, round string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	s, err := sqlitestore.New(ctx, db, time.Now, sealed{})
	if err != nil {
		return err
	}
	var out sync.Mutex
	acknowledge := func(t *task.Task) {
		line, _ := json.Marshal(t)
		out.Lock()
		defer out.Unlock()
		fmt.Println(string(line))
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				t := queued(fmt.Sprintf("%s-%d-%d", round, w, i))
				if err := s.Create(ctx, t); err != nil {
					failed <- err
					return
				}
				acknowledge(t)
			}
		}()
		go func() {
			for {
				if err := runOne(ctx, s, fmt.Sprint(round, w), acknowledge); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func runOne(ctx context.Context, s *sqlitestore.Store, runner string, acknowledge func(*task.Task)) error {
	t, err := s.Claim(ctx, runner, task.LongestLease)
	if err != nil || t == nil {
		return err
	}
	acknowledge(t)
	for _, rule := range []func(*task.Task, time.Time) error{
		func(t *task.Task, _ time.Time) error { return t.Advance(t.Attempt, task.Storing, "storing", nil) },
		func(t *task.Task, now time.Time) error {
			return t.Finish(t.Attempt, json.RawMessage(`{"ok":true}`), now)
		},
	} {
		if t, err = s.Update(ctx, t.ID, rule); err != nil {
			return err
		}
		acknowledge(t)
	}
	return nil
}

// Whatever instant the process dies at, each task is found at least as far as it was
// acknowledged to be, exactly so where that was its end, and no run was given twice.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "crash.db")
	acknowledged := make(map[string]*task.Task)
	for round := range 6 {
		runs := make(map[string]string) // who was given the run of a task
		for _, k := range killed(t, path, round) {
			if k.Phase == task.Running {
				run := fmt.Sprint(k.ID, "/", k.Attempt)
				if by := runs[run]; by != "" && by != k.Runner {
					t.Errorf("run %s was given to %s and %s", run, by, k.Runner)
				}
				runs[run] = k.Runner
			}
			if old := acknowledged[k.ID]; old == nil || old.Revision < k.Revision {
				acknowledged[k.ID] = k
			}
		}
		s, db := open(t, path, time.Now)
		for id, want := range acknowledged {
			got, err := s.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got.Revision < want.Revision || got.Submitted != want.Submitted ||
				want.Phase == task.Ended && (got.Revision != want.Revision || got.Status != want.Status || string(got.Result) != string(want.Result)) {
				t.Fatalf("acknowledged\n%+v\nfound\n%+v", want, got)
			}
		}
		for w := range 4 {
			if err := s.Forsake(t.Context(), fmt.Sprint(round, w)); err != nil {
				t.Fatal(err)
			}
		}
		lost, err := s.Lost(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range lost {
			if _, err := s.Update(t.Context(), id, func(t *task.Task, now time.Time) error { return t.Lose(now) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killed starts a child on the file, kills it after a random number of
// acknowledgements, and returns them.
func killed(t *testing.T, path string, round int) (all []*task.Task) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVar+"="+path, fmt.Sprintf("%s_ROUND=%d", crashVar, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 1 + rand.IntN(200); lines.Scan(); n-- {
		k := new(task.Task)
		if json.Unmarshal(lines.Bytes(), k) == nil { // the kill may cut the last line
			all = append(all, k)
		}
		if n == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	if len(all) == 0 {
		t.Fatal("the child did nothing")
	}
	return all
}
