package job

import "time"

// Beat is a heartbeat: the call of that name, or a byte of the download.
type Beat struct {
	Key      string // the name of the caller's key, "" is not checked
	WorkerID string
	Attempt  int      // 0 when not named
	Progress *float64 // 0–1, nil when not told
	Message  string
}

// MaxProgressMessage bounds the bytes of a heartbeat's message that are kept.
const MaxProgressMessage = 512

// Alive applies a heartbeat: it renews the lease, if there is one, and confirms
// the claim, which is the only thing that must survive a restart and counts as a
// write (Revision). It never moves the deadline. It returns a [*Refusal]: [ErrWrongKey] or
// [ErrLeaseLost] to who is not the current or latest holder, and [ErrConflict] to the latest holder of a job
// that is no longer processed: cancelled, say, which its worker wants to know.
func (p Policy) Alive(j *Job, b Beat, now time.Time) error {
	if err := held(j, Change{Key: b.Key, WorkerID: b.WorkerID, Attempt: b.Attempt}); err != nil {
		return j.Refuse(Confirm, err)
	}
	if j.Status != Processing {
		return j.Refuse(Confirm, ErrConflict)
	}
	now = Stamp(now)
	if j.ConfirmedAt.IsZero() {
		j.confirm(now)
		j.Revision++
	}
	j.renewLease(now)
	if b.Progress != nil && *b.Progress == *b.Progress { // a NaN is no progress
		j.Progress = min(max(*b.Progress, 0), 1)
	}
	if b.Message != "" {
		j.ProgressMessage = bounded(b.Message, MaxProgressMessage)
	}
	return nil
}

// Resume starts lease and confirmation anew after the store was down: time in which
// nobody could be heard is not silence. The deadline stays.
func (p Policy) Resume(j *Job, now time.Time) {
	if j.Status != Processing {
		return
	}
	now = Stamp(now)
	j.renewLease(now)
	if j.ConfirmedAt.IsZero() {
		j.ConfirmBy = now.Add(p.ConfirmTimeout)
	}
}

// confirm notes the first heartbeat; from here on silence is measured.
func (j *Job) confirm(now time.Time) {
	j.ConfirmedAt, j.ConfirmBy = now, time.Time{}
	j.renewLease(now)
}

// renewLease lets a lease, if there is one, run anew from now.
func (j *Job) renewLease(now time.Time) {
	j.LeaseExpiresAt = time.Time{}
	if j.LeaseSeconds > 0 {
		j.LeaseExpiresAt = now.Add(time.Duration(j.LeaseSeconds) * time.Second)
	}
}
