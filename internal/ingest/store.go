package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"morag/internal/blob"
	"morag/internal/chunk"
	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
	"morag/internal/task"
	"morag/internal/wire"
)

// stageBatch is how many chunks are embedded and staged at a time: a short write,
// and little lost when the embedder fails.
const stageBatch = 64

// storeDocument cuts, embeds and stages the text, then switches the document and
// ends the task in one commit.
func (r *run) storeDocument(ctx context.Context, doc *content.Document) error {
	doc.Content = strings.ReplaceAll(strings.ToValidUTF8(doc.Content, "\uFFFD"), "\x00", "")
	if r.t.Stage != task.Storing {
		if err := r.advance(ctx, task.Storing, "storing", nil); err != nil {
			return err
		}
	}
	stages := &stopwatch{now: r.now}
	var chunks []chunk.Chunk
	err := stages.time(chunkStage, func() (err error) {
		chunks, err = chunk.Split(doc.Content, doc.Segments, chunkOptions(r.t.Options), func(texts []string) ([][]float32, error) {
			return passages(ctx, r.embedder, texts)
		})
		return err
	})
	if errors.Is(err, chunk.ErrOption) {
		return &final{sentence: err.Error()}
	}
	if err != nil {
		return err
	}
	thumbnails, left := pictures(doc.Thumbnails)
	if left > 0 {
		if err := r.warn(ctx, fmt.Sprintf("%d thumbnails are no pictures that can be kept and were left out", left)); err != nil {
			return err
		}
	}
	v := r.version(doc, len(chunks), len(thumbnails))
	if len(chunks) == 0 {
		if err := r.warn(ctx, noText); err != nil {
			return err
		}
		chunks = described(v.SourceName, v.Metadata)
		v.Chunks = len(chunks)
	}
	refs, err := r.keepThumbnails(ctx, thumbnails)
	if err != nil {
		return err
	}
	defer r.removeAll(ctx, refs) // those that no document uses by then
	err = r.byOneModel(func(e embed.Embedder) error {
		if err := r.stageAll(ctx, e, v, chunks, stages); err != nil {
			return err
		}
		return stages.time(indexStage, func() error { return r.finish(ctx, doc, v, refs) })
	})
	r.tell(ctx, stages, err)
	return err
}

// tell tells how long the stages took of a document that is stored, or was to be.
func (r *run) tell(ctx context.Context, stages *stopwatch, err error) {
	for i, l := range stages.laps {
		var failed error
		if i == len(stages.laps)-1 {
			failed = spanned(err)
		}
		r.tracer.Past(ctx, l.stage, l.began, l.ended, failed, "morag.turns", l.turns, "morag.seconds", l.took.Seconds())
		if err == nil {
			r.metrics.Staged(r.t.Source.ContentType, l.stage, l.took)
		}
	}
}

// byOneModel stages and switches by the embedder of the model that the index uses, and anew
// when the index has gone over to another one meanwhile.
func (s *Service) byOneModel(do func(e embed.Embedder) error) error {
	for {
		e := embed.Now(s.embedder)
		err := do(e)
		exchanged := errors.Is(err, index.ErrModel) || errors.Is(err, index.ErrIncomplete)
		if !exchanged || embed.Now(s.embedder).Model() == e.Model() {
			return err
		}
	}
}

// stageAll embeds and stages the chunks.
func (r *run) stageAll(ctx context.Context, e embed.Embedder, v index.Version, chunks []chunk.Chunk, stages *stopwatch) error {
	if len(chunks) == 0 {
		if err := r.index.Stage(ctx, v, nil); err != nil {
			return fmt.Errorf("stage version: %w", err)
		}
	}
	for from := 0; from < len(chunks); from += stageBatch {
		batch := chunks[from:min(from+stageBatch, len(chunks))]
		if err := r.stage(ctx, e, v, batch, stages); err != nil {
			return err
		}
		r.running.progress(r.t.Run(), float64(from+len(batch))/float64(len(chunks)+1), fmt.Sprintf("stored %d of %d chunks", from+len(batch), len(chunks)))
	}
	return nil
}

// version is what the index is told of this run's version of the document. Its metadata
// are the converter's, overlaid by the client's.
func (r *run) version(doc *content.Document, chunks, thumbnails int) index.Version {
	metadata := map[string]any{}
	maps.Copy(metadata, doc.Metadata)
	if thumbnails > 0 {
		metadata["thumbnail_count"] = thumbnails
	}
	_ = json.Unmarshal(r.t.Options.Metadata, &metadata) // over them; an object, as it was taken
	return index.Version{
		Name: r.t.Run().Version(), Owner: r.t.Owner, DocumentID: r.t.DocumentID,
		ContentType: r.t.Source.ContentType, SourceName: r.t.Source.Name, ProcessingMethod: r.t.Method, Metadata: metadata, Chunks: chunks,
	}
}

