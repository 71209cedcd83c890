package torture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"morag/internal/wire"
)

const (
	jobsPath   = "/api/v1/remote-jobs"
	tasksPath  = "/api/v1/tasks"
	ingestPath = "/api/v1/ingest"
	statusPath = "/api/v1/status"
)

// timeout is how long a client waits for an answer, the wait of a poll included.
const timeout = 30 * time.Second

// client asks the server and notes everything in the history. It is safe for
// concurrent use.
type client struct {
	url     string
	http    *http.Client
	history *history
}

func newClient(url string, h *history) *client {
	return &client{url: url, history: h, http: &http.Client{Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
}

// ask sends one request and notes it. The error tells only that no answer came;
// unsent that the request has not left.
func (c *client) ask(ctx context.Context, method, path string, header http.Header, body []byte) (*call, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	done := understand(req, body)
	done.Start = c.history.now()
	answer, err := c.send(req, done)
	done.End = c.history.now()
	if refused(err) && done.Key == "" { // with a key, net/http may have sent it before
		return done, nil, errUnsent
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)) {
		done.End = never // the server lives and may still be at it
	}
	done.learn(answer)
	c.history.add(done)
	c.history.answered(done)
	return done, answer, err
}

// errUnsent: the server is not there, so the request cannot have done anything.
var errUnsent = errors.New("nobody listens")

// send returns the body, whole; done.Status is set only then.
func (c *client) send(req *http.Request, done *call) ([]byte, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	done.Status = resp.StatusCode
	return answer, nil
}

// understand makes a call of a request.
func understand(req *http.Request, body []byte) *call {
	c := &call{Verb: other, Key: req.Header.Get("Idempotency-Key")}
	path, query := req.URL.Path, req.URL.Query()
	if rest, ok := strings.CutPrefix(path, jobsPath); ok {
		c.understandJob(req.Method, strings.Trim(rest, "/"), query, body)
	} else if rest, ok := strings.CutPrefix(path, tasksPath+"/"); ok && strings.HasSuffix(rest, "/retry") {
		c.Verb, c.ID = taskRetry, strings.TrimSuffix(rest, "/retry")
	} else if path == ingestPath+"/file" {
		c.understandUpload(req.Header.Get("Content-Type"), body)
	} else if rest, ok := strings.CutPrefix(path, ingestPath+"/"); ok {
		c.Verb, c.ID = revoke, rest
	} else if rest, ok := strings.CutPrefix(path, statusPath+"/"); ok {
		c.Verb, c.ID = taskShow, rest
	}
	return c
}

func (c *call) understandJob(method, rest string, query url.Values, body []byte) {
	switch rest {
	case "":
		if c.Verb = list; method == http.MethodPost {
			var in wire.JobCreate
			_ = json.Unmarshal(body, &in)
			c.Verb, c.Task = create, in.IngestionTaskID
		}
		return
	case "poll":
		c.Verb, c.Worker = poll, query.Get("worker_id")
		return
	case "statistics", "cleanup":
		return
	}
	id, what, _ := strings.Cut(rest, "/")
	c.ID = id
	switch what {
	case "":
		c.Verb = show
		return
	case "download": // its answer is no JSON, and it changes nothing
		return
	}
	c.Verb = verb(what)
	var in wire.JobResult // its worker_id and attempt are called so everywhere
	_ = json.Unmarshal(body, &in)
	c.Worker, c.Attempt = in.WorkerID, in.Attempt
	if c.Verb == result {
		c.Success, c.Digest = in.Success, sum(body)
		if in.Content != nil {
			c.Text = sum([]byte(*in.Content))
		}
	}
}

func (c *call) understandUpload(contentType string, body []byte) {
	c.Verb = upload
	_, params, _ := mime.ParseMediaType(contentType)
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return
		}
		value, _ := io.ReadAll(part)
		switch part.FormName() {
		case "file":
			c.Digest = sum(value)
		case "remote":
			c.Remote = string(value) == "true"
		}
	}
}

// learn takes what the checks need from the answer.
func (c *call) learn(answer []byte) {
	if c.Status == 0 {
		return
	}
	var out struct {
		wire.JobRecord        // show
		JobID          string `json:"job_id"`
		TaskID         string `json:"task_id"`
		Detail         string `json:"detail"`
		Jobs           []struct {
			wire.JobRecord
			JobID string `json:"job_id"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return
	}
	c.Detail, c.Outcome = out.Detail, out.JobRecord.Status
	if c.Status != http.StatusOK {
		return
	}
	switch c.Verb {
	case create:
		c.ID = out.JobID
	case upload:
		c.ID = out.TaskID
	case poll:
		for _, j := range out.Jobs {
			c.Seen = append(c.Seen, sight{Job: j.JobID, Attempt: j.Attempt, Revision: -1})
		}
	case list:
		for _, j := range out.Jobs {
			c.Seen = append(c.Seen, sight{j.ID, j.JobRecord.Status, j.Attempt, j.Revision})
		}
	case show:
		c.Seen = []sight{{out.ID, out.JobRecord.Status, out.JobRecord.Attempt, out.Revision}}
	case status, release, cancel, retry, reassign:
		c.Seen = []sight{{out.JobID, out.JobRecord.Status, out.JobRecord.Attempt, -1}}
	}
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// post sends a JSON object.
func (c *client) post(ctx context.Context, path, key string, body any) (*call, []byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, nil, err
	}
	return c.ask(ctx, http.MethodPost, path, keyed(key), raw)
}

func keyed(key string) http.Header {
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	return header
}

// get asks for something that nobody can change by asking, and decodes the answer.
func (c *client) get(ctx context.Context, path string, into any) error {
	done, answer, err := c.ask(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if done.Status != http.StatusOK {
		return fmt.Errorf("%s: status %d: %s", path, done.Status, done.Detail)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// form is a multipart form with a file.
func form(fields map[string]string, name string, file []byte) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, value := range fields {
		_ = w.WriteField(field, value) // into memory
	}
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}})
	_, _ = part.Write(file)
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// ingest uploads a file. The same key again sends the same request.
func (c *client) ingest(ctx context.Context, key string, fields map[string]string, name string, file []byte) (*call, error) {
	contentType, body := form(fields, name, file)
	header := keyed(key)
	header.Set("Content-Type", contentType)
	done, _, err := c.ask(ctx, http.MethodPost, ingestPath+"/file", header, body)
	return done, err
}
