package jobtest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// over is about the jobs that have ended, as a clean-up asks for them.
func over(t *testing.T, s Subject) {
	try(t, s, "the one that ended first at first, and no others", job.Policy{}, func(t *testing.T, b *bench) {
		for i, status := range job.Statuses() {
			b.bring(string(status), status)
			b.pass(time.Duration(i) * time.Minute)
		}
		b.create(spec("last")) // made before the next one ends
		b.pass(time.Minute)
		b.bring("later", job.Cancelled)
		b.update("last", job.Change{Event: job.Cancel})
		b.pass(time.Hour)
		ended := []string{"completed", "failed", "timeout", "cancelled", "later", "last"}
		slices.SortStableFunc(ended, func(x, y string) int { return b.get(x).CompletedAt.Compare(b.get(y).CompletedAt) })
		got := b.over(0, 100)
		for i, j := range got {
			if at := b.get(j.ID).CompletedAt; i > 0 && at.Before(got[i-1].CompletedAt) {
				t.Errorf("%s, which ended at %s, comes after one that ended at %s", j.ID, at, got[i-1].CompletedAt)
			}
		}
		slices.Sort(ended)
		names := ids(got)
		if slices.Sort(names); !slices.Equal(names, ended) {
			t.Fatalf("over are %v, want %v", names, ended)
		}
		whole := b.get("later")
		want := &job.Job{
			ID: whole.ID, Status: whole.Status, ContentType: whole.ContentType, IngestionTaskID: whole.IngestionTaskID,
			CreatedAt: whole.CreatedAt, CompletedAt: whole.CompletedAt,
		}
		for _, j := range got {
			if diff := cmp.Diff(want, j); j.ID == "later" && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		}
	})
	try(t, s, "by age, to the moment", job.Policy{}, func(t *testing.T, b *bench) {
		b.bring("old", job.Cancelled)
		b.pass(time.Minute)
		b.bring("young", job.Cancelled)
		b.pass(time.Hour - time.Microsecond)
		for age, want := range map[time.Duration][]string{
			0: {"old", "young"}, time.Hour - time.Microsecond: {"old", "young"}, time.Hour: {"old"},
			time.Hour + time.Minute - time.Microsecond: {"old"}, time.Hour + time.Minute: {},
		} {
			if got := ids(b.over(age, 100)); !slices.Equal(got, want) {
				t.Errorf("over for %s are %v, want %v", age, got, want)
			}
		}
	})
	try(t, s, "what is retried is not over, until it ends again", job.Policy{}, func(t *testing.T, b *bench) {
		b.bring("a", job.Cancelled)
		b.pass(time.Minute)
		b.bring("b", job.Cancelled)
		b.update("a", job.Change{Event: job.Retry})
		if got := ids(b.over(0, 100)); !slices.Equal(got, []string{"b"}) {
			t.Fatalf("over are %v, want b", got)
		}
		b.pass(time.Minute)
		b.update("a", job.Change{Event: job.Cancel})
		if got := ids(b.over(0, 100)); !slices.Equal(got, []string{"b", "a"}) {
			t.Fatalf("over are %v, want b and a", got)
		}
	})
	for name, apart := range map[string]time.Duration{"at one instant": 0, "one after another": time.Millisecond} {
		try(t, s, "every job once over the pages, while they are deleted, ended "+name, job.Policy{}, func(t *testing.T, b *bench) {
			want := map[string]bool{}
			for i := range 25 {
				id := numbered("j", i)
				b.bring(id, job.Cancelled)
				b.pass(apart)
				want[id] = true
			}
			for _, id := range ids(b.over(0, 4)) {
				if !want[id] {
					t.Errorf("job %s came twice, or was not there", id)
				}
				delete(want, id)
			}
			if len(want) != 0 {
				t.Errorf("%v did not come", want)
			}
			cursor := ""
			for n := range 30 {
				page, next, err := b.store.Over(context.Background(), 0, cursor, 4)
				if err != nil {
					t.Fatal(err)
				}
				for i, j := range page {
					if (n+i)%2 == 0 { // some stay
						b.remove(j.ID)
					}
				}
				if cursor = next; cursor == "" {
					break
				}
			}
			if cursor != "" {
				t.Error("the pages do not end")
			}
			if n := len(b.over(0, 100)); n == 0 || n > 15 {
				t.Errorf("%d jobs are left of 25", n)
			}
		})
	}
	try(t, s, "a cursor of somebody else's is refused", job.Policy{}, func(t *testing.T, b *bench) {
		for _, cursor := range []string{"x", "!", "-1", "bm90IG91cnM", "\x00"} {
			if _, _, err := b.store.Over(context.Background(), 0, cursor, 1); !errors.Is(err, job.ErrCursor) {
				t.Errorf("cursor %q: error %v, want ErrCursor", cursor, err)
			}
		}
	})
}

// over is every job that has been over for age, by pages of n.
func (b *bench) over(age time.Duration, n int) []*job.Job {
	b.t.Helper()
	var all []*job.Job
	for cursor := ""; ; {
		page, next, err := b.store.Over(context.Background(), age, cursor, n)
		if err != nil {
			b.t.Fatalf("Over: %v", err)
		}
		if len(page) > n || next != "" && len(page) != n {
			b.t.Fatalf("a page of %d has %d jobs and the cursor %q", n, len(page), next)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all
		}
	}
}
