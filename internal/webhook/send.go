package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"morag/internal/backoff"
	"morag/internal/task"
	"morag/internal/trace"
	"morag/internal/wire"
)

// tryTimeout bounds a try, the answer's body included, of which maxAnswer bytes are
// read: enough for an honest one, whose connection can then be used again.
const (
	tryTimeout = 15 * time.Second
	maxAnswer  = 64 << 10
)

// outcome is what came of a try.
type outcome struct {
	try  task.Try
	wish task.Wish
}

// class is the outcome as a label.
func (o outcome) class() string {
	if s := o.try.Status; s >= 200 && s < 600 {
		return strconv.Itoa(s/100) + "xx"
	}
	return "no_answer"
}

// failure is why the notice was not taken, nil when it was.
func (o outcome) failure() error {
	if o.try.Error == "" {
		return nil
	}
	return errors.New(o.try.Error)
}

// send makes one try. cut says that it was cut off by the server's end before there
// was an answer.
func (d *Deliverer) send(ctx context.Context, t *task.Task, n *task.Notice) (got outcome, cut bool) {
	inTime, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	got.try.At = d.Now()
	hook := t.Options.Webhook
	if t.SecretsGone {
		got.try.Error = "the webhook's secrets cannot be read any more: the key that they were sealed with is gone"
		got.wish.Stop = true
		return got, false
	}
	req, err := d.request(inTime, hook, messageID(t.ID, n.Seq), payload(t, n), got.try.At)
	if err != nil {
		got.try.Error = explain(err, hook)
		return got, false
	}
	resp, err := d.Client.Do(req)
	if err != nil {
		got.try.Error = explain(err, hook)
		return got, ctx.Err() != nil
	}
	got.judge(resp, d.Now())
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // for the connection's sake
	_ = resp.Body.Close()
	return got, false
}

// messageID names a notice. It is the same for every try, so that receivers can tell
// a repetition.
func messageID(taskID string, seq int) string { return fmt.Sprintf("msg_%s_%d", taskID, seq) }

func payload(t *task.Task, n *task.Notice) wire.TaskEnded {
	end := t.Outcome(n)
	out := wire.TaskEnded{
		TaskID: t.ID, Status: string(end.Status), Result: end.Result, Error: wire.Text(end.Error),
		CompletedAt: wire.At(end.CompletedAt), DocumentID: wire.Text(end.DocumentID), ProcessingMethod: wire.Text(end.Method),
	}
	if out.Result == nil {
		out.Result = json.RawMessage("null")
	}
	return out
}

func (d *Deliverer) request(ctx context.Context, hook *task.Webhook, id string, tells wire.TaskEnded, at time.Time) (*http.Request, error) {
	body, err := json.Marshal(tells)
	if err != nil {
		return nil, fmt.Errorf("encode the notice: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "morag-webhook/"+d.Version)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	if hook.Secret != "" {
		h.Set("Webhook-Signature", sign(hook.Secret, id, at, body))
	}
	if parent := trace.Parent(ctx); parent != "" {
		h.Set(trace.Header, parent)
	}
	if hook.AuthToken != "" {
		h.Set("Authorization", "Bearer "+hook.AuthToken)
	}
	return req, nil
}

// judge tells what an answer means.
func (o *outcome) judge(resp *http.Response, now time.Time) {
	o.try.Status = resp.StatusCode
	switch {
	case resp.StatusCode/100 == 2 && resp.Request.Method != http.MethodPost:
		// The status is of a request that has lost the notice.
		o.try.Error = "the receiver redirects in a way that does not keep the message (only 307 and 308 do)"
	case resp.StatusCode/100 == 2:
	default:
		o.try.Error = fmt.Sprintf("the receiver answered %d", resp.StatusCode)
	}
	switch resp.StatusCode {
	case http.StatusGone:
		o.wish.Stop = true // Standard Webhooks: the receiver wants no more
		o.try.Error += ", so that it is not asked again"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		o.wish.Wait = backoff.RetryAfter(resp.Header, now)
	}
}