func (s *Service) stage(ctx context.Context, e embed.Embedder, v index.Version, batch []chunk.Chunk, stages *stopwatch) error {
	texts := make([]string, len(batch))
	for i, c := range batch {
		texts[i] = c.Text
	}
	v.Model = index.Model(e.Model())
	var vectors [][]float32
	err := stages.time(embedStage, func() (err error) {
		vectors, err = passages(ctx, e, texts)
		return err
	})
	if err != nil {
		return err
	}
	staged := make([]index.Chunk, len(batch))
	for i, c := range batch {
		own := map[string]any{}
		if c.Page > 0 {
			own["page"] = c.Page
		}
		if c.Timed {
			own["start"], own["end"] = c.From, c.To
		}
		if len(c.Places) > 0 && c.Places[0].Heading != "" {
			own[index.KeyHeading] = c.Places[0].Heading
		}
		staged[i] = index.Chunk{Index: c.Index, Content: c.Text, Metadata: own, Vector: vectors[i], Places: places(c.Places)}
	}
	err = stages.time(indexStage, func() error { return s.index.Stage(ctx, v, staged) })
	if err != nil {
		return fmt.Errorf("stage chunks: %w", err)
	}
	return nil
}

func places(of []chunk.Place) []index.Place {
	all := make([]index.Place, len(of))
	for i, p := range of {
		all[i] = index.Place{At: p.At, Page: p.Page, Speaker: p.Speaker, Heading: p.Heading}
		if p.Timed {
			all[i].Start, all[i].End = &p.From, &p.To
		}
	}
	return all
}

func passages(ctx context.Context, e embed.Embedder, texts []string) ([][]float32, error) {
	vectors, err := e.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return vectors, nil
}

// finish is the one small commit: the document switches to its new version and the
// task ends, or neither.
func (r *run) finish(ctx context.Context, doc *content.Document, v index.Version, thumbnails []string) error {
	r.running.progress(r.t.Run(), 1, "finishing")
	d, err := r.made(doc, v)
	if err != nil {
		return err
	}
	d.Thumbnails = thumbnails
	var old *document.Document
	var after *task.Task
	kept := false
	err = r.db.Write(ctx, func(ctx context.Context) error {
		old, after, kept = nil, nil, false
		result := wire.TaskResult{
			Success: true, ChunksStored: d.ChunkCount, DocumentID: d.ID, ProcessingTime: r.t.ConvertSeconds,
			ProcessingMethod: d.ProcessingMethod, Metadata: wire.Object(d.Metadata), ContentLength: d.ContentLength,
		}
		var warning string
		same, err := r.sameAs(ctx, r.t, d.Checksum)
		if err != nil {
			return err
		}
		if same != nil {
			if err := r.resettle(ctx, same); err != nil {
				return err
			}
			result = duplicate(same)
		} else {
			old, err = r.switchTo(ctx, d)
			if errors.Is(err, document.ErrSuperseded) {
				warning, result.ChunksStored, err = "superseded", 0, nil
			} else {
				kept = d.SourceRef != ""
			}
			result.Replaced = old != nil
			if err != nil {
				return fmt.Errorf("switch document: %w", err)
			}
		}
		after, err = r.end(ctx, result, warning)
		return err
	})
	if err != nil {
		return err
	}
	r.clear(context.WithoutCancel(ctx), after, kept)
	if old != nil && old.SourceRef != "" && old.SourceRef != r.t.Source.Ref {
		r.remove(context.WithoutCancel(ctx), old.SourceRef)
	}
	r.observe(after, nil)
	return nil
}

// made is the document that the task makes.
func (r *run) made(doc *content.Document, v index.Version) (document.Document, error) {
	metadata, err := json.Marshal(v.Metadata)
	if err != nil {
		return document.Document{}, &final{sentence: "the metadata cannot be encoded"}
	}
	d := document.Document{
		ID: v.DocumentID, Owner: v.Owner, Version: v.Name, Submitted: r.t.Submitted,
		ContentType: v.ContentType, ProcessingMethod: v.ProcessingMethod, Checksum: r.checksum(doc),
		Origin: cmp.Or(r.t.Options.Origin, r.t.Source.URL), SourceName: r.t.Source.Name, MIME: r.t.Source.MIME, Metadata: metadata, Content: doc.Content,
		ContentLength: utf8.RuneCountInString(doc.Content), ChunkCount: v.Chunks, TaskID: r.t.ID,
		Segments: spoken(v.ContentType, doc),
	}
	if r.keepSources && strings.HasPrefix(r.t.Source.Ref, blob.Scheme) {
		d.SourceRef = r.t.Source.Ref
	}
	return d, nil
}

