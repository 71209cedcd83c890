package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

func (p *probe) health(ctx context.Context) error {
	health, err := p.Health(ctx)
	if err != nil {
		return err
	}
	if health.Status != "healthy" {
		return fmt.Errorf("the server says that it is %q", health.Status)
	}
	ready, err := p.Ready(ctx)
	if err == nil && ready.Status != "ready" {
		err = fmt.Errorf("the server is %s: %v", ready.Status, ready.Parts)
	}
	return err
}

func (p *probe) metrics(ctx context.Context) error {
	got, err := p.call(ctx, "GET", "/metrics", nil, nil)
	if err != nil {
		return err
	}
	for _, name := range []string{"morag_jobs{", "morag_job_claim_seconds_bucket", "morag_polls_waiting "} {
		if got.status != http.StatusOK || !strings.Contains(string(got.body), "\n"+name) {
			return fmt.Errorf("the metrics are answered %d without %s", got.status, name)
		}
	}
	return nil
}

// task looks for a finished ingestion everywhere that tasks are told of.
func (p *probe) task(ctx context.Context) error {
	task, err := p.ingest(ctx, "task.txt", "A text for "+word(p.name+"task")+".", client.IngestOptions{Options: option.Options{DocumentID: p.name + "-task"}})
	if err != nil {
		return err
	}
	if err := succeeded(task); err != nil {
		return err
	}
	if task.Stage != "completed" || task.Progress != 1 || task.CompletedAt == nil || task.StartedAt == nil || task.Error != nil {
		return fmt.Errorf("the ended task has stage %s, progress %v, error %q, or lacks its times", task.Stage, task.Progress, deref(task.Error))
	}
	page, err := p.Tasks(ctx, client.TaskFilter{List: client.List{Limit: 1000}})
	if err != nil {
		return fmt.Errorf("list the tasks: %w", err)
	}
	if !slices.ContainsFunc(page.Tasks, func(t wire.Task) bool { return t.TaskID == task.TaskID }) {
		return errors.New("the list of tasks lacks the newest one")
	}
	active, err := p.ActiveTasks(ctx)
	if err != nil {
		return fmt.Errorf("list the active tasks: %w", err)
	}
	if slices.Contains(active.ActiveTasks, task.TaskID) || active.Count != len(active.ActiveTasks) {
		return errors.New("the active tasks hold one that has ended, or are miscounted")
	}
	stats, err := p.QueueStats(ctx)
	if err != nil {
		return fmt.Errorf("count the tasks: %w", err)
	}
	if stats.Completed < 1 {
		return errors.New("the queue's statistics do not count the completed task")
	}
	err = p.CancelTask(ctx, task.TaskID)
	return refused("a cancel of a task that has ended", http.StatusConflict, err)
}

// convert has the server answer a text at once.
func (p *probe) convert(ctx context.Context) error {
	marker := word(p.name + "convert")
	path, err := p.write("convert.md", "# A title\n\nWith a "+marker+" below it.\n")
	if err != nil {
		return err
	}
	done, err := p.ProcessFile(ctx, path, wire.Process{Mode: "convert"}, nil)
	if err != nil {
		return err
	}
	if !done.Success || done.Mode != "convert" || !strings.Contains(deref(done.Content), marker) {
		return fmt.Errorf("the conversion is answered success %v, mode %q, content %.80q", done.Success, done.Mode, deref(done.Content))
	}
	documents, err := p.hits(ctx, marker, nil)
	if err != nil {
		return err
	}
	for _, id := range documents {
		if d, err := p.Document(ctx, id); err == nil && deref(d.SourceName) == "convert.md" {
			return errors.New("a file that was only to be converted is stored")
		}
	}
	return nil
}

// uploadOnce sends an upload twice under one key, and another one.
func (p *probe) uploadOnce(ctx context.Context) error {
	key, id := p.name+"-upload", p.name+"-once"
	post := func(text string) (wire.Ingested, error) {
		path, err := p.write("once.txt", text)
		if err != nil {
			return wire.Ingested{}, err
		}
		created, err := p.IngestFile(ctx, path, client.IngestOptions{Options: option.Options{DocumentID: id}, IdempotencyKey: key})
		if err == nil {
			p.remember(created)
		}
		return created, err
	}
	text := "Once and only once: " + word(key) + "."
	first, err := post(text)
	if err != nil {
		return err
	}
	second, err := post(text)
	if err != nil {
		return fmt.Errorf("the same upload again: %w", err)
	}
	if first.TaskID != second.TaskID || first.DocumentID != second.DocumentID {
		return fmt.Errorf("the same upload made task %s, then task %s", first.TaskID, second.TaskID)
	}
	_, err = post(text + " Or not.")
	if err := refused("another upload under the same Idempotency-Key", http.StatusUnprocessableEntity, err); err != nil {
		return err
	}
	task, err := p.WaitTask(ctx, first.TaskID, nil)
	if err != nil {
		return err
	}
	return succeeded(task)
}

