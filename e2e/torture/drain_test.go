package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"morag/internal/wire"
)

// drainTime is how long honest workers may take to finish everything: the longest
// that a job waits for a worker that is gone (its lease, or its deadline) and what
// their work takes on a busy machine.
const drainTime = 5 * time.Minute

// drain lets honest workers finish everything, and tells what they could not.
func (w *world) drain() (stranded []string) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	working, stop := context.WithCancel(ctx)
	var crowd sync.WaitGroup
	for i, name := range w.names {
		a := &actor{world: w, name: "honest-" + name, choose: random(uint64(1000 + i))}
		crowd.Go(func() {
			for working.Err() == nil {
				a.finish(working, name)
			}
		})
	}
	defer crowd.Wait()
	defer stop()
	again := true
	for {
		jobs, tasks := w.unfinished(ctx)
		if len(jobs)+len(tasks) == 0 && again {
			again = w.reopen(ctx) // once more, with what that starts
			continue
		}
		if len(jobs)+len(tasks) == 0 || ctx.Err() != nil {
			return append(jobs, tasks...)
		}
		w.subject.alive()
		pause(ctx, 200*time.Millisecond)
	}
}

// finish is an honest worker: it downloads and checks the source and delivers a good
// result.
func (a *actor) finish(ctx context.Context, name string) {
	held, err := a.claim(ctx, name, 4, time.Second)
	if err != nil {
		pause(ctx, 50*time.Millisecond)
		return
	}
	for _, g := range held {
		a.download(ctx, g)
		a.deliver(ctx, g, a.good(g))
	}
}

// claim polls for at most so many jobs, with the shortest lease there is.
func (w *world) claim(ctx context.Context, worker string, most int, wait time.Duration) ([]grant, error) {
	var found wire.Poll
	path := fmt.Sprintf("%s/poll?worker_id=%s&content_types=document&max_jobs=%d&wait=%g&lease=%g", jobsPath, worker, most, wait.Seconds(), lease.Seconds())
	if err := w.get(ctx, path, &found); err != nil {
		return nil, err
	}
	held := make([]grant, 0, len(found.Jobs))
	for _, j := range found.Jobs {
		held = append(held, grantOf(j, worker, true))
	}
	return held, nil
}

// lease is the shortest that the server grants.
const lease = 15 * time.Second

// unfinished lists what has not come to an end.
func (w *world) unfinished(ctx context.Context) (jobs, tasks []string) {
	for _, status := range []string{"pending", "processing"} {
		var page wire.Jobs
		if err := w.get(ctx, jobsPath+"?limit=1000&status="+status, &page); err != nil {
			return []string{err.Error()}, nil
		}
		for _, raw := range page.Jobs {
			jobs = append(jobs, fmt.Sprintf("job in %s: %.2000s", status, raw))
		}
	}
	var active wire.ActiveTasks
	if err := w.get(ctx, statusPath, &active); err != nil {
		return jobs, []string{err.Error()}
	}
	for _, id := range active.ActiveTasks {
		var t wire.Task
		if err := w.get(ctx, statusPath+"/"+id, &t); err != nil {
			return jobs, []string{err.Error()}
		}
		if t.Status == "PENDING" || t.Status == "PROGRESS" {
			raw, _ := json.Marshal(t)
			tasks = append(tasks, fmt.Sprintf("task: %s", raw))
		}
	}
	if len(jobs)+len(tasks) == 0 {
		all := w.allTasks(ctx)
		jobs, tasks = w.unheard(ctx, all), untold(all)
	}
	return jobs, tasks
}

// unheard lists the completed jobs of clients whose text is not taken in yet: the server
// died before that, and looks for such ends every now and then.
func (w *world) unheard(ctx context.Context, tasks []wire.Task) (jobs []string) {
	taken := map[string]bool{}
	for _, t := range tasks {
		taken[t.TaskID] = true
	}
	for _, raw := range everything[json.RawMessage](ctx, w, jobsPath+"?status=completed", "jobs") {
		var j wire.JobRecord
		if err := json.Unmarshal(raw, &j); err != nil {
			w.t.Fatal(err)
		}
		if bringsTask(j) && !taken[j.IngestionTaskID] {
			jobs = append(jobs, fmt.Sprintf("completed job without a task: %.2000s", raw))
		}
	}
	return jobs
}

// untold lists the ends that a webhook is still to be told of.
func untold(all []wire.Task) (tasks []string) {
	for _, t := range all {
		if t.Webhook != nil && t.Webhook.NextTryAt != nil {
			raw, _ := json.Marshal(t)
			tasks = append(tasks, fmt.Sprintf("webhook: %s", raw))
		}
	}
	return tasks
}

// reopen retries the tasks that failed because the server died under them too often,
// and tells whether there were any: an operator's one way out of that.
func (w *world) reopen(ctx context.Context) bool {
	found := false
	for _, t := range w.allTasks(ctx) {
		if t.Status == "FAILURE" && t.Error != nil && strings.Contains(*t.Error, "the server died") {
			c, _, err := w.post(ctx, tasksPath+"/"+t.TaskID+"/retry", "", struct{}{})
			if err != nil || !c.acknowledged() {
				w.history.fault("task %s (%s) could not be retried: %v %+v", t.TaskID, *t.Error, err, c)
			}
			found = true
		}
	}
	return found
}

// everything lists all that the pages at path hold in field.
func everything[T any](ctx context.Context, w *world, path, field string) []T {
	var all []T
	for cursor := ""; ; {
		var page map[string]json.RawMessage
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		if err := w.get(ctx, path+sep+"limit=500&cursor="+cursor, &page); err != nil {
			w.t.Fatal(err)
		}
		var rows []T
		var next *string
		if err := errors.Join(json.Unmarshal(page[field], &rows), json.Unmarshal(page["next_cursor"], &next)); err != nil {
			w.t.Fatalf("%s: %v", path, err)
		}
		all = append(all, rows...)
		if next == nil {
			return all
		}
		cursor = *next
	}
}

func (w *world) allTasks(ctx context.Context) []wire.Task {
	return everything[wire.Task](ctx, w, tasksPath, "tasks")
}

// raw returns a body as it is, nil for what is not there.
func (w *world) raw(ctx context.Context, path string) []byte {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.client.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	return body.Bytes()
}
