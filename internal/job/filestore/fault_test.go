package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

func audio(id string) job.Spec {
	return job.Spec{ID: id, ContentType: "audio", SourceFilePath: "blob:" + id}
}

// ticking is a clock that goes on by a second with every reading.
func ticking() func() time.Time {
	var seconds atomic.Int64
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { return start.Add(time.Duration(seconds.Add(1)) * time.Second) }
}

// told is everything that a store tells about a job.
func told(t testing.TB, s *Store, id string) string {
	t.Helper()
	j, err := s.Get(context.Background(), id)
	if errors.Is(err, job.ErrNotFound) {
		return "none"
	}
	if err != nil {
		t.Fatalf("Get %s: %v", id, err)
	}
	result, err := s.Result(context.Background(), id)
	if err != nil {
		t.Fatalf("Result %s: %v", id, err)
	}
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + string(result)
}

// all is everything that a store tells.
func all(t testing.TB, s *Store) map[string]string {
	t.Helper()
	jobs, _, err := s.List(context.Background(), job.Filter{Limit: 1000})
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	whole := map[string]string{}
	for _, j := range jobs {
		whole[j.ID] = told(t, s, j.ID)
	}
	return whole
}

func claim(s *Store, worker string, n int) ([]*job.Job, error) {
	return s.Claim(context.Background(), job.Claimant{WorkerID: worker}, []string{"audio"}, n)
}

func update(s *Store, id string, c job.Change) error {
	_, err := s.Update(context.Background(), id, c)
	return err
}

var result = json.RawMessage(`{"content": "What was <said>.", "metadata":{"n":1.50}}`)

func success() job.Change {
	return job.Change{Event: job.Succeed, Attempt: 1, Digest: "good", Result: result}
}

// calls are the calls whose every file operation is made to fail, and what has to
// have happened before.
var calls = map[string]struct{ before, call func(*Store) error }{
	"create": {nil, func(s *Store) error {
		_, err := s.Create(context.Background(), audio("new"))
		return err
	}},
	"claim": {nil, func(s *Store) error {
		_, err := claim(s, "w1", 1)
		return err
	}},
	"result": {take, func(s *Store) error { return update(s, "a", success()) }},
	"large result": {take, func(s *Store) error {
		c := success()
		c.Result = json.RawMessage(`"` + strings.Repeat("x", 2*joined) + `"`)
		return update(s, "a", c)
	}},
	"failed try": {take, func(s *Store) error {
		return update(s, "a", job.Change{Event: job.Fail, Attempt: 1, Digest: "bad", Message: "no"})
	}},
	"confirmation": {take, func(s *Store) error { return update(s, "a", job.Change{Event: job.Confirm}) }},
	"assignment":   {nil, func(s *Store) error { return update(s, "a", job.Change{Event: job.Reassign, Assignee: "w2"}) }},
	"cancel":       {nil, func(s *Store) error { return update(s, "a", job.Change{Event: job.Cancel}) }},
	"delete": {func(s *Store) error { return update(s, "a", job.Change{Event: job.Cancel}) },
		func(s *Store) error { return s.Delete(context.Background(), "a") }},
}

func take(s *Store) error {
	_, err := claim(s, "w1", 1)
	return err
}

// prepared is a store on a disk of its own with the jobs a, b and c.
func prepared(t *testing.T, before func(*Store) error) (*simDisk, *Store) {
	t.Helper()
	d := newSimDisk()
	s := d.open(t, Config{Now: ticking()})
	for _, id := range []string{"a", "b", "c"} {
		if _, err := s.Create(context.Background(), audio(id)); err != nil {
			t.Fatal(err)
		}
	}
	if before != nil {
		if err := before(s); err != nil {
			t.Fatal(err)
		}
	}
	return d, s
}

// TestEveryFailure makes each file operation of each call fail, one at a time and in
// every way, and compares what the caller was told with what the store then says and
// with what another one finds after a restart.
func TestEveryFailure(t *testing.T) {
	t.Parallel()
	for name, c := range calls {
		for _, cause := range []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, errHalf} {
			t.Run(fmt.Sprintf("%s, %v", name, cause), func(t *testing.T) {
				t.Parallel()
				for k := 0; failOne(t, c.before, c.call, cause, k); k++ {
				}
			})
		}
	}
}

