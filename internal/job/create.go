package job

import (
	"encoding/json"
	"slices"
	"time"
)

// Spec is what a new job is made of.
type Spec struct {
	ID              string
	IngestionTaskID string
	CreatedBy       string // the name of the creator's key, "" for the server's own jobs
	Owner           string // for whom it is done
	Precedence      int    // its priority, if it is an administrator's
	SourceFilePath  string
	SourceName      string
	SourceSize      int64
	SourceModified  time.Time
	SourceSHA256    string
	ContentType     string
	Traceparent     string          // the span by which it is created, "" for none
	TaskOptions     json.RawMessage // nil for {}
	Timeout         time.Duration   // 0 for the type's; at most MaxTimeout
	Priority        int
	MaxRetries      *int // nil for the policy's; 0 to MaxRetryLimit
}

// New makes a pending job, available at once. The caller has validated s: what lies
// out of bounds is moved to the bound, so that the record can always be read again.
func (p Policy) New(s Spec, now time.Time) *Job {
	now = Stamp(now)
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = p.TimeoutFor(s.ContentType)
	}
	retries := p.MaxRetries
	if s.MaxRetries != nil {
		retries = *s.MaxRetries
	}
	options := slices.Clone(s.TaskOptions)
	if isNull(options) {
		options = json.RawMessage(`{}`)
	}
	j := &Job{
		ID: s.ID, Status: Pending, Revision: 1,
		ContentType: s.ContentType, IngestionTaskID: s.IngestionTaskID, CreatedBy: s.CreatedBy,
		Owner: s.Owner, Precedence: s.Precedence, Priority: s.Priority, MaxRetries: min(max(retries, 0), MaxRetryLimit),
		CreatedAt: now, OpenedAt: now, AvailableAt: now,
		TimeoutSeconds: seconds(min(timeout, MaxTimeout)),
		SourceFilePath: s.SourceFilePath, SourceName: s.SourceName,
		SourceSize: max(s.SourceSize, -1), SourceSHA256: s.SourceSHA256,
		Traceparent: s.Traceparent, TaskOptions: options,
		History: []Entry{{At: now, To: Pending, Reason: Created}},
	}
	if !s.SourceModified.IsZero() {
		j.SourceModified = Stamp(s.SourceModified)
	}
	j.setDeadline(now)
	return j
}
