// Package column says what the columns of a task's row hold, in whichever database: what
// queries ask for, repeated from the body, and what the body leaves out.
package column

import (
	"fmt"
	"time"

	"morag/internal/sqlrow"
	"morag/internal/task"
)

// Read are the columns that [Decode] takes.
const Read = "submitted, lease_until, done, message, body"

// Decode makes a task of the columns [Read].
func Decode(scan sqlrow.Scan, sealer task.Sealer) (*task.Task, error) {
	var submitted, lease int64
	var done *float64
	var message *string
	var body []byte
	if err := scan(&submitted, &lease, &done, &message, &body); err != nil {
		return nil, err
	}
	t, err := task.Decode(body, sealer)
	if err != nil {
		return nil, fmt.Errorf("decode row %d: %w", submitted, err)
	}
	t.Submitted, t.LeaseUntil = submitted, sqlrow.Time(lease)
	if message != nil && done != nil {
		t.Done, t.Message = *done, *message
	}
	return t, nil
}

// row is what each column of a task repeats of its body. The id and the number are not here:
// they never change.
var row = []struct {
	column string
	value  func(*task.Task) any
}{
	{"owner", func(t *task.Task) any { return t.Owner }},
	{"phase", func(t *task.Task) any { return string(t.Phase) }},
	{"status", func(t *task.Task) any { return string(t.Status) }},
	{"precedence", func(t *task.Task) any { return t.Precedence }},
	{"priority", func(t *task.Task) any { return t.Options.Priority }},
	{"run_at", func(t *task.Task) any { return Micros(t.RunAt) }},
	{"runner", func(t *task.Task) any { return t.Runner }},
	{"attempt", func(t *task.Task) any { return t.Attempt }},
	{"lease_until", func(t *task.Task) any { return Micros(t.LeaseUntil) }},
	// What a renewal has noted there is in the body by now.
	{"done", func(*task.Task) any { return nil }},
	{"message", func(*task.Task) any { return nil }},
	{"remote_job_id", func(t *task.Task) any { return remoteJob(t) }},
	{"job_deadline", func(t *task.Task) any { return jobDeadline(t) }},
	{"fall_back", func(t *task.Task) any { return fallBack(t) }},
	{"orphaned", func(t *task.Task) any { return t.Orphaned() }},
	{"batch", func(t *task.Task) any { return text(t.Batch) }},
	{"notice_at", func(t *task.Task) any { return noticeAt(t) }},
	{"notice_host", func(t *task.Task) any { return noticeHost(t) }},
	{"secret_at", func(t *task.Task) any { return secretAt(t) }},
	{"notice_holder", func(t *task.Task) any { return noticeHolder(t) }},
}

// Names are the columns that [Values] has values of.
func Names() []string {
	names := make([]string, 0, len(row)+1)
	for _, c := range row {
		names = append(names, c.column)
	}
	return append(names, "body")
}

// Values are the values of t's columns, in the order of [Names], with room for one more.
func Values(t *task.Task, sealer task.Sealer) ([]any, error) {
	values := make([]any, 0, len(row)+2)
	for _, c := range row {
		values = append(values, c.value(t))
	}
	body, err := t.Encode(sealer)
	return append(values, string(body)), err
}

// Micros is t in a column, rounded up: what is due by the column is due by the body.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Microsecond - 1).UnixMicro()
}

// text is NULL for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func remoteJob(t *task.Task) *string {
	if t.Remote == nil {
		return nil
	}
	return &t.Remote.JobID
}

// jobDeadline is when t stops waiting for its remote job, 0 when it waits for none.
func jobDeadline(t *task.Task) int64 {
	if !t.WaitsForJob() {
		return 0
	}
	return max(Micros(t.Remote.Deadline), 1)
}

// fallBack is the content type by which t is found when it need not wait for its jobs.
func fallBack(t *task.Task) string {
	if !t.FallsBack() {
		return ""
	}
	return t.JobType()
}

// noticeAt and noticeHost, which is its receiver, are the columns of a task's pending
// notice, NULL without one.
func noticeAt(t *task.Task) *int64 {
	n := t.Pending()
	if n == nil {
		return nil
	}
	at := Micros(n.DueAt())
	return &at
}

func noticeHost(t *task.Task) *string {
	if t.Pending() == nil {
		return nil
	}
	host := t.Receiver()
	return &host
}

// noticeHolder is the deliverer that has the pending notice in hand, NULL without one.
func noticeHolder(t *task.Task) *string {
	n := t.Pending()
	if n == nil {
		return nil
	}
	return text(n.HeldBy)
}

// secretAt is when a task that keeps secrets ended, 0 while it has not, NULL of one that
// keeps none.
func secretAt(t *task.Task) *int64 {
	if !t.Secretive() {
		return nil
	}
	at := int64(0)
	if t.Phase == task.Ended {
		at = max(Micros(t.CompletedAt), 1)
	}
	return &at
}