// switchTo puts the document in its place in the transaction of ctx, and its chunks in
// those of the one that it replaces and returns.
func (s *Service) switchTo(ctx context.Context, d document.Document) (*document.Document, error) {
	old, err := s.documents.Replace(ctx, d)
	if err != nil {
		return nil, err
	}
	hide := ""
	if old != nil {
		hide = old.Version
	}
	return old, s.index.Switch(ctx, d.Version, hide)
}

// end ends the task in the transaction of ctx.
func (r *run) end(ctx context.Context, result wire.TaskResult, warning string) (*task.Task, error) {
	raw, err := json.Marshal(result)
	if err != nil {
		return nil, &final{sentence: "the metadata cannot be encoded"}
	}
	attempt, duplicateOf := r.t.Attempt, ""
	if result.Duplicate {
		duplicateOf = result.DocumentID
		if r.t.DocumentID != duplicateOf { // somebody was promised it
			if err := r.documents.NoteDuplicate(ctx, r.t.Owner, r.t.DocumentID, duplicateOf); err != nil {
				return nil, err
			}
		}
	}
	return r.tasks.Update(ctx, r.t.ID, func(t *task.Task, now time.Time) error {
		t.DocumentID, t.DuplicateOf = result.DocumentID, duplicateOf // before the webhook is told
		if err := t.Finish(attempt, raw, now); err != nil {
			return err
		}
		if warning != "" {
			t.Warnings = append(t.Warnings, warning)
		}
		return nil
	})
}

// sameAs is the document that makes t a duplicate, nil when there is none. A
// document in the task's place that may not be replaced is an error.
func (s *Service) sameAs(ctx context.Context, t *task.Task, checksum string) (*document.Document, error) {
	if t.Options.DocumentID != "" {
		d, err := s.documents.Get(ctx, t.Owner, t.DocumentID)
		switch {
		case errors.Is(err, document.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		case d.TaskID == t.ID:
			return nil, nil
		case d.Checksum == checksum && d.Checksum != "":
			return d, nil
		case !t.Options.ReplaceExisting:
			return nil, &final{sentence: exists(t.DocumentID)}
		}
		return nil, nil
	}
	if checksum == "" {
		return nil, nil
	}
	return s.documents.ByChecksum(ctx, t.Owner, checksum)
}

func exists(id string) string {
	return fmt.Sprintf("document_id %q exists with other content: set replace_existing to replace it", id)
}

func duplicate(of *document.Document) wire.TaskResult {
	return wire.TaskResult{
		Success: true, ChunksStored: of.ChunkCount, DocumentID: of.ID, Duplicate: true,
		ProcessingMethod: of.ProcessingMethod, Metadata: wire.Object(of.Metadata), ContentLength: of.ContentLength,
	}
}

// duplicateOf ends the task at once when its document is there already. It returns
// errParked then.
func (r *run) duplicateOf(ctx context.Context) error {
	if r.t.Source.URL != "" || r.t.Waiter != "" {
		return nil // its text tells, once it is there; or it becomes no document
	}
	same, err := r.sameAs(ctx, r.t, r.t.Source.SHA256)
	if err != nil || same == nil {
		return err
	}
	var after *task.Task
	err = r.db.Write(ctx, func(ctx context.Context) error {
		if err := r.resettle(ctx, same); err != nil {
			return err
		}
		after, err = r.end(ctx, duplicate(same), "")
		return err
	})
	if err != nil {
		return err
	}
	r.clear(context.WithoutCancel(ctx), after, false)
	r.observe(after, nil)
	return errParked
}

// resettle says that a document whose source came once more, to replace it, lies where it came
// from last.
func (r *run) resettle(ctx context.Context, same *document.Document) error {
	o := r.t.Options
	if !o.ReplaceExisting || o.Origin == "" || o.Origin == same.Origin {
		return nil
	}
	_, err := r.documents.Relocate(ctx, same.Owner, same.ID, o.Origin)
	if errors.Is(err, document.ErrNotFound) { // deleted meanwhile
		return nil
	}
	return err
}

func chunkOptions(o task.Options) chunk.Options {
	return chunk.Given(o.ChunkingStrategy, o.ChunkSize, o.ChunkOverlap)
}
