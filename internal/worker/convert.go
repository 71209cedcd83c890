package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

// errNoConverter: the server gave a job of a type that was not asked for.
var errNoConverter = errors.New("this worker has no converter for the content type")

// stopGrace is how long a converter may take to stop its engines when its
// context has ended. One that takes longer is left behind, with its slot.
const stopGrace = 5 * time.Second

type outcome struct {
	doc *content.Document
	err error
}

// convert runs the converter. When ctx ends it returns ctx's cause, whatever the
// converter makes of it.
func (w *Worker) convert(ctx context.Context, a *attempt) (*content.Document, error) {
	if !slices.Contains(w.conv.Types(), a.claim.ContentType) {
		return nil, fmt.Errorf("%w %q", errNoConverter, a.claim.ContentType)
	}
	src, err := sourceOf(a)
	if err != nil {
		return nil, err
	}
	a.progress.set(0, "converting")
	done := make(chan outcome, 1)
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		doc, err := w.guarded(ctx, src, a)
		done <- outcome{doc, err}
	}()
	select {
	case o := <-done:
		return o.doc, failureOf(ctx, o.err)
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case o := <-done:
		return o.doc, failureOf(ctx, o.err)
	case <-grace.C:
		a.log.Error("converter does not stop")
	case <-w.stopped:
	}
	a.stuck = true
	go func() {
		<-returned
		a.slot()
	}()
	return nil, context.Cause(ctx)
}

// failureOf is why a conversion failed: because its context had ended, if it had.
func failureOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// guarded turns a panic into an error: one source must not take the others' work
// down.
func (w *Worker) guarded(ctx context.Context, src content.Source, a *attempt) (doc *content.Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("converter panicked", "panic", p, "stack", string(debug.Stack()))
			doc, err = nil, errors.New("the converter crashed on this source")
		}
	}()
	doc, err = w.conv.Convert(ctx, src, optionsOf(a.claim.Options), a.progress.set)
	if err == nil && doc == nil {
		err = errors.New("the converter made no document")
	}
	return doc, err
}

// sourceOf describes the downloaded file. That of a web page or a YouTube video holds
// its address and nothing else.
func sourceOf(a *attempt) (content.Source, error) {
	src := content.Source{Path: a.folder.sourcePath(), Name: a.claim.Name, Type: a.claim.ContentType}
	if src.Type != content.Web && src.Type != content.YouTube {
		var err error
		_, src.MIME, err = content.DetectFile(src.Path, src.Name)
		return src, err
	}
	file, err := os.Open(src.Path)
	if err != nil {
		return src, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSourceURL+1))
	if err != nil {
		return src, err
	}
	src.URL = strings.TrimSpace(string(text))
	u, err := url.Parse(src.URL)
	if err != nil || len(text) > maxSourceURL || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return src, convert.BadSource("the source is not the address of a page", err)
	}
	return src, nil
}
