package tasktest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"morag/internal/task"
)

// ids are the tasks' ids, in order.
func ids(tasks []*task.Task) string {
	all := make([]string, len(tasks))
	for i, t := range tasks {
		all[i] = t.ID
	}
	return strings.Join(all, " ")
}

func listGoesByPages(b *bench) {
	for i := range 7 {
		b.submit(fmt.Sprint(i))
	}
	var pages []string
	f := task.Filter{Limit: 3}
	for {
		page, next, err := b.List(b.Context(), f)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, ids(page))
		b.submit("new" + fmt.Sprint(len(pages)))
		if next == "" {
			break
		}
		f.Cursor = next
	}
	if got := strings.Join(pages, "|"); got != "6 5 4|3 2 1|0" {
		b.Errorf("pages: %s", got)
	}
	whole, next, err := b.List(b.Context(), task.Filter{Limit: 10})
	if err != nil || len(whole) != 10 || next != "" {
		b.Errorf("the page that holds all has %d and continues at %q (%v)", len(whole), next, err)
	}
	if empty, next, err := b.List(b.Context(), task.Filter{Owner: "nobody"}); err != nil || len(empty) != 0 || next != "" {
		b.Errorf("nobody has %d tasks, continued at %q (%v)", len(empty), next, err)
	}
	for i := range 100 {
		b.submit(fmt.Sprint("more", i))
	}
	if page, next, err := b.List(b.Context(), task.Filter{}); err != nil || len(page) != 100 || next == "" {
		b.Errorf("the default page has %d and continues at %q (%v)", len(page), next, err)
	}
}

func listSelects(b *bench) {
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		b.submit(id, owner(map[bool]string{true: "even", false: "odd"}[strings.Contains("246", id)]))
	}
	for range 4 {
		b.claim("r")
	}
	b.update("1", func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	b.update("2", func(t *task.Task, now time.Time) error { return t.Fail(1, "no", now) })
	b.update("3", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	for _, c := range []struct {
		filter task.Filter
		want   string
	}{
		{task.Filter{}, "6 5 4 3 2 1"},
		{task.Filter{Owner: "odd"}, "5 3 1"},
		{task.Filter{Status: []task.Status{task.Pending}}, "6 5"},
		{task.Filter{Status: []task.Status{task.Pending, task.Progress}}, "6 5 4"},
		{task.Filter{Status: []task.Status{task.Success, task.Revoked, task.Success}}, "3 1"},
		{task.Filter{Owner: "even", Status: []task.Status{task.Failure, task.Progress, task.Success}}, "4 2"},
		{task.Filter{Owner: "odd", Status: []task.Status{task.Failure}}, ""},
		{task.Filter{Prefix: "4"}, "4"},
		{task.Filter{Prefix: "4", Owner: "odd"}, ""},
		{task.Filter{Prefix: "4", Status: []task.Status{task.Pending, task.Progress}}, "4"},
		{task.Filter{Prefix: "%"}, ""},
		{task.Filter{Status: []task.Status{"'; DROP TABLE task"}}, ""},
	} {
		got, _, err := b.List(b.Context(), c.filter)
		if err != nil || ids(got) != c.want {
			b.Errorf("%+v: %s, want %s (%v)", c.filter, ids(got), c.want, err)
		}
	}
	for _, of := range [][]task.Status{{task.Pending, task.Progress}, {task.Failure}} {
		want := map[task.Status]int{}
		for _, st := range of {
			want[st] = map[task.Status]int{task.Pending: 2, task.Progress: 1, task.Failure: 1}[st]
		}
		if got, err := b.Count(b.Context(), "", of...); err != nil || same(want, got) != "" {
			b.Errorf("count of %v: %v (%v)", of, got, err)
		}
	}
	if got, err := b.Count(b.Context(), "odd", task.Pending); err != nil || len(got) != 1 || got[task.Pending] != 1 {
		b.Errorf("count of one owner's pending: %v (%v)", got, err)
	}
	for name, want := range map[string]map[task.Status]int{
		"":       {task.Pending: 2, task.Progress: 1, task.Success: 1, task.Failure: 1, task.Revoked: 1},
		"odd":    {task.Pending: 1, task.Success: 1, task.Revoked: 1},
		"nobody": {},
	} {
		got, err := b.Count(b.Context(), name)
		if diff := same(want, got); err != nil || diff != "" {
			b.Errorf("count of %q (%v):\n%s", name, err, diff)
		}
	}
}

func listRefusesForeignCursors(b *bench) {
	b.submit("a")
	for _, c := range []string{"0", "-1", "+1", "01", " 1", "A", "ä", "1;", "zzzzzzzzzzzzzzzzzz", strings.Repeat("9", 1<<16), "\x00"} {
		if _, _, err := b.List(b.Context(), task.Filter{Cursor: c}); !errors.Is(err, task.ErrCursor) {
			b.Errorf("cursor %.20q: %v", c, err)
		}
	}
	if got, _, err := b.List(b.Context(), task.Filter{Cursor: "1"}); err != nil || len(got) != 0 {
		b.Errorf("after the oldest there are %d (%v)", len(got), err)
	}
}

// pagesHoldSoManyBytes: a page is over with the task that fills it, whatever was asked for.
func pagesHoldSoManyBytes(b *bench) {
	const each = task.PageBytes / 8
	large := task.Options{Metadata: []byte(`{"a":"` + strings.Repeat("x", each-8) + `"}`)}
	for i := range 9 {
		b.parked(fmt.Sprint(i), "audio", b.Now().Add(time.Hour), large)
	}
	f := task.Filter{Limit: 1000}
	page, next, err := b.List(b.Context(), f)
	if err != nil || ids(page) != "8 7 6 5 4 3 2 1" || next == "" {
		b.Fatalf("the first page of a list: %s, continued at %q (%v)", ids(page), next, err)
	}
	f.Cursor = next
	if page, next, err = b.List(b.Context(), f); err != nil || ids(page) != "0" || next != "" {
		b.Errorf("the second: %s, continued at %q (%v)", ids(page), next, err)
	}
	w := task.Wait{Limit: 1000}
	if page, w.Cursor, err = b.WaitingForJobs(b.Context(), w); err != nil || ids(page) != "0 1 2 3 4 5 6 7" || w.Cursor == "" {
		b.Fatalf("the first page of those that wait: %s, continued at %q (%v)", ids(page), w.Cursor, err)
	}
	if page, next, err = b.WaitingForJobs(b.Context(), w); err != nil || ids(page) != "8" || next != "" {
		b.Errorf("the second: %s, continued at %q (%v)", ids(page), next, err)
	}
}
