package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"morag/internal/backoff"
)

// Watching says how a folder is watched.
type Watching struct {
	// Rescan is how often the folder is looked at whatever the system tells, which may be
	// nothing of network file systems and of too many folders.
	Rescan time.Duration
	// Passed is told what each pass found, and the error that ended it.
	Passed func(Summary, error)
	// Deaf is told that the system does not tell of changes below a folder.
	Deaf func(err error)
}

// Between passes of a folder that does not come to rest: so many times as long as a pass took,
// and no less than a moment.
const (
	restShare = 10
	restLeast = time.Second
)

// Watch keeps the server in step until ctx ends: it passes whenever the system tells that
// something has changed, and now and then.
func (m *Mirror) Watch(ctx context.Context, w Watching) error {
	var watcher *fsnotify.Watcher
	deaf := m.cfg.Feed != ""
	if !deaf {
		var err error
		if watcher, err = fsnotify.NewWatcher(); err != nil {
			deaf = true
			w.Deaf(err)
		} else {
			defer watcher.Close()
		}
	}
	watched := map[string]bool{}
	failures := backoff.Series{Policy: backoff.Policy{First: 5 * time.Second, Max: time.Minute}}
	for {
		// First, so that what changes during the pass is told.
		if !deaf {
			if err := m.listen(watcher, watched); err != nil {
				deaf = true
				w.Deaf(err)
			}
		}
		began := m.cfg.Now()
		sum, err := m.Pass(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.Passed(sum, err)
		next := w.Rescan
		switch {
		case err != nil:
			next = min(next, failures.Next())
		case sum.Restless > 0:
			next = min(next, m.cfg.Quiet)
		case sum.Open > 0:
			next = min(next, 5*time.Second)
		}
		if err == nil {
			failures.Reset()
		}
		if !m.rest(ctx, watcher, max(restShare*m.cfg.Now().Sub(began), restLeast), max(next, restLeast)) {
			return context.Cause(ctx)
		}
	}
}

// rest waits until something has changed, but for least, or for most; false when ctx ended.
func (m *Mirror) rest(ctx context.Context, watcher *fsnotify.Watcher, least, most time.Duration) bool {
	if least > most {
		most = least
	}
	early, late := time.NewTimer(least), time.NewTimer(most)
	defer early.Stop()
	defer late.Stop()
	var events <-chan fsnotify.Event
	var errs <-chan error
	if watcher != nil {
		events, errs = watcher.Events, watcher.Errors
	}
	changed, rested := false, false
	for !(changed && rested) {
		select {
		case <-ctx.Done():
			return false
		case <-late.C:
			return true
		case <-early.C:
			rested = true
		case e, open := <-events:
			if !open {
				events = nil
			}
			changed = changed || matters(e)
		case _, open := <-errs:
			if !open {
				errs = nil
			}
			changed = true // events were lost
		}
	}
	return true
}

// matters tells whether an event may be about a file that is mirrored.
func matters(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return e.Op != fsnotify.Chmod && (name == IgnoreFile || !strings.HasPrefix(name, "."))
}

// listen has the system tell of the folders that it does not tell of yet.
func (m *Mirror) listen(watcher *fsnotify.Watcher, watched map[string]bool) error {
	there := map[string]bool{}
	err := filepath.WalkDir(m.cfg.Folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return nil // the pass tells of it
		}
		if name != m.cfg.Folder && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		there[name] = true
		if watched[name] {
			return nil
		}
		if err := watcher.Add(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s: %w", name, err)
		}
		watched[name] = true
		return nil
	})
	for name := range watched {
		if !there[name] { // the system has let go of it; one of that name is another one
			delete(watched, name)
		}
	}
	return err
}
