package torture

import (
	"slices"

	"morag/internal/job"
	"morag/internal/wire"
)

// whole tells whether a record's history goes back to the beginning.
func whole(j *jobEnd) bool { return len(j.History) < job.MaxHistory }

func text0(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// pathed: each step of a history is one of the table, begins where the one before
// has ended, and the counters are those of the steps.
func pathed(e *evidence) (bad []violation) {
	for id, j := range e.jobs {
		at, claims := "", 0
		if !whole(j) {
			at, claims = text0(j.History[0].From), j.Attempt
		}
		for i, step := range j.History {
			from := text0(step.From)
			if from != at {
				bad = append(bad, breach(id, "step %d starts in %q, the one before ended in %q", i, from, at))
			}
			if !inTable(step) {
				bad = append(bad, breach(id, "no rule leads from %q by %s to %s", from, step.Reason, step.To))
			}
			if i > 0 && step.At.Before(*j.History[i-1].At) {
				bad = append(bad, breach(id, "step %d was before the one before it", i))
			}
			if step.Reason == string(job.Claim) && whole(j) {
				claims++
			}
			at = step.To
		}
		if at != j.Status {
			bad = append(bad, breach(id, "the history ends in %s, the job is %s", at, j.Status))
		}
		if claims != j.Attempt {
			bad = append(bad, breach(id, "%d claims, but attempt %d", claims, j.Attempt))
		}
		// Each step is a write, and each attempt may have been confirmed by one more.
		if n := int64(len(j.History)); whole(j) && (j.Revision < n || j.Revision > n+int64(j.Attempt)) {
			bad = append(bad, breach(id, "revision %d after %d steps and %d attempts", j.Revision, n, j.Attempt))
		}
	}
	return bad
}

func inTable(step wire.JobStep) bool {
	if step.From == nil {
		return step.Reason == job.Created && step.To == string(job.Pending)
	}
	return slices.ContainsFunc(job.Transitions(), func(t job.Transition) bool {
		return string(t.From) == *step.From && string(t.Event) == step.Reason && string(t.To) == step.To
	})
}

// recorded: what was acknowledged is a step of the history, in the attempt that it
// named.
func recorded(e *evidence) (bad []violation) {
	retries, reassigns := map[string]int{}, map[string]int{}
	for _, c := range e.calls {
		if c.Verb == poll {
			for _, s := range c.Seen {
				if j := e.jobs[s.Job]; j != nil && whole(j) && !j.claimedBy(c.Worker, s.Attempt) {
					bad = append(bad, breach(s.Job, "attempt %d is not that of %s, who was granted it", s.Attempt, c.Worker))
				}
			}
		}
		j := e.jobs[c.ID]
		if !c.acknowledged() || j == nil || !whole(j) {
			continue
		}
		there := true
		switch c.Verb {
		case result:
			reason := job.Fail
			if c.Success {
				reason = job.Succeed
			}
			there = j.has(c.Attempt, reason, c.Outcome)
		case release:
			there = j.has(c.Attempt, job.Release, "")
		case cancel:
			there = j.has(0, job.Cancel, "")
		case retry:
			retries[c.ID]++
		case reassign:
			reassigns[c.ID]++
		}
		if !there {
			bad = append(bad, breach(c.ID, "an acknowledged %s of attempt %d is not in the history", c.Verb, c.Attempt))
		}
	}
	for id, n := range retries {
		if got := e.jobs[id].count(job.Retry); got < n {
			bad = append(bad, breach(id, "%d retries were acknowledged, %d made", n, got))
		}
	}
	for id, n := range reassigns {
		if got := e.jobs[id].count(job.Reassign); got < n {
			bad = append(bad, breach(id, "%d reassignments were acknowledged, %d made", n, got))
		}
	}
	return bad
}

// claimedBy tells whether the nth claim was by worker.
func (j *jobEnd) claimedBy(worker string, n int) bool {
	for _, step := range j.History {
		if step.Reason != string(job.Claim) {
			continue
		}
		if n--; n == 0 {
			return text0(step.WorkerID) == worker
		}
	}
	return false
}

// has tells whether the nth attempt, any for 0, has a step of that event to that
// status, any for "".
func (j *jobEnd) has(n int, event job.Event, to string) bool {
	claims := 0
	for _, step := range j.History {
		if step.Reason == string(job.Claim) {
			claims++
		}
		if (n == 0 || n == claims) && step.Reason == string(event) && (to == "" || to == step.To) {
			return true
		}
	}
	return false
}

func (j *jobEnd) count(event job.Event) (n int) {
	for _, step := range j.History {
		if step.Reason == string(event) {
			n++
		}
	}
	return n
}
