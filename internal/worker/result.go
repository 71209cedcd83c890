package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"morag/internal/client"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

// maxErrorMessage bounds the sentence of an error result.
const maxErrorMessage = 2 << 10

// resultOf is what is sent for an attempt: its document, or why there is none.
func resultOf(a *attempt, doc *content.Document, err error, took time.Duration) wire.JobResult {
	r := wire.JobResult{
		Success:        err == nil,
		WorkerID:       a.claim.WorkerID,
		Attempt:        a.claim.Attempt,
		ProcessingTime: math.Round(took.Seconds()*1000) / 1000,
	}
	if err != nil {
		var retryable bool
		r.ErrorMessage, retryable = verdict(err, a)
		r.Retryable = &retryable
		return r
	}
	text := strings.ToValidUTF8(doc.Content, "\uFFFD")
	r.Content = &text // also of a recording in which nobody speaks
	r.Metadata = metadataOf(a, doc)
	if len(doc.Segments) > 0 {
		r.Segments = raw(a, "segments", doc.Segments)
	}
	if len(doc.Thumbnails) > 0 {
		r.Thumbnails = raw(a, "thumbnails", doc.Thumbnails)
	}
	return r
}

// verdict is the sentence for the person who sent the source, and whether the job
// may succeed elsewhere or later.
func verdict(err error, a *attempt) (message string, retryable bool) {
	message, retryable = err.Error(), true
	switch {
	case errors.Is(err, errDeadline):
		message = fmt.Sprintf("the conversion did not end within %d seconds", a.claim.Timeout)
	case errors.Is(err, convert.ErrNoEngine):
		message += " (another worker may have it)"
	case errors.Is(err, convert.ErrBadSource), errors.Is(err, convert.ErrUnsupported), errors.Is(err, convert.ErrEnded), errors.Is(err, client.ErrForeign):
		retryable = false
	}
	// An engine's complaint may repeat the path it was given.
	message = strings.ReplaceAll(message, a.folder.sourcePath(), "the source")
	message = strings.ReplaceAll(message, a.folder.spool.dir, "")
	return strings.ToValidUTF8(message[:min(len(message), maxErrorMessage)], ""), retryable
}

// metadataOf is the document's metadata with its warnings. A value that JSON does
// not have (NaN, a channel) costs itself only.
func metadataOf(a *attempt, doc *content.Document) json.RawMessage {
	all := map[string]any{}
	maps.Copy(all, doc.Metadata)
	if _, taken := all["warnings"]; !taken && len(doc.Warnings) > 0 {
		all["warnings"] = doc.Warnings
	}
	if doc.Fetched != "" {
		all[wire.FetchedName] = doc.Fetched
	}
	if data, err := json.Marshal(all); err == nil {
		return data
	}
	for name, v := range all {
		if _, err := json.Marshal(v); err != nil {
			a.log.Warn("metadata left out", "name", name, "err", err)
			delete(all, name)
		}
	}
	return raw(a, "metadata", all)
}

func raw(a *attempt, name string, v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		a.log.Warn(name+" left out", "err", err)
		return nil
	}
	return data
}

// signed is a result with its sender first, so that a server which stops reading
// where a result becomes too large knows whose it is.
type signed struct {
	WorkerID string `json:"worker_id"`
	Attempt  int    `json:"attempt,omitempty"`
	wire.JobResult
}

// encode makes the bytes that are kept and sent: always the same ones, by which the
// server knows a result that it has already taken.
func encode(r wire.JobResult) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(signed{r.WorkerID, r.Attempt, r}); err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
