package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// list is about listings and their pages.
func list(t *testing.T, s Subject) {
	try(t, s, "newest first, filtered", job.Policy{}, func(t *testing.T, b *bench) {
		for _, id := range []string{"a", "b", "c", "d"} {
			s := spec(id)
			if id == "c" {
				s.ContentType = "video"
			}
			b.create(s)
			b.pass(time.Second)
		}
		b.take("a", "w1", 0)
		b.update("a", success(1, "text"))
		b.take("b", "w2", 0)
		for _, c := range []struct {
			filter job.Filter
			want   []string
		}{
			{job.Filter{}, []string{"d", "c", "b", "a"}},
			{job.Filter{Status: job.Pending}, []string{"d", "c"}},
			{job.Filter{Status: job.Completed}, []string{"a"}},
			{job.Filter{Status: job.Failed}, []string{}},
			{job.Filter{ContentType: "video"}, []string{"c"}},
			{job.Filter{ContentType: "vid"}, []string{}},
			{job.Filter{WorkerID: "w2"}, []string{"b"}},
			{job.Filter{Status: job.Pending, ContentType: "audio"}, []string{"d"}},
			{job.Filter{Prefix: "b"}, []string{"b"}},
			{job.Filter{Prefix: "b", WorkerID: "w1"}, []string{}},
			{job.Filter{Prefix: "bb"}, []string{}},
			{job.Filter{Limit: 5000}, []string{"d", "c", "b", "a"}},
			{job.Filter{Limit: -1}, []string{"d", "c", "b", "a"}},
		} {
			jobs, next := b.page(c.filter)
			if !slices.Equal(ids(jobs), c.want) || next != "" {
				t.Errorf("%+v lists %v and %q, want %v", c.filter, ids(jobs), next, c.want)
			}
			for _, j := range jobs {
				if j.ResultData != nil || encode(t, j) != encode(t, b.get(j.ID)) {
					t.Errorf("%+v lists %s, want %s", c.filter, encode(t, j), encode(t, b.get(j.ID)))
				}
			}
		}
	})
	for name, apart := range map[string]time.Duration{"at one instant": 0, "one after another": time.Millisecond} {
		try(t, s, "every job once over the pages, created "+name, job.Policy{}, func(t *testing.T, b *bench) {
			for i := range 25 {
				b.create(spec(numbered("j", i)))
				b.pass(apart)
			}
			for limit := 1; limit <= 30; limit += 4 {
				seen := map[string]int{}
				for f := (job.Filter{Limit: limit}); ; {
					jobs, next := b.page(f)
					for _, j := range jobs {
						seen[j.ID]++
					}
					if next == "" {
						break
					}
					if len(jobs) != limit {
						t.Fatalf("page of %d has %d jobs", limit, len(jobs))
					}
					b.create(spec(numbered("new", limit*100+len(seen))))
					b.pass(apart)
					f.Cursor = next
				}
				for i := range 25 {
					if n := seen[numbered("j", i)]; n != 1 {
						t.Fatalf("by pages of %d job %d came %d times", limit, i, n)
					}
				}
			}
		})
	}
	try(t, s, "pages go on when their last job is gone", job.Policy{}, func(t *testing.T, b *bench) {
		for _, id := range []string{"a", "b", "c"} {
			b.bring(id, job.Cancelled)
			b.pass(time.Second)
		}
		jobs, next := b.page(job.Filter{Limit: 2})
		if !slices.Equal(ids(jobs), []string{"c", "b"}) {
			t.Fatalf("first page is %v", ids(jobs))
		}
		if err := b.store.Delete(context.Background(), "b"); err != nil {
			t.Fatal(err)
		}
		if jobs, next = b.page(job.Filter{Limit: 2, Cursor: next}); !slices.Equal(ids(jobs), []string{"a"}) || next != "" {
			t.Fatalf("second page is %v and %q", ids(jobs), next)
		}
	})
	try(t, s, "a page without a limit has 100 jobs", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 100 {
			b.create(spec(numbered("j", i)))
		}
		jobs, next := b.page(job.Filter{})
		if len(jobs) != 100 || next != "" {
			t.Fatalf("a full page, the last one, has %d jobs and the cursor %q", len(jobs), next)
		}
		b.create(spec("last"))
		jobs, next = b.page(job.Filter{})
		if len(jobs) != 100 || next == "" {
			t.Fatalf("page has %d jobs and the cursor %q", len(jobs), next)
		}
		if jobs, next = b.page(job.Filter{Cursor: next}); len(jobs) != 1 || next != "" {
			t.Fatalf("second page has %d jobs and the cursor %q", len(jobs), next)
		}
	})
	try(t, s, "a page holds so many bytes of options", job.Policy{}, func(t *testing.T, b *bench) {
		const full = job.PageBytes / job.MaxTaskOptions
		for i := range full + 2 {
			s := spec(numbered("j", i))
			s.TaskOptions = json.RawMessage(`{"a":"` + strings.Repeat("x", job.MaxTaskOptions-8) + `"}`)
			b.create(s)
		}
		jobs, next := b.page(job.Filter{Limit: 1000})
		if len(jobs) != full || next == "" {
			t.Fatalf("the first page has %d jobs and the cursor %q, want %d", len(jobs), next, full)
		}
		if jobs, next = b.page(job.Filter{Limit: 1000, Cursor: next}); len(jobs) != 2 || next != "" {
			t.Fatalf("the second page has %d jobs and the cursor %q, want 2", len(jobs), next)
		}
	})
	try(t, s, "a cursor of somebody else's is refused", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		for _, cursor := range []string{"x", "!", "-1", "bm90IG91cnM", "\x00", string(make([]byte, 100_000))} {
			if _, _, err := b.store.List(context.Background(), job.Filter{Cursor: cursor}); !errors.Is(err, job.ErrCursor) {
				t.Errorf("cursor %.20q: error %v, want ErrCursor", cursor, err)
			}
		}
	})
}

func (b *bench) page(f job.Filter) ([]*job.Job, string) {
	b.t.Helper()
	jobs, next, err := b.store.List(context.Background(), f)
	if err != nil {
		b.t.Fatalf("List %+v: %v", f, err)
	}
	return jobs, next
}

// all is every job, by id.
func (b *bench) all() map[string]*job.Job {
	b.t.Helper()
	jobs := map[string]*job.Job{}
	for f := (job.Filter{Limit: 1000}); ; {
		page, next := b.page(f)
		for _, j := range page {
			jobs[j.ID] = j
		}
		if next == "" {
			return jobs
		}
		f.Cursor = next
	}
}
