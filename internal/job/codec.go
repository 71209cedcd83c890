package job

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// record is the JSON form of a job, on disk and on the wire. The fields that a store
// sorts and counts by come first and are short, so that it can open thousands of jobs
// by their first kilobytes; what a stranger may have made long comes after them, the
// result last. docs/job-file.md describes it.
type record struct {
	ID             string  `json:"id"`
	Status         Status  `json:"status"`
	Revision       int64   `json:"revision"`
	ContentType    string  `json:"content_type"`
	Owner          *string `json:"owner"`
	Precedence     int     `json:"precedence"`
	Priority       int     `json:"priority"`
	Attempt        int     `json:"attempt"`
	RetryCount     int     `json:"retry_count"`
	MaxRetries     *int    `json:"max_retries"`
	CreatedAt      *stamp  `json:"created_at"`
	OpenedAt       *stamp  `json:"opened_at"`
	AvailableAt    *stamp  `json:"available_at"`
	StartedAt      *stamp  `json:"started_at"`
	CompletedAt    *stamp  `json:"completed_at"`
	TimeoutAt      *stamp  `json:"timeout_at"`
	TimeoutSeconds int     `json:"timeout_seconds"`
	WorkerID       *string `json:"worker_id"`
	ClaimedBy      *string `json:"claimed_by"`
	ClaimID        *string `json:"claim_id"`
	AssignedWorker *string `json:"assigned_worker"`
	AssignedAt     *stamp  `json:"assigned_at"`
	ConfirmedAt    *stamp  `json:"confirmed_at"`
	LeaseExpiresAt *stamp  `json:"lease_expires_at"`
	LeaseSeconds   int     `json:"lease_seconds"`

	LastResult      *LastResult     `json:"last_result"`
	SourceSize      *int64          `json:"source_size"`
	SourceModified  *stamp          `json:"source_modified"`
	SourceSHA256    *string         `json:"source_sha256"`
	IngestionTaskID string          `json:"ingestion_task_id"`
	SourceFilePath  string          `json:"source_file_path"`
	SourceName      *string         `json:"source_name"`
	CreatedBy       *string         `json:"created_by"`
	Traceparent     *string         `json:"traceparent"`
	ErrorMessage    *string         `json:"error_message"`
	History         []entry         `json:"history"`
	TaskOptions     json.RawMessage `json:"task_options"`
	ResultData      json.RawMessage `json:"result_data"`
}

type entry struct {
	At       *stamp  `json:"at"`
	From     *string `json:"from"`
	To       Status  `json:"to"`
	WorkerID *string `json:"worker_id"`
	Reason   string  `json:"reason"`
}

// MarshalJSON writes the record in one line, ResultData included when it is set, and
// before it what a newer program has written.
func (j Job) MarshalJSON() ([]byte, error) {
	size := &j.SourceSize
	if j.SourceSize < 0 {
		size = nil
	}
	history := make([]entry, len(j.History))
	for i, h := range j.History {
		history[i] = entry{At: stampOf(h.At), From: text(string(h.From)), To: h.To, WorkerID: text(h.WorkerID), Reason: h.Reason}
	}
	return withExtra(record{
		ID: j.ID, Status: j.Status, Revision: j.Revision, ContentType: j.ContentType,
		Owner: text(j.Owner), Precedence: j.Precedence, Priority: j.Priority, Attempt: j.Attempt, RetryCount: j.RetryCount, MaxRetries: &j.MaxRetries,
		CreatedAt: stampOf(j.CreatedAt), OpenedAt: stampOf(j.OpenedAt), AvailableAt: stampOf(j.AvailableAt),
		StartedAt: stampOf(j.StartedAt), CompletedAt: stampOf(j.CompletedAt),
		TimeoutAt: stampOf(j.TimeoutAt), TimeoutSeconds: j.TimeoutSeconds,
		WorkerID: text(j.WorkerID), ClaimedBy: text(j.ClaimedBy), ClaimID: text(j.ClaimID), AssignedWorker: text(j.AssignedWorker), AssignedAt: stampOf(j.AssignedAt),
		ConfirmedAt: stampOf(j.ConfirmedAt), LeaseExpiresAt: stampOf(j.LeaseExpiresAt), LeaseSeconds: j.LeaseSeconds,
		LastResult: j.LastResult, SourceSize: size, SourceModified: stampOf(j.SourceModified),
		SourceSHA256: text(j.SourceSHA256), IngestionTaskID: j.IngestionTaskID,
		SourceFilePath: j.SourceFilePath, SourceName: text(j.SourceName), CreatedBy: text(j.CreatedBy), Traceparent: text(j.Traceparent),
		ErrorMessage: text(j.ErrorMessage), History: history, TaskOptions: j.TaskOptions, ResultData: j.ResultData,
	}, j.Extra)
}

