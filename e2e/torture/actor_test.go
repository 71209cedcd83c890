package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"morag/internal/wire"
)

// make creates a job for a file that is already there, with or without a key that
// lets it be asked for again.
func (a *actor) make(ctx context.Context) {
	a.count++
	task := fmt.Sprintf("made-%s-%d", a.name, a.count)
	job := wire.JobCreate{
		SourceFilePath: a.sources[a.choose.IntN(len(a.sources))].path, ContentType: "document", IngestionTaskID: task,
		TaskOptions: json.RawMessage(`{"chunk_size": 500, "chunk_overlap": 0}`),
	}
	if a.chance(0.3) {
		job.TaskOptions = json.RawMessage(`{"store_in_vector_db": false}`)
	}
	if a.chance(0.3) {
		n := 6 + a.choose.IntN(10)
		job.TimeoutSeconds = &n
	}
	if a.chance(0.3) {
		n := a.choose.IntN(3)
		job.MaxRetries = &n
	}
	if a.chance(0.2) {
		n := a.choose.IntN(3) - 1
		job.Priority = &n
	}
	key := ""
	if a.chance(0.5) {
		key = "key-" + task
	}
	c := a.until(ctx, key != "", func() (*call, error) {
		c, _, err := a.post(ctx, jobsPath, key, job)
		return c, err
	})
	if c != nil && c.acknowledged() {
		a.know(&a.made, c.ID)
	}
	pause(ctx, a.upTo(80))
}

// upload sends a file to be ingested; now and then one that was sent before.
func (a *actor) upload(ctx context.Context) {
	a.count++
	n := a.count
	if a.chance(0.1) {
		n = 1 + a.choose.IntN(n)
	}
	name := fmt.Sprintf("%s-%d", a.name, n)
	fields := map[string]string{"remote": "true", "chunk_size": "500", "chunk_overlap": "0", "webhook_url": a.hooks.URL, "webhook_secret": "s"}
	if a.chance(0.2) {
		fields["fallback_to_local"] = "false"
	}
	if a.chance(0.1) {
		fields["remote"] = "false"
	}
	key := ""
	if a.chance(0.5) {
		key = fmt.Sprintf("key-%s-%d", a.name, a.count)
	}
	file := []byte(uploadText(name))
	c := a.until(ctx, key != "", func() (*call, error) { return a.ingest(ctx, key, fields, name+".txt", file) })
	if c != nil && c.acknowledged() {
		a.know(&a.tasks, c.ID)
	}
	pause(ctx, a.upTo(150))
}

// operate does what an operator, or a client that has changed its mind, may do to
// any job and any task at any time.
func (a *actor) operate(ctx context.Context) {
	defer pause(ctx, a.upTo(40))
	if a.chance(0.15) {
		if id, ok := pick(a.world, a.choose, &a.tasks); ok {
			if a.chance(0.3) {
				_, _, _ = a.ask(ctx, http.MethodDelete, ingestPath+"/"+id, nil, nil)
			} else {
				_, _, _ = a.post(ctx, tasksPath+"/"+id+"/retry", "", struct{}{})
			}
		}
		return
	}
	id, ok := pick(a.world, a.choose, &a.made)
	if !ok {
		return
	}
	var change wire.JobChange
	what := retry
	switch n := a.choose.IntN(10); {
	case n < 3:
		what = cancel
	case n < 5:
		what = reassign
		if a.chance(0.5) {
			change.WorkerID = a.names[a.choose.IntN(len(a.names))]
		}
	case n < 6:
		what = release
	}
	_, _, _ = a.post(ctx, fmt.Sprintf("%s/%s/%s", jobsPath, id, what), "", change)
}

// observe looks at what can be seen.
func (a *actor) observe(ctx context.Context) {
	if a.chance(0.1) {
		a.observeAll(ctx)
		return
	}
	if id, ok := pick(a.world, a.choose, &a.tasks); ok && a.chance(0.3) {
		_, _, _ = a.ask(ctx, http.MethodGet, statusPath+"/"+id, nil, nil)
		return
	}
	if id, ok := pick(a.world, a.choose, &a.made); ok {
		path := jobsPath + "/" + id
		if a.chance(0.5) {
			path += "/status"
		}
		_, _, _ = a.ask(ctx, http.MethodGet, path, nil, nil)
	}
}

// observeAll walks through the list of jobs, as far as it gets.
func (a *actor) observeAll(ctx context.Context) {
	seen := map[string]bool{}
	for cursor := ""; ; {
		var page wire.Jobs
		if err := a.get(ctx, jobsPath+"?limit=200&cursor="+cursor, &page); err != nil {
			return
		}
		for _, raw := range page.Jobs {
			var j wire.JobRecord
			if err := json.Unmarshal(raw, &j); err != nil {
				a.history.fault("the list holds %q: %v", raw, err)
			}
			if seen[j.ID] {
				a.history.fault("the list shows job %s twice", j.ID)
			}
			seen[j.ID] = true
			if j.IngestionTaskID != "" && a.chance(0.05) {
				a.know(&a.made, j.ID) // also jobs that tasks have made
			}
		}
		if page.NextCursor == nil || len(seen) > 2000 {
			return
		}
		cursor = *page.NextCursor
	}
}
