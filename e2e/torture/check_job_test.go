package torture

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// violation is something that must not be, and the job or task it is about, "" for
// none.
type violation struct{ id, says string }

func breach(id, format string, args ...any) violation {
	return violation{id, fmt.Sprintf(format, args...)}
}

// checks are the promises. Each answers where it was broken.
var checks = map[string]func(*evidence) []violation{
	"answers are sound":                         sound,
	"nothing is stranded":                       finished,
	"every acknowledged create exists":          created,
	"every acknowledged result is there":        kept,
	"no two results were accepted":              acceptedOnce,
	"no attempt was granted twice":              grantedOnce,
	"nothing goes backwards":                    forwards,
	"only who holds a job brings its result":    fenced,
	"what is cancelled stays so":                cancelled,
	"every history is a path through the table": pathed,
	"every acknowledged change is in a history": recorded,
	"every file parses and is in its place":     filed,
	"no upload leaked, none was lost":           stored,
	"every acknowledged ingest has ended":       ended,
	"an end is an end":                          staysEnded,
	"every result is indexed once":              indexed,
	"every end is told":                         toldOf,
	"a clean-up and a crash bring nothing back": cleaned,
	"what a newer program has added stays":      foreseen,
}

func sound(e *evidence) (bad []violation) {
	for _, f := range e.faults {
		bad = append(bad, violation{"", f})
	}
	return bad
}

func finished(e *evidence) (bad []violation) {
	for _, s := range e.stranded {
		bad = append(bad, violation{"", s})
	}
	return bad
}

// created: what was acknowledged exists once; what may have been made, at most once;
// and nothing that nobody asked for.
func created(e *evidence) (bad []violation) {
	asked := map[string]bool{}
	for _, c := range e.calls {
		if c.Verb != create {
			continue
		}
		asked[c.Task] = asked[c.Task] || c.perhaps()
		if !c.acknowledged() {
			continue
		}
		if j := e.jobs[c.ID]; j == nil {
			bad = append(bad, breach(c.ID, "the job is gone"))
		} else if j.IngestionTaskID != c.Task {
			bad = append(bad, breach(c.ID, "the job is of task %s, made for %s", j.IngestionTaskID, c.Task))
		}
	}
	made := map[string]string{}
	for id, j := range e.jobs {
		if j.listed != 1 {
			bad = append(bad, breach(id, "the list shows the job %d times", j.listed))
		}
		_, task := e.tasks[j.IngestionTaskID]
		if !asked[j.IngestionTaskID] && !task {
			bad = append(bad, breach(id, "nobody has made the job, of task %s", j.IngestionTaskID))
		}
		if duplicate, twice := made[j.IngestionTaskID]; twice && asked[j.IngestionTaskID] {
			bad = append(bad, breach(id, "the job was made twice, the other is %s", duplicate))
		}
		made[j.IngestionTaskID] = id
	}
	return bad
}

// accepted calls each with every result that was taken.
func accepted(e *evidence, each func(c *call)) {
	for _, c := range e.calls {
		if c.Verb == result && c.acknowledged() {
			each(c)
		}
	}
}

// attempt names one attempt at one job.
type attempt struct {
	job string
	n   int
}

// kept: the bytes of an accepted result are those of the record, and whoever sends
// them again is told the same again.
func kept(e *evidence) (bad []violation) {
	type sent struct {
		attempt
		digest string
	}
	first := map[sent]*call{}
	accepted(e, func(c *call) {
		if s := (sent{attempt{c.ID, c.Attempt}, c.Digest}); c.Attempt != 0 && first[s] == nil {
			first[s] = c
		}
		if c.Outcome != "completed" {
			return
		}
		switch j := e.jobs[c.ID]; {
		case j == nil:
			bad = append(bad, breach(c.ID, "the job of an accepted result is gone"))
		case j.Status != "completed":
			bad = append(bad, breach(c.ID, "the job is %s, its result was accepted", j.Status))
		case j.last.SHA256 != c.Digest, sum([]byte(j.content)) != c.Text, c.Attempt != 0 && j.last.Attempt != c.Attempt:
			bad = append(bad, breach(c.ID, "the job holds another result, of attempt %d, than the accepted one of attempt %d", j.last.Attempt, c.Attempt))
		}
	})
	for _, c := range e.calls {
		f := first[sent{attempt{c.ID, c.Attempt}, c.Digest}]
		if c.Verb != result || c.Attempt == 0 || f == nil || c.Status == 0 || c.Start < f.End {
			continue
		}
		if c.Status == http.StatusServiceUnavailable {
			continue // come back later; where the disk is sound that is a fault of its own
		}
		// An error result is forgotten when a later attempt has brought another.
		if c.Outcome != f.Outcome && (c.acknowledged() || f.Outcome == "completed") {
			bad = append(bad, breach(c.ID, "the same result again was answered %d %s, first %s", c.Status, c.Outcome, f.Outcome))
		}
	}
	return bad
}

// acceptedOnce: one result ends a job, and one an attempt.
func acceptedOnce(e *evidence) (bad []violation) {
	ends, attempts := map[string]string{}, map[attempt]string{}
	accepted(e, func(c *call) {
		if c.Outcome == "completed" {
			if other := ends[c.ID]; other != "" && other != c.Digest {
				bad = append(bad, breach(c.ID, "two good results were accepted"))
			}
			ends[c.ID] = c.Digest
		}
		if c.Attempt != 0 {
			a := attempt{c.ID, c.Attempt}
			if other := attempts[a]; other != "" && other != c.Digest {
				bad = append(bad, breach(c.ID, "two results of attempt %d were accepted", c.Attempt))
			}
			attempts[a] = c.Digest
		}
	})
	return bad
}

