package torture

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// verb is what a request asks for.
type verb string

const (
	create    verb = "create"     // of a job, by a client that put the file there itself
	upload    verb = "upload"     // of a file to ingest
	poll      verb = "poll"       //
	beat      verb = "heartbeat"  //
	result    verb = "result"     //
	release   verb = "release"    //
	cancel    verb = "cancel"     //
	retry     verb = "retry"      //
	reassign  verb = "reassign"   //
	show      verb = "show"       // one job's record
	status    verb = "status"     // one job's status
	list      verb = "list"       // of jobs
	taskShow  verb = "task"       // one task's status
	taskRetry verb = "task retry" //
	revoke    verb = "revoke"     // of a task
	other     verb = "other"      // what no check asks about
)

// never is the end of a request that was not seen to end: what it asks for may still
// happen.
const never = time.Duration(math.MaxInt64)

// call is one request and what came of it. Whatever it did, it did between Start and
// End.
type call struct {
	Start, End time.Duration // since the beginning of the history
	Verb       verb

	ID      string // of the job or task in the path, or that was made
	Task    string // create: ingestion_task_id; upload: none before the answer
	Key     string // Idempotency-Key
	Worker  string // worker_id as sent
	Attempt int    // attempt as sent
	Success bool   // result: it was a good one
	Digest  string // result: SHA-256 of the request; upload: of the file
	Text    string // result: SHA-256 of the content
	Remote  bool   // upload: was to be converted remotely

	Status  int    // 0 when no whole answer came: perhaps it was done
	Detail  string // of an error
	Outcome string // "status" in the answer
	Seen    []sight
}

// acknowledged tells whether the caller was told that it is done.
func (c *call) acknowledged() bool { return c.Status == 200 }

// inDoubt begins the answer that leaves open whether it was done.
const inDoubt = "a store has failed meanwhile"

// perhaps tells whether it may have been done.
func (c *call) perhaps() bool {
	return c.Status == 0 || c.Status == 200 || c.Status == 503 && strings.HasPrefix(c.Detail, inDoubt)
}

// sight is what an answer shows of a job: what a poll hands out, or a record.
type sight struct {
	Job      string
	Status   string // "" when not told
	Attempt  int    // -1 when not told
	Revision int64  // -1 when not told
}

func (c *call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3fs", c.Start.Seconds())
	if c.End == never {
		b.WriteString("…          ")
	} else {
		fmt.Fprintf(&b, "–%8.3fs ", c.End.Seconds())
	}
	fmt.Fprintf(&b, "%-10s %3d", c.Verb, c.Status)
	for _, part := range []struct {
		name  string
		value any
	}{
		{"worker", c.Worker}, {"attempt", c.Attempt}, {"success", c.Success}, {"digest", c.Digest[:min(8, len(c.Digest))]},
		{"task", c.Task}, {"key", c.Key}, {"→", c.Outcome}, {"detail", c.Detail},
	} {
		if text := fmt.Sprint(part.value); text != "" && text != "0" && text != "false" {
			fmt.Fprintf(&b, " %s %s", part.name, text)
		}
	}
	for _, s := range c.Seen[:min(4, len(c.Seen))] {
		fmt.Fprintf(&b, " [%s %s attempt %d revision %d]", s.Job, s.Status, s.Attempt, s.Revision)
	}
	return b.String()
}

// history is everything that clients asked and were told. It is safe for concurrent
// use.
type history struct {
	began time.Time
	// allowed are the statuses by which the server may refuse what it cannot do, when
	// what it needs is tampered with.
	allowed []int

	mu     sync.Mutex // guards what is below
	calls  []*call
	faults []string // wrong answers, seen as they came
}

func newHistory() *history { return &history{began: time.Now()} }

func (h *history) now() time.Duration { return time.Since(h.began) }

func (h *history) add(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
}

// fault notes an answer that is wrong whatever else happened.
func (h *history) fault(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

// answered notes an answer that no such request should get.
func (h *history) answered(c *call) {
	if c.Status == 0 || c.Status == 200 || slices.Contains(h.allowed, c.Status) {
		return
	}
	switch c.Verb {
	case create, upload, poll, list, show:
		h.fault("%s of %s%s was answered %d: %s", c.Verb, c.ID, c.Task, c.Status, c.Detail)
	default:
		if c.Status >= 500 {
			h.fault("%s of %s was answered %d: %s", c.Verb, c.ID, c.Status, c.Detail)
		}
	}
}

// all answers the calls in the order in which they began.
func (h *history) all() []*call {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.Clone(h.calls)
	slices.SortStableFunc(all, func(a, b *call) int { return int(a.Start - b.Start) })
	return all
}

// about is what happened to one job or task, for whoever has to find out why.
func about(calls []*call, id string) string {
	var b strings.Builder
	var last sight // what a list has shown
	for _, c := range calls {
		if c.ID != id && c.Task != id && !slices.ContainsFunc(c.Seen, func(s sight) bool { return s.Job == id }) {
			continue
		}
		one := *c
		if c.ID != id {
			one.Seen = slices.DeleteFunc(slices.Clone(c.Seen), func(s sight) bool { return s.Job != id })
		}
		if c.Verb == list && len(one.Seen) == 1 {
			if one.Seen[0] == last {
				continue // nothing new
			}
			last = one.Seen[0]
		}
		b.WriteString("\n    " + one.String())
	}
	return b.String()
}
