package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

	"morag/internal/content"
	"morag/internal/convert/timed"
	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/wire"
)

// maxProcessingTime is what a longer processing_time is taken for, in seconds: a worker's
// mistake must not make an average, or the time of a task, a number that means nothing.
const maxProcessingTime = 30 * 24 * 3600

// longestRecording bounds the times in a text that is made of segments, in seconds: a year.
const longestRecording = 365 * 24 * 3600

func (s *Server) result(w http.ResponseWriter, r *http.Request, in jobPath) error {
	id := in.ID
	body, err := readBody(r, s.MaxResultSize)
	if errors.Is(err, errTooLong) {
		defer body.free()
		return s.resultTooLarge(r, id, body.raw)
	}
	if err != nil {
		return err
	}
	defer body.free()
	result, err := decodeResult(body.raw)
	if err != nil {
		return err
	}
	result.Key = callerOf(r).Name
	outcome, continued, err := s.Dispatch.Result(r.Context(), id, result)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.JobResultTaken{Status: string(outcome), IngestionContinued: continued})
}

// resultTooLarge fails the attempt of whoever sent the result for good. As much
// again is read and dropped, so that most clients come to read the answer.
func (s *Server) resultTooLarge(r *http.Request, id string, start []byte) error {
	detail := fmt.Sprintf("the result is larger than %d bytes (MORAG_MAX_RESULT_SIZE)", s.MaxResultSize)
	_, _ = io.CopyN(io.Discard, r.Body, s.MaxResultSize)
	workerID, attempt := sender(start)
	s.Dispatch.TooLarge(r.Context(), id, dispatch.Holder{Key: callerOf(r).Name, WorkerID: workerID, Attempt: attempt}, detail)
	return problem(http.StatusRequestEntityTooLarge, "%s", detail)
}

// sender finds who sent a result in the beginning of one that was cut off.
func sender(start []byte) (workerID string, attempt int) {
	dec := json.NewDecoder(bytes.NewReader(start))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", 0
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			break
		}
		var into any = new(json.RawMessage)
		switch key {
		case "worker_id":
			into = &workerID
		case "attempt":
			into = &attempt
		}
		if dec.Decode(into) != nil {
			break
		}
	}
	return workerID, attempt
}

// decodeResult reads what a worker sent. Its digest is of the bytes as they came,
// so that the same result sent again is known as such.
func decodeResult(body []byte) (dispatch.Result, error) {
	var in struct {
		wire.JobResult
		Success *bool `json:"success"`
	}
	if err := decodeLarge(body, "the body", &in); err != nil {
		return dispatch.Result{}, err
	}
	if in.Success == nil {
		return dispatch.Result{}, invalid("success is missing")
	}
	if in.ProcessingTime < 0 || math.IsInf(in.ProcessingTime, 0) {
		return dispatch.Result{}, invalid("processing_time must be a number of seconds, 0 or more")
	}
	if in.Attempt < 0 {
		return dispatch.Result{}, invalid("attempt must be 1 or more")
	}
	in.ProcessingTime = min(in.ProcessingTime, maxProcessingTime)
	digest := sha256.Sum256(body)
	out := dispatch.Result{
		WorkerID: in.WorkerID, Attempt: in.Attempt, Digest: hex.EncodeToString(digest[:]),
		Success: *in.Success, Message: in.ErrorMessage, Final: in.Retryable != nil && !*in.Retryable,
	}
	if !out.Success {
		return out, nil
	}
	var err error
	out.Data, err = resultData(in.JobResult)
	return out, err
}

// resultData is what is kept of a success.
func resultData(in wire.JobResult) (json.RawMessage, error) {
	metadata, err := shaped(in.Metadata, '{', "metadata must be a JSON object")
	if err != nil {
		return nil, err
	}
	if metadata == nil {
		metadata = json.RawMessage(`{}`)
	}
	metadata = boundedWarnings(metadata)
	segments, err := shaped(in.Segments, '[', "segments must be a list")
	if err != nil {
		return nil, err
	}
	thumbnails, err := shaped(in.Thumbnails, '[', "thumbnails must be a list")
	if err != nil {
		return nil, err
	}
	text, err := textOf(in.Content, segments)
	if err != nil {
		return nil, err
	}
	return written(job.Result{
		Content: text, Metadata: metadata, ProcessingTime: in.ProcessingTime, Segments: segments, Thumbnails: thumbnails,
	})
}

// written is r as JSON in one line. What is large in it is written into room of its own: the
// buffers of encoding/json grow to twice as much, and are kept for a while.
func written(r job.Result) (json.RawMessage, error) {
	segments, thumbnails := r.Segments, r.Thumbnails
	r.Segments, r.Thumbnails = nil, nil
	small, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(len(small) + len(segments) + len(thumbnails) + len(`,"segments":,"thumbnails":`))
	b.Write(small[:len(small)-1])
	for _, large := range []struct {
		name string
		list json.RawMessage
	}{{"segments", segments}, {"thumbnails", thumbnails}} {
		if large.list == nil {
			continue
		}
		fmt.Fprintf(&b, ",%q:", large.name)
		if err := json.Compact(&b, large.list); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// textOf is the text of a success: its content, which may be empty, or what its segments
// say. A worker that forgets both has converted nothing, and its job must not end with that.
func textOf(given *string, segments json.RawMessage) (string, error) {
	if given != nil {
		return *given, nil
	}
	if segments == nil {
		return "", invalid("content is missing: a success has it, if only as \"\", or segments")
	}
	var said []content.Segment
	if json.Unmarshal(segments, &said) != nil {
		return "", invalid("segments must be a list of objects with start, end and text")
	}
	return timed.Markdown(timed.Tidy(said, longestRecording)), nil
}

// shaped is raw if it starts as wanted, nil for null.
func shaped(raw json.RawMessage, start byte, otherwise string) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] != start {
		return nil, invalid("%s", otherwise)
	}
	return raw, nil
}
