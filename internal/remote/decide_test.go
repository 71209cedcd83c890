package remote

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/job"
	"morag/internal/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// begun is when the tasks of these tests began to wait; all else is counted from it.
var begun = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const testFallback = 300 * time.Second

// waiting is a task that waits an hour for its remote job.
func waiting(o task.Options) *task.Task {
	return &task.Task{
		ID: "task", Phase: task.Waiting, Options: o, Source: task.Source{ContentType: "audio"},
		Remote: &task.Remote{JobID: "job", Since: begun, Deadline: begun.Add(time.Hour)},
	}
}

// Every state of a job, there or not, in time or late, with and without a worker and a
// way back: what is done about the task is in the table, and nothing else.
func TestDecide(t *testing.T) {
	t.Parallel()
	for _, status := range append(job.Statuses(), "") {
		for _, late := range []bool{false, true} {
			for _, worker := range []bool{false, true} {
				for _, noFallback := range []bool{false, true} {
					name := fmt.Sprintf("%s late=%v worker=%v no_fallback=%v", status, late, worker, noFallback)
					s := situation{task: waiting(task.Options{NoFallback: noFallback}), now: begun.Add(30 * time.Minute), worker: worker, up: begun}
					if status != "" {
						s.job = &job.Job{Status: status, CreatedAt: begun}
					}
					if late {
						s.now = begun.Add(2 * time.Hour)
					}
					want := waitOn
					switch {
					case status == job.Completed:
						want = use
					case status == job.Failed, status == job.Timeout, status == job.Cancelled:
						want = giveUp
					case late:
						want = callOff
					case status == "":
						want = makeJob
					case status == job.Pending && !worker && !noFallback:
						want = callOff
					}
					if got, _ := decide(s, testFallback); got != want {
						t.Errorf("%s: step %d, want %d", name, got, want)
					}
				}
			}
		}
	}
}

func TestDecideAtTheDeadline(t *testing.T) {
	t.Parallel()
	s := situation{task: waiting(task.Options{}), job: &job.Job{Status: job.Processing}, worker: true}
	for after, want := range map[time.Duration]step{time.Hour: waitOn, time.Hour + time.Microsecond: callOff} {
		s.now = begun.Add(after)
		got, why := decide(s, testFallback)
		if got != want {
			t.Errorf("%s after the start: step %d, want %d", after, got, want)
		}
		if want == callOff && why != "no result within 3600 s" {
			t.Errorf("the client is told %q", why)
		}
	}
}

// How long nobody came is counted from the job's return to pending, or from when a
// server was there to be asked, whichever is later.
func TestDecideWithoutAWorker(t *testing.T) {
	t.Parallel()
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	for name, c := range map[string]struct {
		created, returned, up, now int // seconds; returned -1 for never
		want                       step
	}{
		"new":                    {0, -1, -1000, 0, waitOn},
		"almost":                 {0, -1, -1000, 299, waitOn},
		"just":                   {0, -1, -1000, 300, callOff},
		"returned":               {0, 100, -1000, 399, waitOn},
		"returned long ago":      {0, 100, -1000, 400, callOff},
		"the server just came":   {0, -1, 200, 499, waitOn},
		"the server came before": {0, -1, 200, 500, callOff},
		"a clock set back":       {1000, -1, 0, 299, waitOn},
		"set back long ago":      {1000, -1, 0, 300, callOff},
		"written this moment":    {300, -1, 0, 300, waitOn},
	} {
		s := situation{task: waiting(task.Options{}), now: at(c.now), up: at(c.up)}
		s.job = &job.Job{Status: job.Pending, CreatedAt: at(c.created)}
		if c.returned >= 0 {
			s.job.History = []job.Entry{{At: at(c.created)}, {At: at(c.returned)}}
		}
		got, why := decide(s, testFallback)
		if got != c.want {
			t.Errorf("%s: step %d, want %d", name, got, c.want)
		}
		if got == callOff && why != "no worker for audio was seen for 300 s" {
			t.Errorf("%s: the client is told %q", name, why)
		}
	}
}

func TestEndingSaysWhy(t *testing.T) {
	t.Parallel()
	if got := ending(&job.Job{Status: job.Failed, ErrorMessage: "no sound in it"}); got != "no sound in it" {
		t.Errorf("%q, want the job's own reason", got)
	}
	if got := ending(&job.Job{Status: job.Timeout}); !strings.Contains(got, "timeout") {
		t.Errorf("%q, want the job's status", got)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	p := Policy{Jobs: job.Policy{Timeouts: map[string]time.Duration{"audio": 3600 * time.Second, "image": 300 * time.Second}}}.withDefaults()
	for name, c := range map[string]struct {
		contentType string
		asked       int
		want        time.Duration
	}{
		"asked":           {"audio", 1, time.Second},
		"the type's":      {"audio", 0, 3600 * time.Second},
		"a short type's":  {"image", 0, 1800 * time.Second},
		"asked for a lot": {"image", 9999, 9999 * time.Second},
	} {
		w := &task.Task{Source: task.Source{ContentType: c.contentType}, Options: task.Options{RemoteTimeout: c.asked}}
		if got := p.timeout(w); got != c.want {
			t.Errorf("%s: the task waits %s, want %s", name, got, c.want)
		}
	}
	for left, want := range map[time.Duration]time.Duration{-time.Hour: time.Second, time.Minute: time.Minute, 2 * time.Hour: 3600 * time.Second} {
		w := &task.Task{Source: task.Source{ContentType: "audio"}, Remote: &task.Remote{Deadline: begun.Add(left)}}
		if got := p.jobTimeout(w, begun, 0); got != want {
			t.Errorf("with %s left the job gets %s, want %s", left, got, want)
		}
	}
}