// slash asks for the same with and without a slash at the end.
func (p *probe) slash(ctx context.Context) error {
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/health/", ""},
		{"GET", "/api/v1/remote-jobs/statistics/", ""},
		{"GET", "/api/v1/remote-jobs/", ""},
		{"GET", "/api/v1/remote-jobs", ""},
		{"GET", "/api/v1/tasks/", ""},
		{"GET", "/api/v1/documents/", ""},
		{"POST", "/api/v1/search/", `{"query": "anything"}`},
		{"POST", "/search", `{"query": "anything"}`},
	} {
		got, err := p.call(ctx, c.method, c.path, nil, strings.NewReader(c.body))
		if err != nil {
			return err
		}
		if got.status != http.StatusOK {
			return fmt.Errorf("%s %s is answered %d, want 200", c.method, c.path, got.status)
		}
	}
	return nil
}

// refusal is nil when a is a refusal as the contract has it.
func (a answer) refusal(what string, status int) error {
	if a.status != status {
		return fmt.Errorf("%s is answered %d, want %d: %.200s", what, a.status, status, a.body)
	}
	var body struct {
		Detail string `json:"detail"`
	}
	mediaType, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err := json.Unmarshal(a.body, &body); err != nil || mediaType != "application/json" {
		return fmt.Errorf("%s: the answer %.200q is no JSON", what, a.body)
	}
	if body.Detail == "" || strings.ContainsAny(body.Detail, "\n\r\t") || strings.Contains(body.Detail, ".go:") {
		return fmt.Errorf("%s: detail is %q, want one sentence", what, body.Detail)
	}
	return nil
}

// refusals asks in every wrong way that leaves nothing behind.
func (p *probe) refusals(ctx context.Context) error {
	const nobody = "selftest-nobody"
	large := `{"query": "` + strings.Repeat("x", 1<<20) + `"}` // not much more than the limit, or the answer may be cut off
	var errs []error
	for _, c := range []struct {
		what, method, path, body string
		status                   int
	}{
		{"a path that is not there", "GET", "/api/v1/nothing", "", 404},
		{"a task that is not there", "GET", "/api/v1/status/" + nobody, "", 404},
		{"a job that is not there", "GET", "/api/v1/remote-jobs/" + nobody, "", 404},
		{"a document that is not there", "GET", "/api/v1/documents/" + nobody, "", 404},
		{"a heartbeat for no job", "POST", "/api/v1/remote-jobs/" + nobody + "/heartbeat", `{"worker_id": "w"}`, 404},
		{"a wrong method", "DELETE", "/api/v1/search", "", 405},
		{"a search that is no JSON", "POST", "/api/v1/search", `{"query": `, 400},
		{"a search for nothing", "POST", "/api/v1/search", `{}`, 422},
		{"a search for a number", "POST", "/api/v1/search", `{"query": 1}`, 422},
		{"a search for too much", "POST", "/api/v1/search", `{"query": "x", "limit": 101}`, 422},
		{"a body over its limit", "POST", "/api/v1/search", large, 413},
		{"a poll without worker_id", "GET", "/api/v1/remote-jobs/poll?content_types=" + p.name, "", 422},
		{"a poll without content_types", "GET", "/api/v1/remote-jobs/poll?worker_id=" + p.worker("a"), "", 422},
		{"a list of an unknown status", "GET", "/api/v1/remote-jobs?status=asleep", "", 422},
		{"a cursor of nobody", "GET", "/api/v1/remote-jobs?cursor=nonsense", "", 422},
		{"a job outside the allowed folders", "POST", "/api/v1/remote-jobs",
			`{"source_file_path": "selftest/outside", "content_type": "` + p.name + `", "ingestion_task_id": "` + p.name + `"}`, 403},
		{"a job whose source is not there", "POST", "/api/v1/remote-jobs",
			`{"source_file_path": "blob:selftest-nothing", "content_type": "` + p.name + `", "ingestion_task_id": "` + p.name + `"}`, 422},
		{"a job without a source", "POST", "/api/v1/remote-jobs", `{"content_type": "audio", "ingestion_task_id": "x"}`, 422},
	} {
		got, err := p.call(ctx, c.method, c.path, nil, strings.NewReader(c.body))
		if err == nil {
			err = got.refusal(c.what, c.status)
		}
		errs = append(errs, err)
	}
	for _, c := range []struct {
		what   string
		status int
		file   string // "" for none
		fields map[string]string
	}{
		{"an upload without a file", 400, "", nil},
		{"chunk_size below its bound", 422, "text", map[string]string{"chunk_size": "10"}},
		{"metadata that is no JSON", 400, "text", map[string]string{"metadata": "{"}},
		{"a document_id that is a path", 422, "text", map[string]string{"document_id": "../x"}},
		{"a webhook that is no address", 422, "text", map[string]string{"webhook_url": "ftp://example.com/"}},
	} {
		contentType, body, err := formOf(c.file, c.fields)
		if err != nil {
			return err
		}
		got, err := p.call(ctx, "POST", "/api/v1/ingest/file", http.Header{"Content-Type": {contentType}}, body)
		if err == nil {
			err = got.refusal(c.what, c.status)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// formOf is a multipart form with a file, unless it is empty, and fields.
func formOf(file string, fields map[string]string) (contentType string, body *bytes.Buffer, err error) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for name, value := range fields {
		err = errors.Join(err, w.WriteField(name, value))
	}
	if file != "" {
		part, e := w.CreateFormFile("file", "selftest.txt")
		if e == nil {
			_, e = part.Write([]byte(file))
		}
		err = errors.Join(err, e)
	}
	return w.FormDataContentType(), body, errors.Join(err, w.Close())
}
