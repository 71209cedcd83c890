package worker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/content"
)

// produce makes the document of a job within the job's time.
func (w *Worker) produce(a *attempt) (*content.Document, error) {
	ctx, cancel := context.WithDeadlineCause(a.traced, a.deadline, errDeadline)
	defer cancel()
	fetching, span := w.cfg.Tracer.Start(ctx, "download")
	err := w.fetch(fetching, a)
	span.End(err)
	if err != nil {
		return nil, err
	}
	converting, span := w.cfg.Tracer.Start(ctx, "convert", "morag.content_type", a.claim.ContentType)
	doc, err := w.convert(converting, a)
	span.End(err)
	return doc, err
}

// fetch downloads the source into the spool, from where an earlier try left off. It
// returns [errGone] when the server does not have it for us, [errNoRoom] when it does
// not fit.
func (w *Worker) fetch(ctx context.Context, a *attempt) error {
	file, err := a.folder.openSource()
	if err != nil {
		return fmt.Errorf("open source file: %w", err)
	}
	defer file.Close()
	a.progress.say("downloading")
	b := newBackoff()
	trouble := false
	for {
		err := w.fetchOnce(ctx, a, file)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var wait time.Duration
		switch {
		case client.IsStatus(err, http.StatusGone, http.StatusNotFound, http.StatusConflict, http.StatusForbidden):
			return fmt.Errorf("%w: %w", errGone, err)
		case client.IsStatus(err, http.StatusUnauthorized):
			wait = backoff.Jitter(2 * deniedPause)
		case client.IsTemporary(err):
			wait = max(b.Next(), client.RetryAfter(err))
		default:
			return err
		}
		if !trouble {
			a.log.Warn("download waits", "reason", client.Sentence(err, w.cfg.Server))
			trouble = true
		}
		if backoff.Sleep(ctx, wait) != nil {
			return context.Cause(ctx)
		}
	}
}

func (w *Worker) fetchOnce(ctx context.Context, a *attempt, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	remaining, err := w.disk.promise(max(a.claim.Size-info.Size(), 0))
	if err != nil {
		return err
	}
	defer remaining(0)
	room, err := w.disk.room()
	if err != nil {
		return err
	}
	limit := max(info.Size()+room, a.claim.Size, 1)
	_, err = w.api.Download(ctx, client.Download{
		Path: a.claim.Source, File: file, ETag: a.claim.ETag,
		Size: a.claim.Size, SHA256: a.claim.SHA256, Limit: limit,
		Started: func(etag string, total int64) error {
			if etag == a.claim.ETag {
				return nil
			}
			// Kept, so that a restart can ask for the rest of the same source. A
			// system that crashes may forget the newest bytes and their number, but
			// does not keep the number alone.
			a.claim.ETag = etag
			return a.folder.saveClaim(a.claim)
		},
		Progress: func(done, total int64) {
			if total > 0 {
				remaining(max(total-done, 0))
				a.progress.say(fmt.Sprintf("downloading: %d %%", 100*done/total))
			}
		},
	})
	if errors.Is(err, client.ErrTooLarge) || errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", errNoRoom, err)
	}
	return err
}
