package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"morag/internal/ask"
	"morag/internal/auth"
	"morag/internal/backup"
	"morag/internal/blob"
	"morag/internal/chat"
	"morag/internal/chunk"
	"morag/internal/convert"
	"morag/internal/dispatch"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/fleet"
	"morag/internal/index"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/library"
	"morag/internal/reindex"
	"morag/internal/remote"
	"morag/internal/search"
	"morag/internal/space"
	"morag/internal/task"
	"morag/internal/transcript"
	"morag/internal/tus"
	"morag/internal/wire"
)

// Problem is an answer that is not a success: a status and one clear sentence.
type Problem struct {
	Status     int
	Detail     string
	RetryAfter int // seconds, 0 for none
}

func (p *Problem) Error() string { return p.Detail }

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// malformed and invalid are the two ways a request can be wrong: not to be read at
// all, or with a value that cannot be.
func malformed(format string, args ...any) *Problem {
	return problem(http.StatusBadRequest, format, args...)
}
func invalid(format string, args ...any) *Problem {
	return problem(http.StatusUnprocessableEntity, format, args...)
}

// retryLater is how long a caller should wait when the server has no room.
const retryLater = 30

// sentences are the errors whose own text must not or need not reach a caller.
var sentences = []struct {
	is     error
	status int
	detail string // "" for the error's own text
	retry  int
}{
	{job.ErrNotFound, 404, "there is no such job", 0},
	{job.ErrExists, 409, "a job of this id exists", 0},
	{job.ErrWrongKey, 403, "the job is held by another key", 0},
	{job.ErrLeaseLost, 409, "the job is pending: it is not held by this worker and attempt", 0},
	{job.ErrConflict, 409, "the job is completed: that does not allow this", 0},
	{job.ErrCursor, 422, "cursor is not one that this list gave", 0},
	{task.ErrCursor, 422, "cursor is not one that this list gave", 0},
	{fleet.ErrCursor, 422, "cursor is not one that this list gave", 0},
	{document.ErrCursor, 422, "cursor is not one that this list gave", 0},
	{dispatch.ErrFull, 503, "the queue of remote jobs is full", retryLater},
	{job.ErrRead, 503, "the job cannot be read at the moment", retryLater},
	{job.ErrNoSpace, 503, "the server has no room for jobs left", retryLater},
	{job.ErrInDoubt, 503, "a store has failed meanwhile: whether this was done shows when it is available again", retryLater},
	{job.ErrUnavailable, 503, "the job store is not available", retryLater},
	{task.ErrNotFound, 404, "there is no such task", 0},
	{task.ErrNoWebhook, 409, "the task has no webhook that could be told", 0},
	{task.ErrSecretsGone, 409, "the task has ended, and its password or its webhook's secrets have been removed since: hand the source in again", 0},
	{task.ErrNoSpace, 503, "the server has no room for tasks left", retryLater},
	{task.ErrUnavailable, 503, "the task store is not available", retryLater},
	{task.ErrConflict, 409, "the task is SUCCESS: that does not allow this", 0},
	{document.ErrNotFound, 404, "there is no such document", 0},
	{index.ErrNotFound, 404, "there is no such document", 0},
	{document.ErrUnavailable, 503, "the document store is not available", retryLater},
	{document.ErrNoSpace, 503, "the server has no room for documents left", retryLater},
	{index.ErrNoSpace, 503, "the server has no room for documents left", retryLater},
	{library.ErrDuplicate, 409, "", 0},
	{library.ErrNoSegments, 404, "", 0},
	{library.ErrNoPeaks, 404, "", 0},
	{library.ErrBusy, 503, "", 5},
	{library.ErrSeveral, 409, "documents of several owners have this id: name one in owner", 0},
	{index.ErrNotReady, 503, "the index is still loading", 5},
	{index.ErrUnavailable, 503, "the index is not available", retryLater},
	{index.ErrFilter, 422, "", 0},
	{search.ErrQuery, 422, "", 0},
	{search.ErrBusy, 503, "", 5},
	{ask.ErrNoModel, 503, "no chat model is set: MORAG_CHAT_URL", retryLater},
	{ask.ErrBusy, 503, "", 5},
	{chat.ErrUnavailable, 503, "", 5},
	{blob.ErrNoSpace, 503, "the server has no room for files left", retryLater},
	{blob.ErrUnavailable, 503, "the file store is not available", retryLater},
	{blob.ErrTooLarge, 413, "the file is larger than the server takes", 0},
	{blob.ErrNotFound, 404, "there is no such file", 0},
	{dispatch.ErrWorkerTaken, 403, "worker_id belongs to another key", 0},
	{dispatch.ErrNoWorker, 404, "there is no such worker", 0},
	{fleet.ErrFull, 503, "the server knows too many workers", retryLater},
	{fleet.ErrUnavailable, 503, "the worker store is not available", retryLater},
	{dispatch.ErrSourceMissing, 422, "source_file_path names no file", 0},
	{dispatch.ErrSourceOutside, 403, "source_file_path is outside the folders that jobs may read", 0},
	{dispatch.ErrSourceAway, 503, "the source lies in a folder that this server cannot read at the moment", retryLater},
	{dispatch.ErrSourceGone, 410, "the source is gone or has changed since the job was created", 0},
	{remote.ErrTask, 409, "ingestion_task_id is a task already", 0},
	{remote.ErrOver, 409, "the job's task is SUCCESS: a job can be tried again only while its task waits for it, or has failed", 0},
	{ingest.ErrSourceGone, 409, "the task is FAILURE, and its source is gone: hand the source in again", 0},
	{ingest.ErrExists, 409, "", 0},
	{ingest.ErrReused, 422, "", 0},
	{ingest.ErrFull, 503, "", retryLater},
	{ingest.ErrStopping, 503, "", retryLater},
	{ingest.ErrBusy, 503, "too many conversions are waiting", retryLater},
	{tus.ErrNotFound, 404, "there is no such upload, or it has expired", 0},
	{tus.ErrIncomplete, 409, "", 0},
	{tus.ErrFull, 429, "", retryLater},
	{tus.ErrNoSpace, 503, "the server has no room for files left", retryLater},
	{tus.ErrAlgorithm, 400, "", 0},
	{tus.ErrChecksum, 460, "", 0},
	{ingest.ErrOutdated, 412, "", 0},
	{space.ErrLow, 503, "", retryLater},
	{backup.ErrNotFound, 404, "there is no such backup, or it is over", 0},
	{backup.ErrUnderWay, 409, "", 0},
	{backup.ErrNotReady, 409, "", 5},
	{backup.ErrUnable, 409, "", 0},
	{backup.ErrClosed, 503, "", retryLater},
	{reindex.ErrSame, 409, "", 0},
	{embed.ErrTransient, 503, "the embedder does not answer at the moment", retryLater},
	{transcript.ErrCorrection, 422, "", 0},
	{ingest.ErrNotRemote, 422, "", 0},
	{chunk.ErrOption, 422, "", 0},
	{convert.ErrNoEngine, 503, "", 0},
	{convert.ErrBadSource, 422, "", 0},
	{convert.ErrUnsupported, 422, "", 0},
	{convert.ErrEngine, 422, "", 0},
	{convert.ErrEnded, 422, "", 0},
	{auth.ErrUnavailable, 503, "the key store is not available", retryLater},
	{auth.ErrNoKey, 401, "this server wants a key: send it in the header X-API-Key, or in Authorization as Bearer", 0},
	{auth.ErrBadKey, 401, "the key is not one of this server", 0},
	{auth.ErrRevoked, 401, "the key has been revoked", 0},
	{auth.ErrNoSession, 401, "the session has ended: log in again", 0},
	{auth.ErrOthers, 403, "it belongs to another key: only its owner, a client key of the scope manage and an admin key may change it", 0},
	{auth.ErrCapability, 403, "the download token is not valid for this job and attempt", 0},
}

