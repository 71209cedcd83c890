package task

// Event is something that happens to a task.
type Event string

// The events. Which are allowed where is in [Transitions].
const (
	Start   Event = "start"   // a runner takes it
	Advance Event = "advance" // the run comes to another stage
	Park    Event = "park"    // the run ends, the task waits for its remote job
	Wake    Event = "wake"    // the wait is over
	Defer   Event = "defer"   // a transient failure: once more later
	Lose    Event = "lose"    // the run's server died
	Finish  Event = "finish"
	Fail    Event = "fail"
	Revoke  Event = "revoke"
	Reopen  Event = "reopen" // a failure is tried once more
)

// Redeliver has the webhook told once more. It moves no task: it is in no row.
const Redeliver Event = "redeliver"

// Events lists every event.
func Events() []Event {
	return []Event{Start, Advance, Park, Wake, Defer, Lose, Finish, Fail, Revoke, Reopen}
}

// Transition is one row of the table.
type Transition struct {
	From  Phase
	Event Event
	To    Phase
	When  string
}

// Transitions is the whole table; every other pair of phase and event is refused
// and changes nothing: with [ErrLost] when the event is a run's own, else with
// [ErrConflict].
func Transitions() []Transition {
	return []Transition{
		{Queued, Start, Running, "RunAt has come"},
		{Queued, Revoke, Ended, ""},
		{Running, Advance, Running, ""},
		{Running, Park, Waiting, ""},
		{Running, Defer, Queued, "a transient failure, or put off"},
		{Running, Defer, Ended, "failing for a day, ten times or more"},
		{Running, Lose, Queued, "fewer than three deaths in this stage"},
		{Running, Lose, Ended, "the third death in this stage"},
		{Running, Finish, Ended, ""},
		{Running, Fail, Ended, ""},
		{Running, Revoke, Ended, ""},
		{Waiting, Wake, Queued, ""},
		{Waiting, Revoke, Ended, ""},
		{Ended, Reopen, Queued, "a failure, retried"},
		{Ended, Reopen, Waiting, "a failure whose remote job was retried"},
	}
}

// move takes t to another phase if the table allows it.
func (t *Task) move(e Event, to Phase) error {
	for _, row := range Transitions() {
		if row.From == t.Phase && row.Event == e && row.To == to {
			t.Phase = to
			t.Revision++
			return nil
		}
	}
	return t.refuse(e)
}
