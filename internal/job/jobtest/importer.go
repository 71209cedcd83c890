package jobtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// importing is about a durable store that takes over the jobs of another.
func importing(t *testing.T, s Subject) {
	if !s.Durable {
		return // nothing is promised
	}
	try(t, s, "jobs come as they stood, in their order", job.Policy{}, func(t *testing.T, b *bench) {
		for _, status := range job.Statuses() {
			for n := range 2 {
				b.bring(fmt.Sprint(status, "-", n), status)
				b.pass(time.Second)
			}
		}
		b.failed("backoff")
		b.pass(time.Second)
		b.create(spec("assigned"))
		b.update("assigned", job.Change{Event: job.Reassign, Assignee: "w2"})
		want, order := b.stored(), ids(b.list())

		other := &bench{t: t, place: s.Place(t), policy: b.policy}
		other.pass(b.place.Now().Sub(other.place.Now()))
		other.open()
		defer other.close()
		jobs := b.whole(order)
		slices.Reverse(jobs)
		other.importAll(jobs[:3])
		other.importAll(jobs[3:])
		if diff := cmp.Diff(want, other.stored()); diff != "" {
			t.Fatalf("after the import (-before +after):\n%s", diff)
		}
		other.recount()
		if diff := cmp.Diff(order, ids(other.list())); diff != "" {
			t.Errorf("the order (-before +after):\n%s", diff)
		}
		other.reopen()
		if diff := cmp.Diff(want, other.stored()); diff != "" {
			t.Fatalf("after the import and opening again (-before +after):\n%s", diff)
		}
		other.take("assigned", "w2", 0)
	})
	try(t, s, "a job that is there is not written over", job.Policy{}, func(t *testing.T, b *bench) {
		b.bring("a", job.Completed)
		jobs := b.whole([]string{"a"})
		before := b.encoded("a")
		jobs[0].ErrorMessage = "another"
		if err := b.store.(job.Importer).Import(context.Background(), jobs); !errors.Is(err, job.ErrExists) {
			t.Errorf("import of a job that is there: %v", err)
		}
		if diff := cmp.Diff(before, b.encoded("a")); diff != "" {
			t.Errorf("the job was changed:\n%s", diff)
		}
		b.recount()
	})
}

// list is all jobs, the newest first.
func (b *bench) list() []*job.Job {
	b.t.Helper()
	jobs, next, err := b.store.List(context.Background(), job.Filter{Limit: 1000})
	if err != nil || next != "" {
		b.t.Fatalf("List: more %q, %v", next, err)
	}
	return jobs
}

// whole is jobs with their results.
func (b *bench) whole(ids []string) []*job.Job {
	b.t.Helper()
	var jobs []*job.Job
	for _, id := range ids {
		j := b.get(id)
		result, err := b.store.Result(context.Background(), id)
		if err != nil {
			b.t.Fatalf("Result %s: %v", id, err)
		}
		j.ResultData = result
		jobs = append(jobs, j)
	}
	return jobs
}

func (b *bench) importAll(jobs []*job.Job) {
	b.t.Helper()
	if err := b.store.(job.Importer).Import(context.Background(), jobs); err != nil {
		b.t.Fatalf("Import: %v", err)
	}
}
