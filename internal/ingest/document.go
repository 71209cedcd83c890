package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/remote"
	"morag/internal/share"
	"morag/internal/task"
	"morag/internal/wire"
)

// advance brings the task to a stage in its row and notes what the run has learned.
func (r *run) advance(ctx context.Context, stage task.Stage, message string, note func(*task.Task)) error {
	attempt := r.t.Attempt
	t, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task, _ time.Time) error { return t.Advance(attempt, stage, message, note) })
	if err != nil {
		return err
	}
	r.t = t
	return nil
}

// warn adds a sentence for the client, once.
func (r *run) warn(ctx context.Context, sentence string) error {
	if slices.Contains(r.t.Warnings, sentence) {
		return nil
	}
	return r.advance(ctx, r.t.Stage, r.t.Message, func(t *task.Task) { addWarnings(t, sentence) })
}

// addWarnings adds those that are not there: a run that starts over meets them again.
func addWarnings(t *task.Task, sentences ...string) {
	for _, w := range sentences {
		if !slices.Contains(t.Warnings, w) {
			t.Warnings = append(t.Warnings, w)
		}
	}
}

// document gets the converted text: the remote job's, the one an earlier run kept,
// or one that is converted now.
func (r *run) document(ctx context.Context) (*content.Document, error) {
	switch {
	case r.t.ConvertedRef != "":
		return r.keptDocument(ctx, r.t.ConvertedRef)
	case r.t.Remote != nil && r.t.Remote.Done && r.t.Plan() != nil:
		return r.assembled(ctx)
	case r.t.Remote != nil && r.t.Remote.Done:
		return r.remoteDocument(ctx)
	}
	return r.convertHere(ctx)
}

func (r *run) remoteDocument(ctx context.Context) (*content.Document, error) {
	result, err := r.remote.Result(ctx, r.t)
	if errors.Is(err, remote.ErrNoResult) || errors.Is(err, remote.ErrUnreadable) {
		return nil, &final{sentence: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	doc := received(result)
	r.metrics.Converted(r.t.Source.ContentType, "remote", time.Duration(result.ProcessingTime*float64(time.Second)))
	return doc, r.advance(ctx, task.Storing, "storing", func(t *task.Task) {
		t.Method, t.ConvertSeconds = "remote", result.ProcessingTime
		addWarnings(t, doc.Warnings...)
	})
}

// received is the document of a worker's result, as far as it is within bounds.
func received(result *remote.JobResult) *content.Document {
	doc := &content.Document{Content: result.Content}
	var ofMetadata, ofSegments, ofThumbnails []string
	doc.Metadata, ofMetadata = receivedMetadata(result.Metadata)
	doc.Segments, ofSegments = receivedSegments(result.Segments)
	doc.Thumbnails, ofThumbnails = receivedThumbnails(result.Thumbnails)
	doc.Warnings = slices.Concat(ofMetadata, ofSegments, takeWarnings(doc.Metadata), ofThumbnails)
	doc.Fetched, _ = doc.Metadata[wire.FetchedName].(string)
	delete(doc.Metadata, wire.FetchedName)
	return doc
}

// takeWarnings takes out of a worker's metadata what it warns of: the task tells it, as it
// does of what is converted here.
func takeWarnings(metadata map[string]any) []string {
	list, _ := metadata["warnings"].([]any)
	var warnings []string
	for _, w := range list {
		sentence, ok := w.(string)
		if !ok {
			return nil // something of the worker's own
		}
		warnings = append(warnings, sentence)
	}
	if len(warnings) > 0 {
		delete(metadata, "warnings")
	}
	return content.BoundWarnings(warnings, 0)
}

// keptDocument is a converted text that an earlier run has kept.
func (s *Service) keptDocument(ctx context.Context, ref string) (*content.Document, error) {
	blob, _, err := s.blobs.Open(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("open the converted text: %w", err)
	}
	defer blob.Close()
	raw, err := io.ReadAll(blob)
	if err != nil {
		return nil, fmt.Errorf("read the converted text: %w", err)
	}
	var doc content.Document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("decode the converted text: %w", err)
	}
	return &doc, nil
}

// convertHere converts in this process and keeps the text, so that what comes after
// may fail without converting again.
func (r *run) convertHere(ctx context.Context) (*content.Document, error) {
	if r.t.SecretsGone {
		return nil, &final{sentence: "the password or the webhook's secrets that came with the source cannot be read any more: hand the source in again"}
	}
	if err := r.advance(ctx, task.LocalProcessing, "converting", nil); err != nil {
		return nil, err
	}
	start := r.now()
	converting, span := r.tracer.Start(ctx, "convert", "morag.content_type", r.t.Source.ContentType, "morag.size", r.t.Source.Size)
	doc, err := r.convertSource(converting, r.t.Source, r.t.Options.Conversion, func(done float64, message string) {
		r.running.progress(r.t.Run(), done, message)
	})
	span.End(spanned(err))
	if err != nil {
		return nil, r.failure(ctx, err)
	}
	took := r.now().Sub(start)
	r.took.Learn(r.t.Owner, r.t.Source.ContentType, r.t.Source.Size, took)
	r.metrics.Converted(r.t.Source.ContentType, "local", took)
	r.running.progress(r.t.Run(), 0, "")
	ref, err := r.keep(ctx, doc)
	if err != nil {
		return nil, err
	}
	left := pieces(r.t) // when none of them has been converted
	err = r.advance(ctx, task.Storing, "storing", func(t *task.Task) {
		t.ConvertedRef, t.Method, t.ConvertSeconds = ref, "local", took.Seconds()
		addWarnings(t, doc.Warnings...)
	})
	if err != nil {
		r.remove(context.WithoutCancel(ctx), ref)
		return nil, err
	}
	r.removeAll(ctx, left)
	return doc, nil
}

// keep stores a converted text.
func (r *run) keep(ctx context.Context, doc *content.Document) (ref string, err error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return "", &final{sentence: "the converted text cannot be encoded"}
	}
	kept, err := r.blobs.Put(ctx, bytes.NewReader(raw), 0)
	if err != nil {
		return "", fmt.Errorf("keep the converted text: %w", err)
	}
	return kept.Ref, nil
}