// grants are the polls that brought each attempt.
func grants(e *evidence) map[attempt][]*call {
	all := map[attempt][]*call{}
	for _, c := range e.calls {
		if c.Verb == poll {
			for _, s := range c.Seen {
				a := attempt{s.Job, s.Attempt}
				all[a] = append(all[a], c)
			}
		}
	}
	return all
}

func grantedOnce(e *evidence) (bad []violation) {
	for a, polls := range grants(e) {
		if len(polls) > 1 {
			bad = append(bad, breach(a.job, "attempt %d was granted %d times", a.n, len(polls)))
		}
		if j := e.jobs[a.job]; j == nil || j.Attempt < a.n {
			bad = append(bad, breach(a.job, "attempt %d was granted, the job does not know of it", a.n))
		}
	}
	return bad
}

// forwards: of two looks at a job, the one that began after the other had ended shows
// nothing older. The record in the end is the last look.
func forwards(e *evidence) (bad []violation) {
	looks := map[string][]look{}
	for _, c := range e.calls {
		for _, s := range c.Seen {
			looks[s.Job] = append(looks[s.Job], look{s, c.Start, c.End})
		}
	}
	for id, seen := range looks {
		if j := e.jobs[id]; j != nil {
			seen = append(seen, look{sight{id, j.Status, j.Attempt, j.Revision}, math.MaxInt64, math.MaxInt64})
		}
		bad = append(bad, backwards(seen)...)
	}
	return bad
}

type look struct {
	sight
	start, end time.Duration
}

func backwards(seen []look) (bad []violation) {
	began, ended := slices.Clone(seen), slices.Clone(seen)
	slices.SortFunc(began, func(a, b look) int { return int(a.start - b.start) })
	slices.SortFunc(ended, func(a, b look) int { return int(a.end - b.end) })
	attempt, revision, completed, i := 0, int64(0), false, 0
	for _, l := range began {
		for ; ended[i].end < l.start; i++ {
			attempt, revision = max(attempt, ended[i].Attempt), max(revision, ended[i].Revision)
			completed = completed || ended[i].Status == "completed"
		}
		if l.Attempt >= 0 && l.Attempt < attempt {
			bad = append(bad, breach(l.Job, "attempt %d was seen, and then %d", attempt, l.Attempt))
		}
		if l.Revision >= 0 && l.Revision < revision {
			bad = append(bad, breach(l.Job, "revision %d was seen, and then %d", revision, l.Revision))
		}
		if completed && l.Status != "" && l.Status != "completed" {
			bad = append(bad, breach(l.Job, "it was completed, and then %s", l.Status))
		}
	}
	return bad
}

// fenced: no result is accepted that was first sent when its attempt was over: a later
// one had been granted, or it had been cancelled, released or reassigned.
func fenced(e *evidence) (bad []violation) {
	granted := grants(e)
	over := map[string][]*call{}
	for _, c := range e.calls {
		if (c.Verb == cancel || c.Verb == release || c.Verb == reassign) && c.acknowledged() {
			over[c.ID] = append(over[c.ID], c)
		}
	}
	sent := map[string]time.Duration{} // by digest: when first
	for _, c := range e.calls {
		if _, again := sent[c.ID+c.Digest]; c.Verb == result && !again {
			sent[c.ID+c.Digest] = c.Start
		}
	}
	accepted(e, func(c *call) {
		own := granted[attempt{c.ID, c.Attempt}]
		if c.Attempt == 0 || len(own) == 0 {
			return
		}
		start := sent[c.ID+c.Digest]
		for n := c.Attempt + 1; n <= e.attempts(c.ID); n++ {
			for _, later := range granted[attempt{c.ID, n}] {
				if later.End < start {
					bad = append(bad, breach(c.ID, "a result of attempt %d was accepted after attempt %d had been granted", c.Attempt, n))
				}
			}
		}
		for _, o := range over[c.ID] {
			if o.Start > own[0].End && o.End < start {
				bad = append(bad, breach(c.ID, "a result of attempt %d was accepted after a %s", c.Attempt, o.Verb))
			}
		}
	})
	return bad
}

// attempts is how often a job was claimed.
func (e *evidence) attempts(id string) int {
	if j := e.jobs[id]; j != nil {
		return j.Attempt
	}
	return 0
}

// cancelled: only a retry ends it.
func cancelled(e *evidence) (bad []violation) {
	retried := map[string]time.Duration{} // until when one may have been at work
	for _, c := range e.calls {
		if c.Verb == retry && c.perhaps() {
			retried[c.ID] = max(retried[c.ID], c.End)
		}
	}
	for _, c := range e.calls {
		if c.Verb != cancel || !c.acknowledged() || retried[c.ID] > c.Start {
			continue
		}
		if j := e.jobs[c.ID]; j == nil || j.Status != "cancelled" {
			bad = append(bad, breach(c.ID, "the job was cancelled and not retried"))
		}
	}
	return bad
}

// foreseen: what a newer program beside this one has added to a record is kept.
func foreseen(e *evidence) (bad []violation) {
	for _, id := range e.forgotten {
		bad = append(bad, breach(id, "it has lost what a newer program had added"))
	}
	return bad
}

// cleaned: nothing is there that was removed, and a restart changes nothing.
func cleaned(e *evidence) (bad []violation) {
	if len(e.left) > 0 {
		bad = append(bad, breach("", "left after a clean-up: %s", strings.Join(e.left, ", ")))
	}
	for _, c := range e.changed {
		bad = append(bad, breach("", "a restart changed %s", c))
	}
	return bad
}
