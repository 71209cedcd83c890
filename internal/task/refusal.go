package task

import "fmt"

// Refusal is why an event changes nothing: what the task is, and one of the sentinels,
// which it unwraps to.
type Refusal struct {
	ID     string
	Status Status
	Phase  Phase
	Event  Event
	Err    error
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s task %s, which is %s, in %s: %v", r.Event, r.ID, r.Status, r.Phase, r.Err)
}

// Unwrap returns the sentinel.
func (r *Refusal) Unwrap() error { return r.Err }

func (t *Task) refuse(e Event) error {
	return &Refusal{ID: t.ID, Status: t.Status, Phase: t.Phase, Event: e, Err: ErrConflict}
}
