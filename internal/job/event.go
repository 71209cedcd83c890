package job

import (
	"encoding/json"
	"time"
)

// Event is something that happens to a job.
type Event string

// The events. Which are allowed where, and where they lead, is in [Transitions].
const (
	Claim       Event = "claimed"     // a worker takes it
	Confirm     Event = "confirmed"   // first heartbeat of the attempt
	Succeed     Event = "completed"   // a result arrives
	Fail        Event = "error"       // an error result arrives
	LoseLease   Event = "lease_lost"  // silence past the lease
	Unconfirmed Event = "unconfirmed" // no heartbeat after the claim, or the answer was not delivered
	Release     Event = "released"    // the holder requeues it
	Expire      Event = "deadline"    // TimeoutAt has passed
	Cancel      Event = "cancelled"   // called off
	Retry       Event = "retried"     // an operator wants it tried again
	Reassign    Event = "reassigned"  // an operator names the worker
	Abandon     Event = "abandoned"   // it cannot succeed: source gone, result too large
)

// Heard tells whether the event shows that the holder has its claim's answer.
func (e Event) Heard() bool { return e == Confirm || e == Succeed || e == Fail }

// Created is the reason of a job's first history entry.
const Created = "created"

// Events lists every event.
func Events() []Event {
	return []Event{Claim, Confirm, Succeed, Fail, LoseLease, Unconfirmed, Release, Expire, Cancel, Retry, Reassign, Abandon}
}

// Change is an event with what the caller knows about it. Identifiers that the
// caller sends must be those of the current or latest attempt (fencing); what it
// leaves out is not checked, except that Succeed, Fail and Abandon of an attempt with
// a lease must name the worker or the attempt.
type Change struct {
	Event Event
	Now   time.Time // set by the store, by its clock

	// Key is the name of the key of the claimant, or of whoever says to hold the job; ""
	// is not checked: there are no keys, or the change is not the holder's.
	Key      string
	WorkerID string // the claimant, or who the caller says it is
	Attempt  int    // the attempt the caller speaks of, 0 when it names none; with Unconfirmed: its answer was not delivered

	ClaimID  string          // Claim: set by the store, the same for all that one call hands out
	Lease    time.Duration   // Claim: 0 for none
	Result   json.RawMessage // Succeed: what becomes ResultData, in json.Marshal's form
	Digest   string          // Succeed, Fail: SHA-256 of the result as sent, hex
	Message  string          // of Fail, Abandon and Cancel: becomes ErrorMessage
	Final    bool            // Fail: not to be retried
	Assignee string          // Reassign: the only worker for a while, "" for any
}
