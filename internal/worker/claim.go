package worker

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/wire"
)

// claim is a job as a server gave it, and as job.json keeps it. Everything in it is
// a stranger's word, checked by [claim.check].
type claim struct {
	JobID       string          `json:"job_id"`
	Attempt     int             `json:"attempt"` // 0 from a server that counts none
	WorkerID    string          `json:"worker_id"`
	ContentType string          `json:"content_type"`
	Source      string          `json:"source_file_url"`
	Options     json.RawMessage `json:"task_options,omitempty"`
	Timeout     int             `json:"timeout_seconds"`
	Lease       int             `json:"lease_seconds"` // 0 for none
	Name        string          `json:"source_name,omitempty"`
	Size        int64           `json:"source_size,omitempty"` // 0 when not known
	SHA256      string          `json:"source_sha256,omitempty"`
	ETag        string          `json:"etag,omitempty"` // of what source.part holds
	Traceparent string          `json:"traceparent,omitempty"`
	// Received is by this host's clock and is never compared with the server's.
	Received time.Time `json:"received_at"`
}

// validID is what may become a folder's name: no dot and no separator.
var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// The bounds of what a server may say.
const (
	maxSourceURL = 8 << 10
	maxOptions   = 1 << 20
	maxName      = 255

	// A server that does not say how long a job may take is the original, whose
	// longest timeout this is.
	defaultTimeout = time.Hour
	maxTimeout     = 7 * 24 * time.Hour
	maxLease       = time.Hour
)

// claims reads a poll's answer: all of jobs, or the one at the top. Jobs that cannot
// be taken up are returned as errors. At most a hundred are read, as many as a poll
// may ask for.
func claims(p wire.Poll, worker string, now time.Time) (good []claim, bad []error) {
	given := p.Jobs
	if len(given) == 0 && p.JobID != nil && *p.JobID != "" {
		given = []wire.Job{p.Job}
	}
	for _, j := range given[:min(len(given), maxPoll)] {
		c := claimOf(j, worker, now)
		if err := c.check(); err != nil {
			bad = append(bad, err)
			continue
		}
		good = append(good, c)
	}
	return good, bad
}

func claimOf(j wire.Job, worker string, now time.Time) claim {
	return claim{
		JobID:       value(j.JobID),
		Attempt:     value(j.Attempt),
		WorkerID:    worker,
		ContentType: value(j.ContentType),
		Source:      value(j.SourceFileURL),
		Options:     bytes.Clone(j.TaskOptions),
		Timeout:     value(j.TimeoutSeconds),
		Lease:       value(j.LeaseSeconds),
		Name:        value(j.SourceName),
		Size:        value(j.SourceSize),
		SHA256:      value(j.SourceSHA256),
		Traceparent: j.Traceparent,
		Received:    now.UTC(),
	}
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// check refuses a claim that cannot be worked on and clears what is only of no use.
func (c *claim) check() error {
	if len(c.JobID) > 128 || !validID.MatchString(c.JobID) {
		return fmt.Errorf("job_id %.40q is not one", c.JobID)
	}
	if c.Attempt < 0 {
		return fmt.Errorf("job %s: attempt %d is not one", c.JobID, c.Attempt)
	}
	if !content.ValidType(c.ContentType) {
		return fmt.Errorf("job %s: content_type %.40q is not one", c.JobID, c.ContentType)
	}
	if len(c.Source) > maxSourceURL {
		return fmt.Errorf("job %s: source_file_url is over %d bytes", c.JobID, maxSourceURL)
	}
	if len(c.Options) > maxOptions {
		return fmt.Errorf("job %s: task_options are over %d bytes", c.JobID, maxOptions)
	}
	if c.WorkerID == "" {
		return errors.New("job without a worker")
	}
	if c.Timeout <= 0 {
		c.Timeout = int(defaultTimeout.Seconds())
	}
	c.Timeout = min(c.Timeout, int(maxTimeout.Seconds()))
	c.Lease = min(max(c.Lease, 0), int(maxLease.Seconds()))
	c.Size = max(c.Size, 0)
	c.Name = strings.ToValidUTF8(c.Name[:min(len(c.Name), maxName)], "")
	if len(c.Traceparent) > maxName {
		c.Traceparent = ""
	}
	if sum, err := hex.DecodeString(c.SHA256); err != nil || len(sum) != 32 {
		c.SHA256 = ""
	}
	return nil
}

// folder is the name of the claim's folder in the spool.
func (c *claim) folder() string { return c.JobID + "-" + strconv.Itoa(c.Attempt) }

// beats tells whether the server wants to hear of the attempt: one that counts
// attempts has heartbeats.
func (c *claim) beats() bool { return c.Attempt > 0 }

func (c *claim) timeout() time.Duration { return time.Duration(c.Timeout) * time.Second }

// maxClaim bounds job.json: the options and everything else, JSON's escapes included.
const maxClaim = 8 << 20

// readClaim decodes job.json.
func readClaim(data []byte) (claim, error) {
	var c claim
	if err := json.Unmarshal(data, &c); err != nil {
		return claim{}, err
	}
	if len(c.ETag) > maxSourceURL || strings.ContainsFunc(c.ETag, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		c.ETag = ""
	}
	return c, c.check()
}
