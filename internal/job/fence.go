package job

// held is nil when every identifier that the caller sends is that of the current or,
// when there is none, of the latest attempt.
func held(j *Job, c Change) error {
	if !mayHold(c.Key, j.ClaimedBy) {
		return ErrWrongKey
	}
	if c.WorkerID != "" && c.WorkerID != j.LastHolder() {
		return ErrLeaseLost
	}
	if c.Attempt != 0 && c.Attempt != j.Attempt {
		return ErrLeaseLost
	}
	return nil
}

// mayHold tells whether the holder of key may speak for an attempt that was claimed
// by another key or the same. One that was claimed while there were no keys is
// anybody's who names its worker and attempt.
func mayHold(key, claimedBy string) bool { return key == "" || claimedBy == "" || key == claimedBy }

// unnamed tells whether c says nothing of who sends it although the latest attempt
// was claimed with a lease. Who takes a lease names itself, so c is by somebody else.
func unnamed(j *Job, c Change) bool {
	return c.WorkerID == "" && c.Attempt == 0 && j.LeaseSeconds > 0
}

// repeated tells whether the caller, who held or holds j, has already done this.
func repeated(j *Job, c Change) bool {
	switch c.Event {
	case Confirm:
		return j.Status == Processing && !j.ConfirmedAt.IsZero()
	case Release:
		return j.Status == Pending && j.lastStep().Reason == string(Release)
	case Cancel:
		return j.Status == Cancelled
	}
	return false
}

// result judges a result, good or bad, and takes it.
func (p Policy) result(j *Job, c Change) (Status, error) {
	if err := judged(j, c); err != nil {
		return "", err
	}
	if !mayHold(c.Key, j.ClaimedBy) {
		return "", ErrWrongKey
	}
	if !j.Status.Allows(c.Event) {
		return "", ErrConflict
	}
	if unnamed(j, c) {
		return "", ErrLeaseLost
	}
	if err := held(j, c); err != nil {
		return "", err
	}
	if j.Status == Pending && !orphaned(j) {
		return "", ErrLeaseLost
	}

	to := Completed
	switch {
	case c.Event == Succeed:
		j.complete(c)
	case c.Final:
		j.setError(c.Message)
		to = Failed
	default:
		to = p.again(j, c.Now, c.Message)
	}
	j.LastResult = &LastResult{Attempt: j.Attempt, SHA256: c.Digest, Outcome: to, ClaimedBy: j.ClaimedBy}
	return to, nil
}

// complete takes a success, also that of a worker from which the job was taken while
// it was silent.
func (j *Job) complete(c Change) {
	j.ResultData = c.Result
	j.ErrorMessage = ""
	j.WorkerID = j.LastHolder()
	for i := len(j.History) - 1; i >= 0 && j.StartedAt.IsZero(); i-- {
		if j.History[i].Reason == string(Claim) {
			j.StartedAt = j.History[i].At
		}
	}
}

// judged compares c with the newest result that was taken: the same bytes for the
// same attempt are [ErrRepeated] in any later state, other bytes [ErrOtherResult]. It is
// nil when c speaks of another attempt, or of none that has a result.
//
// A sender who does not name the attempt speaks of the current one, if that is still
// open to it: an engine that fails twice in the same words must count twice. Else it
// may be the sender of the newest result, who was not told that it had arrived.
func judged(j *Job, c Change) error {
	last := j.LastResult
	if last == nil {
		return nil
	}
	same := c.Digest != "" && c.Digest == last.SHA256
	switch {
	case c.Attempt != 0 && c.Attempt != last.Attempt:
		return nil
	case c.Attempt == 0 && last.Attempt != j.Attempt && (!same || awaited(j, c)):
		return nil
	case !mayHold(c.Key, last.ClaimedBy):
		return ErrWrongKey
	case c.WorkerID != "" && !by(j, c.WorkerID):
		return ErrLeaseLost
	case same:
		return ErrRepeated
	}
	return ErrOtherResult
}

// awaited tells whether j waits for a result that c may be.
func awaited(j *Job, c Change) bool {
	return j.Status.Allows(c.Event) && (j.Status == Processing || orphaned(j)) && !unnamed(j, c) && held(j, c) == nil
}

// by tells whether worker sent the newest result, as far back as the history goes.
func by(j *Job, worker string) bool {
	for i := len(j.History) - 1; i >= 0; i-- {
		if e := j.History[i]; e.Reason == string(Succeed) || e.Reason == string(Fail) {
			return e.WorkerID == worker
		}
	}
	return true
}

// orphaned tells whether j waits because its worker was not heard of, so that a
// success of that very attempt is still welcome. A cancel, a release, a reassignment or
// a later claim ends that; a manual retry, of a job in backoff or of one that ended
// meanwhile, does not: whoever retries wants the result.
func orphaned(j *Job) bool {
	for i := len(j.History) - 1; i >= 0; i-- {
		switch Event(j.History[i].Reason) {
		case LoseLease, Unconfirmed:
			return true
		case Retry, Expire:
		default:
			return false
		}
	}
	return false
}