// failure makes a conversion's error final, unless it only says that the run was stopped or
// that the source cannot be had now: it is out of reach, or there is no room for a copy.
func (r *run) failure(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, blob.ErrNoSpace), errors.Is(err, blob.ErrUnavailable):
		return err
	}
	sentence := describe(err)
	if r.t.Remote != nil && r.t.Remote.GaveUp != "" {
		sentence = fmt.Sprintf("remote conversion failed: %s; local conversion failed: %s", r.t.Remote.GaveUp, sentence)
	}
	bad := errors.Is(err, convert.ErrBadSource) || errors.Is(err, convert.ErrUnsupported)
	return &final{sentence: sentence, badSource: bad, cause: err}
}

// describe is the sentence about err that a client may read: a converter's own, or
// one that gives nothing of this machine away.
func describe(err error) string {
	var c *convert.Error
	if errors.As(err, &c) {
		return c.Message
	}
	var f *final
	if errors.As(err, &f) {
		return f.sentence
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the conversion took too long"
	}
	return "an internal error; the server's log has the cause"
}

// inFull is err as the log wants it: with what a converter does not tell clients.
func inFull(err error) error {
	var c *convert.Error
	if errors.As(err, &c) && c.Cause != nil {
		return fmt.Errorf("%s: %w", c.Message, c.Cause)
	}
	return err
}

func (s *Service) convertSource(ctx context.Context, src task.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	if src.Ref == "" && src.URL != "" {
		kept, err := s.putAddress(ctx, src.URL)
		if err != nil {
			return nil, err
		}
		defer s.remove(context.WithoutCancel(ctx), kept.Ref)
		src.Ref = kept.Ref
	}
	defer s.blobs.Hold(ctx, src.Ref)() // for those who wait for it, no task uses it
	path, done, err := s.blobs.File(ctx, src.Ref)
	if err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	defer done()
	doc, err := s.converter.Convert(ctx, content.Source{Path: path, Name: src.Name, Type: src.ContentType, MIME: src.MIME, URL: src.URL}, opt, progress)
	if err != nil {
		return nil, err
	}
	// A NUL ends a text for SQLite and many readers, and no converter means one.
	doc.Content = strings.ReplaceAll(strings.ToValidUTF8(doc.Content, "\uFFFD"), "\x00", "")
	if doc.Metadata == nil {
		doc.Metadata = map[string]any{}
	}
	return doc, boundMetadata(doc)
}

// ErrBusy: too many callers wait for a conversion already.
var ErrBusy = errors.New("too many conversions are waiting")

// Convert converts src in this process while the caller waits, at most as many at a
// time as tasks run, whose owners take turns. Errors are the converter's, or [ErrBusy].
func (s *Service) Convert(ctx context.Context, by auth.Scope, src task.Source, o task.Options) (*content.Document, time.Duration, error) {
	free, err := s.places.Take(ctx, by.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return nil, 0, err
	}
	defer free()
	start := s.now()
	doc, err := s.convertSource(ctx, src, o.Conversion, nil)
	return doc, s.now().Sub(start), err
}
