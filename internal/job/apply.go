package job

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Apply makes the change c to j, or returns a [*Refusal] and leaves j as it was:
// [ErrConflict] when the table has no such row, [ErrWrongKey] and
// [ErrLeaseLost] when the caller does not hold the job, [ErrNotYours] for a claim of a job kept for another worker,
// [ErrRepeated] when the same caller has already done exactly this. It depends on
// its arguments alone, so a store may run it twice.
func (p Policy) Apply(j *Job, c Change) error {
	c.Now = Stamp(c.Now)
	next := j.Clone()
	to, err := p.rule(next, c)
	if err == nil && !allowed(j.Status, c.Event, to) {
		err = fmt.Errorf("to %s: %w", to, ErrConflict)
	}
	if err != nil {
		return j.Refuse(c.Event, err)
	}
	next.Status = to
	next.Revision++
	if c.Event != Confirm {
		next.record(c, j.Status)
	}
	if to != Processing {
		next.clearHold()
	}
	if to.Terminal() {
		next.CompletedAt = c.Now
	}
	if to == Completed {
		next.forgetSealed()
	}
	*j = *next
	return nil
}

// rule changes j as the event wants and returns the status it leads to.
func (p Policy) rule(j *Job, c Change) (Status, error) {
	if c.Event == Succeed || c.Event == Fail {
		return p.result(j, c)
	}
	if c.Event != Claim {
		if err := held(j, c); err != nil {
			return "", err
		}
	}
	if repeated(j, c) {
		return "", ErrRepeated
	}
	if !j.Status.Allows(c.Event) {
		return "", ErrConflict
	}
	switch c.Event {
	case Claim:
		return p.claim(j, c)
	case Confirm:
		j.confirm(c.Now)
		return Processing, nil
	case Unconfirmed, LoseLease, Expire:
		return p.silence(j, c)
	case Release:
		j.returnAt(c.Now)
		return Pending, nil
	case Abandon:
		if unnamed(j, c) {
			return "", ErrLeaseLost
		}
		j.setError(c.Message)
		return Failed, nil
	case Cancel:
		j.setCause(cmp.Or(c.Message, "cancelled"))
		return Cancelled, nil
	case Retry:
		return j.retry(c)
	case Reassign:
		return j.reassign(c)
	}
	return "", ErrConflict
}

func (p Policy) claim(j *Job, c Change) (Status, error) {
	if err := p.Claimable(j, c.WorkerID, c.Now); err != nil {
		return "", err
	}
	j.WorkerID, j.ClaimedBy, j.ClaimID = c.WorkerID, c.Key, c.ClaimID
	j.Attempt++
	j.StartedAt = c.Now
	j.ConfirmedAt = time.Time{}
	j.AssignedWorker, j.AssignedAt = "", time.Time{}
	j.LeaseSeconds = seconds(min(max(c.Lease, 0), MaxLease))
	j.renewLease(c.Now)
	j.Progress, j.ProgressMessage = 0, ""
	j.setDeadline(c.Now)
	return Processing, nil
}

// silence is what time brings, if it is due: a heartbeat or a claim may have come
// between the look at the clock and the change. Only an unconfirmed claim that names
// its attempt need not be due: its answer was not delivered, so the job is requeued at once.
func (p Policy) silence(j *Job, c Change) (Status, error) {
	undelivered := c.Event == Unconfirmed && c.Attempt != 0 && j.ConfirmedAt.IsZero()
	if e, at, ok := p.Due(j); !undelivered && (!ok || e != c.Event || at.After(c.Now)) {
		return "", ErrConflict
	}
	switch c.Event {
	case Expire:
		j.setCause(fmt.Sprintf("timed out while %s, at its deadline %s", j.Status, j.TimeoutAt.Format(time.RFC3339)))
		return Timeout, nil
	case LoseLease:
		return p.again(j, c.Now, fmt.Sprintf("worker lost: silent for more than its lease of %d s", j.LeaseSeconds)), nil
	default:
		j.returnAt(c.Now)
		return Pending, nil
	}
}

// again counts a failed try and sends the job back, or ends it.
func (p Policy) again(j *Job, now time.Time, message string) Status {
	j.setError(message)
	if j.RetryCount >= j.MaxRetries {
		return Failed
	}
	j.RetryCount++
	j.returnAt(now.Add(p.Backoff(j.ID, j.RetryCount)))
	return Pending
}

// retry opens a job that is over anew; one that waits out a backoff it makes
// available, with the tries and the last deadline it has.
func (j *Job) retry(c Change) (Status, error) {
	if j.Status == Pending && !j.AvailableAt.After(c.Now) {
		return "", ErrConflict
	}
	if j.Status != Pending {
		j.RetryCount = 0
		j.OpenedAt = c.Now
		j.CompletedAt = time.Time{}
	}
	j.returnAt(c.Now)
	return Pending, nil
}

func (j *Job) reassign(c Change) (Status, error) {
	if j.Status.Terminal() {
		if _, err := j.retry(c); err != nil {
			return "", err
		}
	} else if j.Status == Processing {
		j.returnAt(c.Now)
	}
	j.AssignedWorker, j.AssignedAt = c.Assignee, time.Time{}
	if c.Assignee != "" {
		j.AssignedAt = c.Now
	}
	return Pending, nil
}

// returnAt makes the job claimable from at on, with a new deadline.
func (j *Job) returnAt(at time.Time) {
	j.AvailableAt = at
	j.setDeadline(at)
}

// record adds the step to the history, with the worker that held the job in it.
func (j *Job) record(c Change, from Status) {
	holder := j.WorkerID
	if from.Terminal() {
		holder = "" // the name of the last holder only stands there
	}
	j.History = append(j.History, Entry{At: c.Now, From: from, To: j.Status, WorkerID: holder, Reason: string(c.Event)})
	if extra := len(j.History) - MaxHistory; extra > 0 {
		j.History = j.History[extra:]
	}
}

// clearHold ends the hold on a job that is no longer worked on. LeaseSeconds and
// Attempt stay, to judge a late result; a job that is over keeps its worker's name,
// one that waits has it in its history.
func (j *Job) clearHold() {
	if j.Status == Pending {
		j.WorkerID = ""
		j.StartedAt = time.Time{}
		j.ConfirmedAt = time.Time{}
	} else {
		j.AssignedWorker, j.AssignedAt = "", time.Time{}
	}
	j.LeaseExpiresAt, j.ConfirmBy = time.Time{}, time.Time{}
	j.Progress, j.ProgressMessage = 0, ""
}

// setError keeps the message: never empty, since it explains why a job stands where
// it stands.
func (j *Job) setError(message string) {
	if message == "" {
		message = "the worker reported an error and did not say which"
	}
	j.ErrorMessage = bounded(message, MaxErrorMessage)
}

// setCause keeps what ended a job that no worker ended, and after it the error of the last
// try: it must not be taken for the end. Of a job that was retried since, earlier ends are
// forgotten.
func (j *Job) setCause(cause string) {
	const before = "; before that: "
	last := j.ErrorMessage
	if _, tried, ended := strings.Cut(last, before); ended {
		last = tried
	}
	if last != "" {
		cause += before + last
	}
	j.setError(cause)
}

// bounded is s as UTF-8 of at most limit bytes, never cut inside a character.
func bounded(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// seconds is d in whole seconds, rounded up: a fraction must not become no time.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