// answer is what a caller is told of err, nil when it is the server's own fault.
func answer(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var refusal *dispatch.Refusal
	if errors.As(err, &refusal) {
		return invalid("%s", refusal.Sentence)
	}
	for _, row := range sentences {
		if errors.Is(err, row.is) {
			detail := cmp.Or(conflict(err), row.detail)
			if detail == "" {
				detail = sentence(err)
			}
			return &Problem{Status: row.status, Detail: detail, RetryAfter: row.retry}
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem(http.StatusRequestEntityTooLarge, "the request is larger than %d bytes", tooLarge.Limit)
	}
	return nil
}

// sentence is the client's side of a two-sided error, else its text.
func sentence(err error) string {
	var c *convert.Error
	if errors.As(err, &c) {
		return c.Message
	}
	return err.Error()
}

func writeError(w http.ResponseWriter, p *Problem) {
	writeRefusal(w, p, p.Status, wire.Error{Detail: p.Detail})
}

func writeRefusal(w http.ResponseWriter, p *Problem, status int, body any) {
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="morag"`)
	}
	_ = writeJSON(w, status, body) // a caller that has left
}

// writeJSON answers v. An error means that the answer could not be written.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return writeAnswer(w, status, body)
}

func writeAnswer(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(body)
	if err == nil {
		_, err = w.Write([]byte("\n"))
	}
	if err != nil {
		return &Problem{Status: status, Detail: "the answer could not be written"}
	}
	return nil
}
