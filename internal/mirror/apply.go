package mirror

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

// callsAtOnce is how many files are handed in at a time.
const callsAtOnce = 8

// outage is how long the server may be away before a pass ends.
const outage = 2 * time.Minute

// apply does the difference: moves first, so that what is deleted last is what is left.
func (m *Mirror) apply(ctx context.Context, root *os.Root, p plan, sum *Summary) error {
	if m.cfg.Dry {
		m.pretend(p, sum)
		return nil
	}
	if err := m.remember(ctx, p.same...); err != nil {
		return err
	}
	again, err := m.moveAll(ctx, p.move, sum)
	if err != nil {
		return err
	}
	p.send = append(p.send, again...)
	m.cfg.Report.Begin(len(p.send))
	err = each(ctx, p.send, func(ctx context.Context, s sending) error { return m.send(ctx, root, s, sum) })
	if err != nil {
		return err
	}
	return each(ctx, p.drop, func(ctx context.Context, f file) error { return m.drop(ctx, f, sum) })
}

// each does something with several things at a time, until an error says that it is of no use.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) error) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for _, one := range all {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error { return do(inner, one) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// pretend tells what would be done.
func (m *Mirror) pretend(p plan, sum *Summary) {
	for _, v := range p.move {
		m.done(sum, Change{Action: Moved, Path: v.to.path, From: v.from.path, DocumentID: v.to.document})
	}
	for _, s := range p.send {
		m.done(sum, Change{Action: s.action(), Path: m.label(s.file), DocumentID: s.document})
	}
	for _, f := range p.drop {
		m.done(sum, Change{Action: Deleted, Path: f.path, DocumentID: f.document})
	}
}

func (s sending) action() Action {
	if s.was.path != s.path {
		return Added
	}
	return Changed
}

// done counts and tells a change.
func (m *Mirror) done(sum *Summary, c Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case c.Err != nil:
		sum.Failed++
	case c.Action == Added:
		sum.Added++
	case c.Action == Changed:
		sum.Changed++
	case c.Action == Moved:
		sum.Moved++
	case c.Action == Deleted:
		sum.Deleted++
	}
	m.cfg.Report.Done(c)
}

// moveAll relocates documents, and returns what has to be handed in instead.
func (m *Mirror) moveAll(ctx context.Context, moves []move, sum *Summary) (again []sending, err error) {
	err = each(ctx, moves, func(ctx context.Context, v move) error {
		to := v.to
		if to.task == "" && to.document != "" {
			place := wire.DocumentPlace{Origin: new(m.origin(to.path)), SourceName: new(path.Base(readable(to.path)))}
			err := m.patiently(ctx, func() error {
				_, err := m.cfg.Server.RelocateDocument(ctx, to.document, place)
				return err
			})
			switch {
			case err == nil:
			case client.IsNotFound(err) && to.failure != "": // there never was one
			case client.IsNotFound(err):
				to.task = "gone"
			case useless(ctx, err):
				return err
			default:
				m.done(sum, Change{Action: Moved, Path: to.path, From: v.from.path, DocumentID: to.document, Err: err})
				return nil
			}
		}
		if to.task != "" { // its document is not there yet, or no more: the file becomes it
			to.task, to.failure = "", ""
			m.mu.Lock()
			defer m.mu.Unlock()
			again = append(again, sending{to, v.from})
			return nil
		}
		if err := m.replace(ctx, v.from.path, to); err != nil {
			return err
		}
		m.done(sum, Change{Action: Moved, Path: to.path, From: v.from.path, DocumentID: to.document})
		return nil
	})
	return again, err
}

