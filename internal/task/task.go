// Package task is the ingestion task: its record, the table of its phases, the
// policy for retries, and the port of the stores that keep it. It is pure: no
// clock, no database, no network. Every change of a task is a method of [Task]
// called inside a store's Update.
package task

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"morag/internal/option"
	"morag/internal/part"
)

// Status is what a client is told.
type Status string

// The statuses of the wire contract, section 2.
const (
	Pending  Status = "PENDING"  // no runner has taken it yet
	Progress Status = "PROGRESS" // taken at least once, not over
	Success  Status = "SUCCESS"
	Failure  Status = "FAILURE"
	Revoked  Status = "REVOKED"
)

// Phase is where a task stands in the queue.
type Phase string

const (
	// Queued may be run from RunAt on. Entered by creation, by a wait that is over,
	// by a deferral and by the death of the server that ran it.
	Queued Phase = "queued"
	// Running is held by one runner, which Attempt names.
	Running Phase = "running"
	// Waiting is parked until its remote job or its items end: no runner, no goroutine.
	Waiting Phase = "waiting"
	// Ended is over; Status tells how. A failure may be reopened.
	Ended Phase = "ended"
)

// Phases lists every phase in the order of a task's lifecycle.
func Phases() []Phase { return []Phase{Queued, Running, Waiting, Ended} }

// Stage is what is being done, as clients are told.
type Stage string

// The stages of the wire contract, section 2.
const (
	Initializing    Stage = "initializing"
	CreatingJob     Stage = "creating_remote_job"
	WaitingForJob   Stage = "waiting_for_remote_completion"
	LocalProcessing Stage = "local_processing"
	Storing         Stage = "storing"
	Completed       Stage = "completed"
)

// Stages lists every stage in the order a task comes to them.
func Stages() []Stage {
	return []Stage{Initializing, CreatingJob, WaitingForJob, LocalProcessing, Storing, Completed}
}

// What a store or a rule can answer. Stores wrap them with %w.
var (
	// ErrNotFound: there is no task of that id.
	ErrNotFound = errors.New("no such task")
	// ErrExists: Create met a task of the same id.
	ErrExists = errors.New("task exists")
	// ErrConflict: the change is not allowed in the task's present phase.
	ErrConflict = errors.New("not allowed in this state")
	// ErrLost: the run that asks for the change no longer holds the task.
	ErrLost = errors.New("run does not hold the task")
	// ErrSecretsGone: the change takes secrets of the task that are not kept any more.
	ErrSecretsGone = errors.New("the task's secrets are gone")
	// ErrCursor: List was handed a cursor that it cannot have returned.
	ErrCursor = errors.New("unreadable cursor")
	// ErrNoSpace: the store's disk is full; nothing changed, and it may be tried
	// again when there is room.
	ErrNoSpace = errors.New("no space left for tasks")
	// ErrUnavailable: the store is overloaded, closed or has failed. Only after a
	// failed fsync is it unknown whether the change will be found.
	ErrUnavailable = errors.New("task store unavailable")
)

// Source is what a task converts.
type Source struct {
	Ref         string `json:"ref,omitempty"` // blob reference, or a path for an operator's job
	Name        string `json:"name,omitempty"`
	Size        int64  `json:"size,omitempty"`
	SHA256      string `json:"sha256,omitempty"`
	MIME        string `json:"mime,omitempty"`
	URL         string `json:"url,omitempty"`
	ContentType string `json:"content_type"`
}

// Options are what the client asked for, and Webhook is whom to tell when the task ends.
// They may hold secrets and never leave the server as they are, see secret.go. The
// document's name in them is the one asked for; [Task.DocumentID] is what it got.
type (
	Options = option.Options
	Webhook = option.Webhook
)

// Remote is what a task knows of its remote job. It is committed before the job
// exists, so that a crash between the two is mended by creating the job.
type Remote struct {
	JobID string `json:"job_id"`
	// Since is when the job was asked for; Deadline is when the task stops waiting,
	// all tries included.
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline"`
	// GaveUp says that the remote way is closed and why; the task goes on locally,
	// or fails when it may not.
	GaveUp string `json:"gave_up,omitempty"`
	// Done says that the job's result is to be used.
	Done bool `json:"done,omitempty"`
	// Over says that the job is known to be over.
	Over bool `json:"over,omitempty"`
	// Plan is how the source is converted in parts, nil when it is not: each has a job of
	// its own, of which JobID names the first. Then Done says that some have brought a
	// result and none is under way, and GaveUp why all of them have failed.
	Plan *part.Plan `json:"plan,omitempty"`
}