// failOne lets the operation number k of call fail because of cause. It tells whether
// there is one.
func failOne(t *testing.T, before, call func(*Store) error, cause error, k int) bool {
	t.Helper()
	d, s := prepared(t, before)
	old := all(t, s)
	n, failed := 0, ""
	d.watch(func(op, name string) error {
		n++
		if n-1 != k {
			return nil
		}
		failed = op + " " + name
		return cause
	})
	err := call(s)
	d.watch(func(string, string) error { return nil })
	if failed == "" {
		if err != nil {
			t.Fatalf("nothing failed, yet: %v", err)
		}
		return false
	}
	isSync := strings.HasPrefix(failed, "sync") || strings.HasPrefix(failed, "close")
	if isSync != errors.Is(err, job.ErrInDoubt) || isSync != errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("%s failed: returned %v", failed, err)
	}
	full := isFull(cause) && (strings.HasPrefix(failed, "write") || strings.HasPrefix(failed, "create"))
	if full && !errors.Is(err, job.ErrNoSpace) {
		t.Fatalf("%s failed: returned %v, want ErrNoSpace", failed, err)
	}

	var now map[string]string
	if isSync {
		checkUnavailable(t, s, failed)
	} else {
		now = all(t, s)
		if err != nil && !maps.Equal(now, old) {
			t.Fatalf("%s failed with %v, but something changed:\n%s", failed, err, cmp.Diff(old, now))
		}
		if err == nil && maps.Equal(now, old) && !strings.HasPrefix(failed, "open") {
			t.Fatalf("%s failed, no error and no change", failed)
		}
	}
	s.Close()
	again := all(t, d.afterKill().open(t, Config{}))
	if now != nil && !maps.Equal(again, now) {
		t.Fatalf("%s failed: after a restart (-before +after):\n%s", failed, cmp.Diff(now, again))
	}
	if now == nil && len(again) < len(old)-1 {
		t.Fatalf("%s failed: jobs are missing after a restart: %v", failed, again)
	}
	if err != nil && !isSync {
		retryOn(t, d.afterKill(), call, failed)
	}
	return true
}

// checkUnavailable wants a store that refuses everything and says so.
func checkUnavailable(t *testing.T, s *Store, failed string) {
	t.Helper()
	select {
	case <-s.Failed():
	default:
		t.Fatalf("%s failed: Failed is open", failed)
	}
	if err := s.Health(); !errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("%s failed: Health is %v", failed, err)
	}
	_, get := s.Get(context.Background(), "a")
	_, create := s.Create(context.Background(), audio("another"))
	_, claimed := claim(s, "w9", 1)
	for _, err := range []error{get, create, claimed} {
		if !errors.Is(err, job.ErrUnavailable) || errors.Is(err, job.ErrInDoubt) {
			t.Fatalf("%s failed: a later call returned %v", failed, err)
		}
	}
}

// retryOn wants that the failed call has left nothing in its own way.
func retryOn(t *testing.T, d *simDisk, call func(*Store) error, failed string) {
	t.Helper()
	s := d.open(t, Config{Now: ticking()})
	if err := call(s); err != nil {
		t.Fatalf("%s failed: the call once more: %v", failed, err)
	}
	if bad := d.list(corruptFolder); len(bad) != 0 {
		t.Fatalf("%s failed: %v are in the way", failed, bad)
	}
}

// TestFailuresInARow makes several file operations of one call fail, one after the other,
// so that what was written cannot be taken back either: a caller who is told that nothing
// has changed is told the truth, and one who cannot be told so knows it.
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := 0 // by failed calls that may have been done, and were
			for first, more := 0, true; more; first++ {
				for _, n := range []int{2, 3, 1000} {
					var stood bool
					more, stood = failRow(t, c.before, c.call, first, n)
					if stood {
						kept++
					}
				}
			}
			if kept == 0 {
				t.Error("no failed call was done all the same: nothing is shown")
			}
		})
	}
}

// failRow lets n operations of call fail, from the number first on. It tells whether there
// is one, and whether the call was done although it failed.
func failRow(t *testing.T, before, call func(*Store) error, first, n int) (any, done bool) {
	t.Helper()
	d, s := prepared(t, before)
	old := all(t, s)
	k := 0
	var failed []string
	d.watch(func(op, name string) error {
		k++
		if k-1 < first || k-1 >= first+n {
			return nil
		}
		failed = append(failed, op+" "+name)
		return syscall.EIO
	})
	err := call(s)
	d.watch(func(string, string) error { return nil })
	s.Close()
	if err == nil {
		return len(failed) > 0, false
	}
	again := all(t, d.afterKill().open(t, Config{Policy: s.policy}))
	changed := !maps.Equal(again, old)
	if changed && !errors.Is(err, job.ErrInDoubt) {
		t.Fatalf("%v failed with %v, but something changed:\n%s", failed, err, cmp.Diff(old, again))
	}
	return true, changed
}
