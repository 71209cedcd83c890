package jail

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

const (
	// watchEvery is how often a conversion's memory is looked at, spaceEvery its scratch.
	watchEvery = 50 * time.Millisecond
	spaceEvery = 500 * time.Millisecond
	// maxFamily is how many processes a conversion may have at a time.
	maxFamily = 500
	// maxFound is how many times a conversion may get the time of what it has fetched.
	maxFound = 4
)

// scratchEach is the part of the scratch that one conversion may use.
func (p *Pool) scratchEach() int64 { return p.Scratch / int64(p.Size) }

// deadline is how long a conversion may take.
func (p *Pool) deadline(contentType string, size int64) time.Duration {
	if p.Timeout > 0 {
		return p.Timeout
	}
	if o, open := p.Open[contentType]; open {
		return o.Timeout
	}
	return Deadline(contentType, size)
}

// convert does a job and hands what it came to and the scratch to take, unless that is nil.
// fit tells whether the child may do another.
func (c *child) convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress, take Take) (doc *content.Document, fit bool, err error) {
	c.jobs++
	c.bound = c.pool.deadline(src.Type, 0)
	if info, err := os.Stat(src.Path); err == nil {
		c.bound = c.pool.deadline(src.Type, info.Size())
	}
	src, err = c.folder.stage(src, c.pool.Read)
	if err != nil {
		return nil, false, err
	}
	if c.calls != nil {
		c.calls.working(src.Type)
		defer c.calls.working("")
	}
	limitTime(c.cmd.Process.Pid, c.bound.Seconds()*float64(runtime.NumCPU()))
	if err := writeJSON(c.in, kindJob, job{Source: src, Options: opt}); err != nil {
		return nil, false, c.fate()
	}
	a, err := c.attend(ctx, progress)
	if err != nil {
		return nil, false, err
	}
	if a.err != nil {
		if c.cgroup.full() {
			return nil, false, overMemory(c.memory)
		}
		return nil, errors.Is(a.err, convert.ErrNoEngine) && c.isFit(), a.err
	}
	if take != nil {
		if err := c.folder.show(a.doc, take); err != nil {
			return nil, false, err
		}
	}
	return a.doc, c.isFit(), nil
}

// isFit tells whether the child is as it was before its first job.
func (c *child) isFit() bool {
	if c.jobs >= maxJobs || c.folder.empty() != nil || !c.alive() {
		return false
	}
	pids := family(c.cmd.Process.Pid)
	return len(pids) <= 1 && (c.memory == 0 || held(pids) < max(c.memory/4, 64<<20))
}

// attend hears the child until the job is done, and kills it when that takes too much.
func (c *child) attend(ctx context.Context, progress convert.Progress) (*answer, error) {
	var a answer
	heard := make(chan error, 1)
	more, over := make(chan found), make(chan struct{})
	go func() { heard <- c.readFrames(&a, progress, more, over) }()
	end := func(err error) (*answer, error) {
		c.kill()
		close(over)       // nobody listens any more to what the child has told
		_ = c.out.Close() // should anybody else hold the other end
		<-heard
		return nil, err
	}
	deadline := time.NewTimer(c.bound)
	defer deadline.Stop()
	memory, space := time.NewTicker(watchEvery), time.NewTicker(spaceEvery)
	defer memory.Stop()
	defer space.Stop()
	for found := 0; ; {
		select {
		case err := <-heard:
			if err != nil {
				c.kill()
				return nil, c.judge(err)
			}
			return &a, nil
		case <-ctx.Done():
			return end(ctx.Err())
		case <-deadline.C:
			return end(overTime(c.bound))
		case f := <-more:
			if found++; found <= maxFound && c.pool.Timeout == 0 {
				c.bound = c.pool.deadline(f.Type, f.Size)
				deadline.Reset(c.bound)
				limitTime(c.cmd.Process.Pid, c.bound.Seconds()*float64(runtime.NumCPU()))
			}
		case <-memory.C:
			pids := family(c.cmd.Process.Pid)
			switch {
			case c.memory > 0 && held(pids) > c.memory:
				return end(overMemory(c.memory))
			case len(pids) > maxFamily:
				return end(crashed("more processes than any engine starts"))
			}
		case <-space.C:
			if most := c.pool.scratchEach(); c.folder.used() > most {
				return end(overScratch(most))
			}
		}
	}
}

// readFrames reads the frames of a job.
func (c *child) readFrames(a *answer, progress convert.Progress, more chan<- found, over <-chan struct{}) error {
	tell := func(f found) {
		select {
		case more <- f:
		case <-over:
		}
	}
	for {
		kind, body, err := readFrame(c.frames)
		if err != nil {
			return err
		}
		if done, err := a.take(kind, body, c.pool.Sentinels, progress, tell); done || err != nil {
			return err
		}
	}
}

// judge says why the child was heard no more.
func (c *child) judge(err error) error {
	if errors.Is(err, errProtocol) {
		return crashed(err.Error())
	}
	return c.fate()
}

// fate says how the process ended that nobody has ended.
func (c *child) fate() error {
	c.kill()
	said := c.said.String()
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	switch {
	case c.memory > 0 && (c.cgroup.full() || says("out of memory", "cannot allocate memory", "failed to allocate")):
		return overMemory(c.memory)
	case endedBy(c.cmd.ProcessState, "SIGXCPU") || says("SIGXCPU"):
		return overTime(c.bound)
	case endedBy(c.cmd.ProcessState, "SIGXFSZ") || says("SIGXFSZ"):
		return overScratch(c.pool.scratchEach())
	}
	return crashed(c.lastWord().Error())
}
