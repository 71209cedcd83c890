package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"morag/internal/trace"
)

// Config is how a worker works. Nothing has a default here: the settings named have
// theirs where settings are read.
type Config struct {
	// ID is the worker's name at the server, 1 to 128 printable characters, the same
	// after a restart (MORAG_WORKER_ID). [DefaultID] makes one.
	ID string
	// Server is the address that the API speaks to (MORAG_API_BASE_URL); it names
	// the spool's folder.
	Server string
	// ContentTypes are asked for (MORAG_WORKER_CONTENT_TYPES); the converter has
	// each.
	ContentTypes []string
	// PollInterval is the time between polls of a server that does not let polls
	// wait (MORAG_WORKER_POLL_INTERVAL).
	PollInterval time.Duration
	// MaxJobs are downloaded and converted at a time, 1 to 256
	// (MORAG_WORKER_MAX_CONCURRENT_JOBS).
	MaxJobs int
	// TempDir holds the spool (MORAG_TEMP_DIR). It is made when it is not there.
	TempDir string
	// Lease is the silence after which the server gives a job to another worker, 15 s
	// to 1 h; 0 asks for none, and a dead worker is found out by its jobs' deadlines
	// only (MORAG_WORKER_LEASE).
	Lease time.Duration
	// Wait is how long a poll waits at the server for a job; 0 for not at all. Above
	// 50 s it is 50 s, since many a reverse proxy cuts at 60 (MORAG_WORKER_WAIT).
	Wait time.Duration
	// Grace is how long jobs in hand may go on after Run's context has ended
	// (MORAG_WORKER_GRACE).
	Grace time.Duration
	// Log takes a line for each change of a job; nil for none.
	Log *slog.Logger
	// Tracer tells of each job; nil tells nobody.
	Tracer *trace.Tracer
	// FreeSpace returns the bytes that may still be written below a folder; nil asks
	// the system.
	FreeSpace func(dir string) (int64, error)
}

const (
	maxJobs = 256
	maxWait = 50 * time.Second
)

func (c *Config) check(has []string) error {
	if c.ID == "" || utf8.RuneCountInString(c.ID) > 128 || strings.ContainsFunc(c.ID, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("MORAG_WORKER_ID must have 1 to 128 printable characters, not %q", c.ID)
	}
	if c.Server == "" {
		return errors.New("MORAG_API_BASE_URL is missing")
	}
	if len(c.ContentTypes) == 0 {
		return errors.New("MORAG_WORKER_CONTENT_TYPES names no content type")
	}
	for _, t := range c.ContentTypes {
		if !slices.Contains(has, t) {
			return fmt.Errorf("MORAG_WORKER_CONTENT_TYPES names %q, which cannot be converted here; what can: %s", t, strings.Join(has, ", "))
		}
	}
	if c.PollInterval <= 0 {
		return errors.New("MORAG_WORKER_POLL_INTERVAL must be more than 0")
	}
	if c.MaxJobs < 1 || c.MaxJobs > maxJobs {
		return fmt.Errorf("MORAG_WORKER_MAX_CONCURRENT_JOBS must be from 1 to %d, not %d", maxJobs, c.MaxJobs)
	}
	if c.TempDir == "" {
		return errors.New("MORAG_TEMP_DIR is missing")
	}
	dir, err := filepath.Abs(c.TempDir)
	if err != nil {
		return fmt.Errorf("MORAG_TEMP_DIR: %w", err)
	}
	c.TempDir = dir
	if c.Lease != 0 && (c.Lease < 15*time.Second || c.Lease > time.Hour) {
		return fmt.Errorf("MORAG_WORKER_LEASE must be 0 or from 15 s to 1 h, not %v", c.Lease)
	}
	if c.Wait < 0 {
		return errors.New("MORAG_WORKER_WAIT must not be negative")
	}
	if c.Grace < 0 {
		return errors.New("MORAG_WORKER_GRACE must not be negative")
	}
	c.Wait = min(c.Wait, maxWait)
	c.Server = strings.TrimRight(c.Server, "/")
	return nil
}

// DefaultID is a name that stays the same over restarts and differs between hosts
// and, on one host, between workers with temporary folders of their own: the host's
// name and a short hash of it and the folder's path.
func DefaultID(tempDir string) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "worker"
	}
	if dir, err := filepath.Abs(tempDir); err == nil {
		tempDir = dir
	}
	tag := shortHash(host + "\x00" + tempDir)
	host = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, host)
	return host[:min(len(host), 100)] + "-" + tag
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}
