package job

import "fmt"

// Refusal is why an event changes nothing: what the job is, and one of the sentinels,
// which it unwraps to.
type Refusal struct {
	ID      string
	Status  Status
	Attempt int
	Event   Event
	Err     error
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s job %s in %s: %v", r.Event, r.ID, r.Status, r.Err)
}

// Unwrap returns the sentinel, or what wraps it.
func (r *Refusal) Unwrap() error { return r.Err }

// Refuse is the refusal of an event for j as it is.
func (j *Job) Refuse(e Event, err error) *Refusal {
	return &Refusal{ID: j.ID, Status: j.Status, Attempt: j.Attempt, Event: e, Err: err}
}

// Allows tells whether the table has any row from s by e.
func (s Status) Allows(e Event) bool {
	for _, t := range Transitions() {
		if t.From == s && t.Event == e {
			return true
		}
	}
	return false
}

// Is makes equal refusals the same error.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && *other == *r
}