// Task is one ingestion. A Task value is a copy.
type Task struct {
	ID        string `json:"id"`
	Owner     string `json:"owner"`
	Submitted int64  `json:"submitted"` // order of submission, given by the store
	// Precedence is 0, but of an administrator's task its priority: one of a higher
	// precedence goes before all others, whoever's they are.
	Precedence int `json:"precedence,omitempty"`
	// Fingerprint is a hash of the request that made the task, when its caller may
	// repeat that.
	Fingerprint string `json:"fingerprint,omitempty"`
	Revision    int64  `json:"revision"` // +1 with every write

	Phase   Phase  `json:"phase"`
	Status  Status `json:"status"`
	Stage   Stage  `json:"stage"`
	Attempt int    `json:"attempt"` // runs started: the fencing number, never reset
	// Deaths counts the runs of this stage whose server died, Failures its transient
	// failures, the first at FailingSince.
	Deaths       int       `json:"deaths,omitempty"`
	Failures     int       `json:"failures,omitempty"`
	FailingSince time.Time `json:"failing_since,omitzero"`
	// Interrupted is why the last run of this stage ended before it was through, "" when
	// none has.
	Interrupted string    `json:"interrupted,omitempty"`
	RunAt       time.Time `json:"run_at"` // queued: not before
	Runner      string    `json:"runner,omitempty"`
	LeaseUntil  time.Time `json:"lease_until,omitzero"`

	// Done is how far the stage is, 0–1, and Message a few words about it.
	Done    float64 `json:"done"`
	Message string  `json:"message"`

	CreatedAt   time.Time `json:"created_at"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`

	Source     Source  `json:"source"`
	Options    Options `json:"options"`
	DocumentID string  `json:"document_id"`
	Remote     *Remote `json:"remote,omitempty"`
	// DuplicateOf is the document that holds the same source already, as far as that is
	// known; DocumentID becomes it at the end.
	DuplicateOf string `json:"duplicate_of,omitempty"`
	// ConvertedRef is the blob that holds the converted text, so that nothing is
	// converted twice; Method is how it was converted.
	ConvertedRef string `json:"converted_ref,omitempty"`
	Method       string `json:"method,omitempty"`
	// ConvertSeconds is how long the conversion took.
	ConvertSeconds float64 `json:"convert_seconds,omitempty"`

	// Waiter is the server whose caller waits for the text of the task, "" for an ingestion:
	// no document is made of it, and it is called off when the caller leaves.
	Waiter string `json:"waiter,omitempty"`
	// Traceparent is the span by which it was submitted, "" for none.
	Traceparent string `json:"traceparent,omitempty"`

	// Batch is the task that this one is an item of; Items are the items of a batch,
	// which converts nothing itself and ends when all of them have.
	Batch string   `json:"batch,omitempty"`
	Items []string `json:"items,omitempty"`

	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`

	// ReceiverAddress is where the webhook's host was when it was last looked up, "" before.
	ReceiverAddress string `json:"receiver_address,omitempty"`
	// Notices are the messages to the webhook, oldest first, at most MaxNotices.
	Notices []Notice `json:"notices,omitempty"`

	// SecretsGone says that the Options had secrets which somebody may still ask for.
	SecretsGone bool `json:"secrets_gone,omitempty"`

	// Unknown is what a later version of the program has written into the task. It goes
	// with it and is never changed in place.
	Unknown map[string]any `json:"-"`
}

var validID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// ValidID tells whether id may name a task or a document.
func ValidID(id string) bool { return len(id) <= 128 && validID.MatchString(id) }

// Bytes is about what t takes in memory and in an answer: of what its client and its
// source may have made long.
func (t *Task) Bytes() int {
	n := len(t.Options.Metadata) + len(t.Result)
	for _, w := range t.Warnings {
		n += len(w)
	}
	return n
}

// Clone copies t so that no rule applied to one copy shows in the other. What rules
// replace whole and never change in place is shared: Result, Items, the Options and what is Unknown.
func (t *Task) Clone() *Task {
	c := *t
	c.Warnings = append([]string(nil), t.Warnings...)
	c.Notices = cloneNotices(t.Notices)
	if t.Remote != nil {
		r := *t.Remote
		r.Plan = r.Plan.Clone()
		c.Remote = &r
	}
	return &c
}
