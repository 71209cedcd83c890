// Package job is the remote conversion job: its record, the table of its states,
// the policy for retries and deadlines, and the port of the stores that keep it.
// It is pure: no files, no network, and the time is an argument. Every change of a job
// is [Policy.Apply] with a [Change], called inside a store's Update or Claim.
package job

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"
)

// Status is where a job stands. Each says how it is entered and left; the whole
// table is in transition.go and drawn in docs/job-states.md.
type Status string

const (
	// Pending waits for a worker. Entered by creation, by every failure that has
	// retries left (then AvailableAt lies ahead), by release, reassignment and
	// manual retry; left by a claim, the deadline or a cancel.
	Pending Status = "pending"
	// Processing is held by one worker. Entered by a claim only.
	Processing Status = "processing"
	// Completed holds an accepted result. Nothing leaves it.
	Completed Status = "completed"
	// Failed has no retries left. Left by a manual retry only.
	Failed Status = "failed"
	// Timeout passed its deadline. Left by a manual retry only.
	Timeout Status = "timeout"
	// Cancelled was called off. Left by a manual retry only.
	Cancelled Status = "cancelled"
)

// Statuses lists every status, in the order of a job's lifecycle.
func Statuses() []Status {
	return []Status{Pending, Processing, Completed, Failed, Timeout, Cancelled}
}

// Terminal tells whether a job in this status is over unless somebody retries it.
func (s Status) Terminal() bool { return s != Pending && s != Processing }

// MaxHistory is how many history entries a record keeps: enough to explain a job,
// and a bound on the file.
const MaxHistory = 50

// Bytes is about what j takes in memory and in an answer, of what its client may have made
// long.
func (j *Job) Bytes() int { return len(j.TaskOptions) }

// MaxTaskOptions bounds the bytes of a job's options.
const MaxTaskOptions = 64 << 10

// MaxErrorMessage bounds the bytes of an error message that is kept.
const MaxErrorMessage = 4 << 10

// Bounds of what a job may ask for. With them no deadline is more than some 17 years
// away, so that no sum of times overflows.
const (
	MaxTimeout    = 30 * 24 * time.Hour
	MaxRetryLimit = 100 // of Job.MaxRetries
	MaxLease      = 24 * time.Hour
)

// Job is one remote conversion. A Job value is a copy: changing it changes nothing
// that is stored. Zero times and empty strings are JSON null where the wire
// contract has null; see codec.go for the form on disk.
type Job struct {
	ID              string
	Status          Status
	Revision        int64 // +1 with every write; the higher one is true
	ContentType     string
	IngestionTaskID string
	// Owner is for whom it is done, the name of a key, "" in a record of an earlier program.
	// Precedence is 0, but of an administrator's job its priority: one of a higher
	// precedence goes before all others, whoever's they are.
	Owner      string
	Precedence int
	Priority   int
	Attempt    int // how often claimed: the fencing number, never reset
	RetryCount int // failures counted since creation or the last manual retry
	MaxRetries int

	CreatedAt   time.Time
	OpenedAt    time.Time // creation, or last retry after its end: the base of the last deadline
	AvailableAt time.Time // not claimable before
	StartedAt   time.Time
	CompletedAt time.Time
	TimeoutAt   time.Time
	// TimeoutSeconds is how long each wait and each attempt may take.
	TimeoutSeconds int

	WorkerID string
	// ClaimedBy is the name of the key by which the current or, when there is none, the
	// latest attempt was claimed; "" while there were no keys.
	ClaimedBy string
	// ClaimID is shared by all jobs that one Claim handed out: a heartbeat for one
	// confirms them all. It is the latest attempt's, "" before the first.
	ClaimID        string
	AssignedWorker string // only this worker may claim it until Policy.AssignedUntil
	AssignedAt     time.Time
	ConfirmedAt    time.Time // first heartbeat of this attempt
	LeaseExpiresAt time.Time // zero without a lease; renewals are held in memory
	// LeaseSeconds is what the latest attempt asked for, 0 when it has no lease.
	// It is kept when the job returns to pending, to judge a late result.
	LeaseSeconds int

	SourceFilePath string // a path or an opaque reference
	SourceName     string
	SourceSize     int64
	SourceModified time.Time // to notice that a file outside the server's care changed
	SourceSHA256   string
	CreatedBy      string          // the name of the key that created it, "" for the server's own and without keys
	Traceparent    string          // the span by which it was created, "" for none
	TaskOptions    json.RawMessage // a JSON object, at most MaxTaskOptions
	ErrorMessage   string          // why it ended, or why the last try failed
	LastResult     *LastResult
	History        []Entry // oldest first, at most MaxHistory

	// ResultData is the accepted result, see [Result]. Stores answer it from
	// Result only; a Change of event [Succeed] sets it for Update to store.
	ResultData json.RawMessage

	// Extra are the members of the record that this program does not know, as JSON
	// without the braces: a newer program has written them, and they are written back.
	Extra json.RawMessage

	// ConfirmBy is when an unconfirmed claim goes back, if not by its StartedAt. It is
	// held in memory: [Policy.Resume] sets it, since downtime is not silence.
	ConfirmBy time.Time
	// Progress and ProgressMessage are the newest heartbeat's, held in memory.
	Progress        float64
	ProgressMessage string
}

// Result is what ResultData holds. Segments and thumbnails are JSON arrays.
type Result struct {
	Content        string          `json:"content"`
	Metadata       json.RawMessage `json:"metadata"`
	ProcessingTime float64         `json:"processing_time"`
	Segments       json.RawMessage `json:"segments,omitempty"`
	Thumbnails     json.RawMessage `json:"thumbnails,omitempty"`
}

// LastResult identifies the newest result that was taken, so that the same one
// sent again gets the same answer in any later state.
type LastResult struct {
	Attempt int    `json:"attempt"`
	SHA256  string `json:"sha256"`
	// Outcome is the status that the result led to.
	Outcome Status `json:"outcome"`
	// ClaimedBy is that of the job when the result was taken.
	ClaimedBy string `json:"claimed_by,omitempty"`
}

// Entry is one step of a job's history.
type Entry struct {
	At       time.Time
	From     Status // "" for the creation
	To       Status
	WorkerID string // who held it, "" when nobody did
	Reason   string // the event's name
}

var validID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// ValidID tells whether id may name a job: it becomes a file's name.
func ValidID(id string) bool { return len(id) <= 128 && validID.MatchString(id) }

// Clone copies a job deeply enough that neither copy sees the other's changes; only
// the bytes of ResultData and Extra, which nobody changes, are shared.
func (j *Job) Clone() *Job {
	c := *j
	c.History = slices.Clone(j.History)
	c.TaskOptions = slices.Clone(j.TaskOptions)
	if j.LastResult != nil {
		last := *j.LastResult
		c.LastResult = &last
	}
	return &c
}

// Timeout is how long each wait and each attempt may take.
func (j *Job) Timeout() time.Duration { return time.Duration(j.TimeoutSeconds) * time.Second }

// lastStep is the newest history entry, or a zero one.
func (j *Job) lastStep() Entry {
	if len(j.History) == 0 {
		return Entry{}
	}
	return j.History[len(j.History)-1]
}

// LastHolder is the worker of the current or, when there is none, of the latest
// attempt.
func (j *Job) LastHolder() string {
	if j.WorkerID != "" {
		return j.WorkerID
	}
	for i := len(j.History) - 1; i >= 0; i-- {
		if j.History[i].WorkerID != "" {
			return j.History[i].WorkerID
		}
	}
	return ""
}
