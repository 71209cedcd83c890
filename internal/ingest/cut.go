package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/part"
)

// thinnest is the fewest bytes of a recording that a second of sound takes.
const thinnest = 50

// neverSplit is the value of the option split that wants a source whole.
const neverSplit = "never"

// cut cuts a source that several workers may convert at a time into pieces, which are kept.
// It returns nil for what is converted by one job: it is short, or it cannot be cut, which
// whoever converts it will say better.
func (r *run) cut(ctx context.Context) (*part.Plan, error) {
	if !r.cuts() {
		return nil, nil
	}
	if err := r.advance(ctx, r.t.Stage, "looking whether it is to be cut", nil); err != nil {
		return nil, err
	}
	var kept []string // their references
	plan, err := r.cutSource(ctx, func(ref string) { kept = append(kept, ref) })
	if err == nil && plan != nil {
		r.log.Info("source cut", "task_id", r.t.ID, "content_type", r.t.Source.ContentType, "parts", len(plan.Parts))
		return plan, nil
	}
	r.removeAll(context.WithoutCancel(ctx), kept)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, blob.ErrNoSpace), errors.Is(err, blob.ErrUnavailable):
		return nil, err
	case err != nil:
		r.log.Info("source not cut", "task_id", r.t.ID, "content_type", r.t.Source.ContentType, "err", inFull(err))
	}
	return nil, nil
}

// cuts tells whether the source may be cut at all.
func (r *run) cuts() bool {
	src, o := r.t.Source, r.t.Options
	if r.cutter == nil || o.Split == neverSplit || src.Ref == "" || src.URL != "" {
		return false
	}
	switch src.ContentType {
	case content.Audio:
	case content.Video:
		if o.IncludeThumbnails { // whoever sees its pictures has to have all of it
			return false
		}
	case content.Doc:
		return src.MIME == content.PDF
	default:
		return false
	}
	return r.remote.Takes(content.Audio) && float64(src.Size) >= thinnest*r.splitAfter.Seconds()
}

// cutSource keeps the pieces and tells kept of each. Nobody uses them before the plan is in
// the task's row; until then they are held.
func (r *run) cutSource(ctx context.Context, kept func(ref string)) (*part.Plan, error) {
	src := r.t.Source
	defer r.blobs.Hold(ctx, src.Ref)()
	path, done, err := r.blobs.File(ctx, src.Ref)
	if err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	defer done()
	plan := &part.Plan{}
	from := content.Source{Path: path, Name: src.Name, Type: src.ContentType, MIME: src.MIME}
	cutting, err := r.cutter.Cut(ctx, from, r.t.Options.Conversion, r.cutProgress(), func(p content.Piece, file io.Reader) error {
		put, err := r.blobs.Put(ctx, file, 0)
		if err != nil {
			return fmt.Errorf("keep a piece: %w", err)
		}
		kept(put.Ref)
		plan.Parts = append(plan.Parts, part.Part{
			From: p.From, To: p.To, HasFrom: p.HasFrom, HasTo: p.HasTo, Ref: put.Ref, SHA256: put.SHA256,
		})
		return nil
	})
	if err != nil || len(cutting.Pieces) == 0 {
		return nil, err
	}
	plan.ContentType, plan.Suffix, plan.Rate = cutting.Type, cutting.Suffix, cutting.Rate
	plan.Metadata, plan.Warnings = maps.Clone(cutting.Metadata), cutting.Warnings
	if plan.Metadata == nil {
		plan.Metadata = map[string]any{}
	}
	plan.Metadata["file_size"] = src.Size
	if src.MIME != "" {
		plan.Metadata["mime_type"] = src.MIME
	}
	return plan, plan.Validate()
}

func (r *run) cutProgress() convert.Progress {
	run := r.t.Run()
	return func(done float64, _ string) { r.running.progress(run, done, "cutting it into pieces") }
}