// UnmarshalJSON reads a record of ours or of the Python original: fifteen fields,
// naive times that mean UTC. What the original lacks is filled in, see mend; what no
// transition could have written is refused.
func (j *Job) UnmarshalJSON(data []byte) error {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	*j = Job{
		ID: r.ID, Status: r.Status, Revision: r.Revision, ContentType: r.ContentType,
		Owner: str(r.Owner), Precedence: r.Precedence, Priority: r.Priority, Attempt: r.Attempt, RetryCount: r.RetryCount, MaxRetries: 3,
		CreatedAt: r.CreatedAt.time(), OpenedAt: r.OpenedAt.time(), AvailableAt: r.AvailableAt.time(),
		StartedAt: r.StartedAt.time(), CompletedAt: r.CompletedAt.time(),
		TimeoutAt: r.TimeoutAt.time(), TimeoutSeconds: r.TimeoutSeconds,
		WorkerID: str(r.WorkerID), ClaimedBy: str(r.ClaimedBy), ClaimID: str(r.ClaimID), AssignedWorker: str(r.AssignedWorker), AssignedAt: r.AssignedAt.time(),
		ConfirmedAt: r.ConfirmedAt.time(), LeaseExpiresAt: r.LeaseExpiresAt.time(), LeaseSeconds: r.LeaseSeconds,
		LastResult: r.LastResult, SourceSize: -1, SourceModified: r.SourceModified.time(),
		SourceSHA256: str(r.SourceSHA256), IngestionTaskID: r.IngestionTaskID,
		SourceFilePath: r.SourceFilePath, SourceName: str(r.SourceName), CreatedBy: str(r.CreatedBy), Traceparent: str(r.Traceparent),
		ErrorMessage: str(r.ErrorMessage), TaskOptions: r.TaskOptions, ResultData: r.ResultData,
		Extra: unknown(data),
	}
	if r.MaxRetries != nil {
		j.MaxRetries = *r.MaxRetries
	}
	if r.SourceSize != nil {
		j.SourceSize = max(*r.SourceSize, -1)
	}
	for _, h := range r.History[max(0, len(r.History)-MaxHistory):] {
		j.History = append(j.History, Entry{At: h.At.time(), From: Status(str(h.From)), To: h.To, WorkerID: str(h.WorkerID), Reason: h.Reason})
	}
	if isNull(j.TaskOptions) {
		j.TaskOptions = json.RawMessage(`{}`)
	}
	if isNull(j.ResultData) {
		j.ResultData = nil
	}
	if err := j.check(); err != nil {
		return err
	}
	j.mend()
	return nil
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// check refuses what no transition could have written.
func (j *Job) check() error {
	if !ValidID(j.ID) {
		return fmt.Errorf("record has no valid id")
	}
	switch j.Status {
	case Pending, Processing, Completed, Failed, Timeout, Cancelled:
	default:
		return fmt.Errorf("record %s has the unknown status %.40q", j.ID, j.Status)
	}
	if j.CreatedAt.IsZero() {
		return fmt.Errorf("record %s has no created_at", j.ID)
	}
	for _, count := range []struct {
		field string
		n     int
	}{{"attempt", j.Attempt}, {"retry_count", j.RetryCount}, {"max_retries", j.MaxRetries}} {
		if count.n < 0 || count.n > maxCount {
			return fmt.Errorf("record %s has the impossible %s %d", j.ID, count.field, count.n)
		}
	}
	if j.Revision < 0 {
		return fmt.Errorf("record %s has the negative revision %d", j.ID, j.Revision)
	}
	return nil
}

// maxCount is more than any job counts in its lifetime, and far from where counting wraps.
const maxCount = 1 << 30

// mend brings the record of another writer into the form that the transitions keep.
// A job of the Python original has revision 0, no attempts, and one deadline, counted
// from its creation: their difference is its timeout.
func (j *Job) mend() {
	if j.OpenedAt.IsZero() {
		j.OpenedAt = j.CreatedAt
	}
	if j.AvailableAt.IsZero() {
		j.AvailableAt = j.CreatedAt
	}
	if j.TimeoutSeconds <= 0 {
		j.TimeoutSeconds = seconds(Policy{}.TimeoutFor(j.ContentType))
		if j.TimeoutAt.After(j.CreatedAt) {
			j.TimeoutSeconds = seconds(min(j.TimeoutAt.Sub(j.CreatedAt), MaxTimeout))
		}
	}
	j.TimeoutSeconds = min(j.TimeoutSeconds, seconds(MaxTimeout))
	j.MaxRetries = min(j.MaxRetries, MaxRetryLimit)
	j.LeaseSeconds = min(max(j.LeaseSeconds, 0), seconds(MaxLease))
	if j.TimeoutAt.IsZero() {
		j.setDeadline(j.AvailableAt)
	}
	if j.Status != Processing {
		j.clearHold()
	}
	switch {
	case j.Status == Processing:
		// Who holds a job has claimed it at least once, and in the original, which
		// knows no confirmation, has taken it up.
		j.Attempt = max(j.Attempt, 1)
		if j.StartedAt.IsZero() {
			j.StartedAt = j.CreatedAt
		}
		if j.Revision == 0 {
			j.ConfirmedAt = j.StartedAt
		}
	case j.Status.Terminal() && j.CompletedAt.IsZero():
		// The age of what is over is counted from here.
		j.CompletedAt = j.CreatedAt
		if j.StartedAt.After(j.CreatedAt) {
			j.CompletedAt = j.StartedAt
		}
	}
}