// send hands a file in, as long as it is what was planned. That it does is remembered first:
// whoever goes on after a process that was killed meanwhile hears what became of it.
func (m *Mirror) send(ctx context.Context, root *os.Root, s sending, sum *Summary) error {
	f, err := openPlanned(root, s.file)
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		sum.Restless++
		return nil
	}
	defer f.Close()
	intent := s.file
	intent.stat, intent.sent = stat{size: -1}, true
	if err := m.replace(ctx, s.was.path, intent); err != nil {
		return err
	}
	if s.was.task != "" { // it would make the document that this file is to become
		if err := m.cancel(ctx, s.was.task); useless(ctx, err) {
			return err
		}
	}
	c := Change{Action: s.action(), Path: s.path}
	in, err := m.hand(ctx, f, s.file)
	status := client.StatusOf(err)
	switch {
	case err == nil:
		s.document, s.task = in.DocumentID, in.TaskID
		c.DocumentID, c.TaskID, c.Warnings = in.DocumentID, in.TaskID, in.Warnings
	case useless(ctx, err) && !client.IsDenied(err):
		return err
	case status == http.StatusRequestEntityTooLarge:
		s.failure, c.Err = err.Error(), err
	case status/100 == 4: // it is as it was
		if undone := m.undo(ctx, s); undone != nil || client.IsDenied(err) {
			return errors.Join(err, undone)
		}
		c.Err = err
		m.done(sum, c)
		return nil
	default:
		c.Err = err
		m.done(sum, c)
		return nil
	}
	if err := m.replace(ctx, s.path, s.file); err != nil {
		return err
	}
	m.done(sum, c)
	return nil
}

// undo forgets that a file was sent.
func (m *Mirror) undo(ctx context.Context, s sending) error {
	if s.was.path != "" {
		return m.replace(ctx, s.path, s.was)
	}
	return m.erase(ctx, s.path)
}

// openPlanned opens a file that is as it was planned.
func openPlanned(root *os.Root, planned file) (*os.File, error) {
	f, err := openFile(root, planned.path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		if changed, _ := system(info); planned.stat != (stat{info.Size(), info.ModTime().UnixNano(), changed}) {
			err = errRestless
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// cancel calls a task off; that it has ended, or is not there, is no error.
func (m *Mirror) cancel(ctx context.Context, task string) error {
	return m.patiently(ctx, func() error {
		if err := m.cfg.Server.CancelTask(ctx, task); err != nil && !client.IsNotFound(err) && !client.IsConflict(err) {
			return err
		}
		return nil
	})
}

// hand sends a file.
func (m *Mirror) hand(ctx context.Context, f *os.File, s file) (in wire.Ingested, err error) {
	o := m.cfg.Options
	o.Origin, o.ReplaceExisting, o.DocumentID = m.origin(s.path), true, s.document
	o.Progress = func(sent, total int64) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.cfg.Report.Sending(s.path, sent, total)
	}
	err = m.patiently(ctx, func() error {
		in, err = m.cfg.Server.IngestOpened(ctx, f, o)
		return err
	})
	return in, err
}

// errRestless: a file has changed since it was planned.
var errRestless = errors.New("it is being written")

// drop has the document of a file go that is gone, and what would still make it.
func (m *Mirror) drop(ctx context.Context, f file, sum *Summary) error {
	err := m.patiently(ctx, func() error {
		if f.task != "" {
			if err := m.cancel(ctx, f.task); err != nil {
				return err
			}
		}
		if f.document == "" {
			return nil
		}
		err := m.cfg.Server.DeleteDocument(ctx, f.document)
		if client.IsNotFound(err) || client.IsConflict(err) { // a duplicate's is another one's
			return nil
		}
		return err
	})
	switch {
	case useless(ctx, err):
		return err
	case err == nil:
		if err := m.erase(ctx, f.path); err != nil {
			return err
		}
	}
	m.done(sum, Change{Action: Deleted, Path: f.path, DocumentID: f.document, Err: err})
	return nil
}

// patiently makes a call until it succeeds or fails for good: for as long as the server
// answers that there is no room yet, and for a while when it no longer answers.
func (m *Mirror) patiently(ctx context.Context, call func() error) error {
	var away time.Time
	waits := backoff.Series{Policy: backoff.Policy{First: time.Second, Max: time.Minute}}
	for {
		err := call()
		if status := client.StatusOf(err); err == nil || status != 0 {
			m.answered.Store(true)
		}
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case client.IsStatus(err, http.StatusTooManyRequests, http.StatusServiceUnavailable):
			away = time.Time{}
		case !unanswered(err) || !client.IsTemporary(err) || !m.answered.Load():
			return err
		case away.IsZero():
			away = m.cfg.Now()
		case m.cfg.Now().Sub(away) > outage:
			return err
		}
		if backoff.Sleep(ctx, max(client.RetryAfter(err), waits.Next())) != nil {
			return err
		}
	}
}

// useless tells whether an error will be that of every other file, too.
func useless(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || client.IsDenied(err) || unanswered(err))
}

// unanswered tells whether a call did not reach the server.
func unanswered(err error) bool {
	_, network := errors.AsType[*client.NetworkError](err)
	return network
}
