package task

import (
	"errors"
	"slices"
	"testing"
	"time"

	"morag/internal/part"
)

// inParts is a task that waits for the jobs of three parts.
func inParts(t *testing.T) *Task {
	t.Helper()
	k := &Task{ID: "t", Phase: Running, Attempt: 1, Stage: CreatingJob, Source: Source{ContentType: "video"}, Remote: &Remote{JobID: "a", Plan: &part.Plan{
		ContentType: "audio", Parts: []part.Part{{JobID: "a"}, {JobID: "b"}, {JobID: "c"}},
	}}}
	if err := k.Park(1, "waiting"); err != nil {
		t.Fatal(err)
	}
	return k
}

var completed = JobEnd{Status: "completed", Worker: "w"}

func failed(why string) JobEnd { return JobEnd{Status: "failed", Worker: "w", Why: why} }

// The task goes on with the last of its jobs: with what came, or without when nothing did.
func TestWaitForPartsEndsWithTheLast(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ends   map[string]JobEnd
		done   bool
		gaveUp string
	}{
		"all came":  {map[string]JobEnd{"a": completed, "b": completed, "c": completed}, true, ""},
		"one came":  {map[string]JobEnd{"a": failed("x"), "b": failed("y"), "c": completed}, true, ""},
		"none came": {map[string]JobEnd{"a": failed("x"), "b": failed("y"), "c": failed("z")}, false, "x"},
	} {
		k := inParts(t)
		if k.JobType() != "audio" || !slices.Equal(k.Jobs(), []string{"a", "b", "c"}) || k.Names("d") {
			t.Fatalf("%s: it waits for %v of the type %s", name, k.Jobs(), k.JobType())
		}
		for i, id := range []string{"c", "a", "b"} { // in any order
			before := k.Revision
			if err := k.JobOver(id, c.ends[id], now); err != nil || k.Revision != before+1 {
				t.Fatalf("%s: %v, revision %d after %d", name, err, k.Revision, before)
			}
			if i == 2 {
				break
			}
			if err := k.JobOver(id, failed("told again"), now); err != nil || k.Revision != before+1 || k.Phase != Waiting {
				t.Fatalf("%s: told again of %s: %v, %s", name, id, err, k.Phase)
			}
		}
		if k.Phase != Queued || k.Remote.Done != c.done || k.Remote.GaveUp != c.gaveUp || !k.Remote.Over || len(k.Jobs()) > 0 {
			t.Errorf("%s: the task is %s with %+v", name, k.Phase, k.Remote)
		}
	}
	k := inParts(t)
	if err := k.JobOver("d", completed, now); !errors.Is(err, ErrConflict) {
		t.Errorf("of another's job: %v", err)
	}
}

// A part whose job is tried again is waited for again; a task that has ended is orphaned until
// all its jobs are known to be over.
func TestJobsOfPartsOpenAndClose(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	k := inParts(t)
	for _, id := range []string{"a", "b"} {
		if err := k.JobOver(id, failed("x"), now); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.JobRetried("b"); err != nil || !slices.Equal(k.Jobs(), []string{"b", "c"}) || k.Remote.Plan.Of("b").GaveUp != "" {
		t.Fatalf("tried again it waits for %v (%v)", k.Jobs(), err)
	}
	if err := k.Revoke(now); err != nil || !k.Orphaned() {
		t.Fatalf("called off: %v, orphaned %v", err, k.Orphaned())
	}
	if err := k.JobsEnded("b"); err != nil || !k.Orphaned() {
		t.Errorf("with one of two: %v, orphaned %v", err, k.Orphaned())
	}
	if err := k.JobsEnded("b", "c"); err != nil || k.Orphaned() {
		t.Errorf("with both: %v, orphaned %v", err, k.Orphaned())
	}
	before := k.Revision
	if err := k.JobsEnded("b", "c"); err != nil || k.Revision != before {
		t.Errorf("noted again: %v, revision %d after %d", err, k.Revision, before)
	}
	if err := k.JobsEnded("d"); !errors.Is(err, ErrConflict) {
		t.Errorf("of another's job: %v", err)
	}
}

// Parts that are converted once more have jobs of their own, for which the task waits again.
func TestPartsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
	k := inParts(t)
	for _, id := range []string{"a", "b", "c"} {
		if err := k.JobOver(id, completed, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.AskAgain(k.Attempt, "de", map[int]string{0: "d"}); !errors.Is(err, ErrLost) {
		t.Errorf("while it does not run: %v", err)
	}
	if err := k.Start("r", now, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := k.AskAgain(k.Attempt, "de", map[int]string{0: "d", 2: "e"}, "w"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(k.Jobs(), []string{"d", "e"}) || k.Remote.JobID != "d" || k.Remote.Done || k.Remote.Over || !slices.Equal(k.Warnings, []string{"w"}) {
		t.Errorf("it waits for %v with %+v", k.Jobs(), k.Remote)
	}
	for i, former := range []string{"a", "", "c"} {
		if p := k.Plan().Parts[i]; p.Former != former || (p.Language == "de") != (former != "") {
			t.Errorf("part %d: %+v", i, p)
		}
	}
}
