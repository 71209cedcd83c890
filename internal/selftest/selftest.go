// Package selftest checks a running server end to end, as a client and as a worker do:
// over the network, by the wire contract, with nothing but its address and a key. What
// it makes it removes again, and its jobs are of content types of its own, so that no
// real worker gets one of them and it never takes a real one.
package selftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"morag/internal/client"
)

// The groups of checks.
const (
	Lifecycle = "lifecycle" // of remote jobs
	API       = "api"       // everything else
	All       = "all"
)

// Config says what to check, and how.
type Config struct {
	Server    string // address
	APIKey    string // of the role admin, when the server has keys
	CAFile    string // certificates to trust besides the system's, "" for none
	UserAgent string
	Test      string // [Lifecycle], [API] or [All]; "" is All
	// Source is what a job's source_file_path may name: the path of a file that the
	// server may read, or a reference. "" makes one by an upload.
	Source string
	Now    func() time.Time
	// Ended, which may be nil, is told of each check that has ended and how many there
	// are in all. Calls do not overlap.
	Ended func(c Check, done, all int)
}

// Result is what came of a check.
type Result string

// The results. Skipped is never a success: the server, as it is configured, does not
// let the check be made.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Skipped Result = "skipped"
)

// Check is one check that was made, or could not be.
type Check struct {
	Group   string  `json:"group"`
	Name    string  `json:"name"`
	Result  Result  `json:"result"`
	Seconds float64 `json:"seconds"`
	Detail  string  `json:"detail,omitempty"` // why it failed or was skipped
}

// Report is what came of all.
type Report struct {
	Server  string  `json:"server"`
	Passed  int     `json:"passed"`
	Failed  int     `json:"failed"`
	Skipped int     `json:"skipped"`
	Seconds float64 `json:"seconds"`
	Checks  []Check `json:"checks"`
}

// Err is nil when nothing failed and at least something of every group passed: a
// group of which nothing could be checked has not been checked.
func (r Report) Err() error {
	if r.Failed > 0 {
		return fmt.Errorf("%d of %d checks failed", r.Failed, len(r.Checks))
	}
	passed := map[string]bool{}
	for _, c := range r.Checks {
		passed[c.Group] = passed[c.Group] || c.Result == Passed
	}
	for _, group := range []string{Lifecycle, API} {
		if ok, asked := passed[group]; asked && !ok {
			return fmt.Errorf("nothing of %s could be checked", group)
		}
	}
	return nil
}

// skip is an error that says why a check cannot be made.
type skip string

func (s skip) Error() string { return string(s) }

const (
	// atOnce is how many checks run at a time: enough that those that wait do not add
	// up, and little load for a server that has work to do.
	atOnce = 4
	// checkTime bounds one check: none takes more than half a minute of a healthy
	// server's time, and a busy one may need some more.
	checkTime = 2 * time.Minute
	// cleanTime bounds the clearing up at the end.
	cleanTime = time.Minute
)

// Run makes the checks. The error is about the configuration, or ctx's when it ended;
// what is wrong with the server is in the report, whose last check is that nothing was
// left behind. When ctx ends what was made is removed all the same.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Test == "" {
		c.Test = All
	}
	checks := checksOf(c.Test)
	if len(checks) == 0 {
		return Report{}, fmt.Errorf("--test must be %s, %s or %s, not %q", Lifecycle, API, All, c.Test)
	}
	p, err := newProbe(c)
	if err != nil {
		return Report{}, err
	}
	defer p.close()
	began := c.Now()
	// A server that cannot be reached is said once, not once for every check.
	if _, err := p.Health(ctx); err != nil {
		return Report{}, fmt.Errorf("the server at %s: %w", c.Server, err)
	}
	report := Report{Server: p.BaseURL(), Checks: p.all(ctx, checks)}
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	last := check{group: checks[0].group, name: "what was made is removed", run: (*probe).clean}
	report.Checks = append(report.Checks, p.one(cleaning, last))
	for _, c := range report.Checks {
		switch c.Result {
		case Passed:
			report.Passed++
		case Failed:
			report.Failed++
		case Skipped:
			report.Skipped++
		}
	}
	report.Seconds = c.Now().Sub(began).Seconds()
	return report, ctx.Err()
}

// check is a check to be made.
type check struct {
	group, name string
	slow        bool // waits for long: begins first
	run         func(*probe, context.Context) error
}

// all makes the checks, some at a time, and returns them in their order.
func (p *probe) all(ctx context.Context, checks []check) []Check {
	order := make([]int, len(checks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case checks[a].slow == checks[b].slow:
			return 0
		case checks[a].slow:
			return -1
		}
		return 1
	})
	made := make([]Check, len(checks))
	next := make(chan int, len(order))
	for _, i := range order {
		next <- i
	}
	close(next)
	var running sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range atOnce {
		running.Go(func() {
			for i := range next {
				made[i] = p.one(ctx, checks[i])
				mu.Lock()
				done++
				if p.Ended != nil {
					p.Ended(made[i], done, len(checks))
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return made
}

// one makes one check.
func (p *probe) one(ctx context.Context, c check) Check {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	began := p.Now()
	err := c.run(p, ctx)
	made := Check{Group: c.group, Name: c.name, Result: Passed, Seconds: p.Now().Sub(began).Seconds()}
	if why, skipped := errors.AsType[skip](err); skipped {
		made.Result, made.Detail = Skipped, string(why)
	} else if err != nil {
		made.Result, made.Detail = Failed, err.Error()
	}
	return made
}

// refused is nil when err is the server's refusal with this status, in a sentence.
func refused(what string, status int, err error) error {
	if client.IsStatus(err, status) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s is accepted, want status %d", what, status)
	}
	return fmt.Errorf("%s: %w; want status %d", what, err, status)
}
