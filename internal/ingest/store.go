package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"morag/internal/blob"
	"morag/internal/chunk"
	"morag/internal/content"
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
	chunks, err := chunk.Split(doc.Content, doc.Segments, chunkOptions(r.t.Options), func(texts []string) ([][]float32, error) {
		return r.embed(ctx, texts)
	})
	if errors.Is(err, chunk.ErrOption) {
		return &final{sentence: err.Error()}
	}
	if err != nil {
		return err
	}
	for from := 0; from < len(chunks); from += stageBatch {
		batch := chunks[from:min(from+stageBatch, len(chunks))]
		if err := r.stage(ctx, batch); err != nil {
			return err
		}
		r.running.note(r.t.Run(), float64(from+len(batch))/float64(len(chunks)+1), fmt.Sprintf("stored %d of %d chunks", from+len(batch), len(chunks)))
	}
	return r.finish(ctx, doc, len(chunks))
}

func (r *run) stage(ctx context.Context, batch []chunk.Chunk) error {
	texts := make([]string, len(batch))
	for i, c := range batch {
		texts[i] = c.Text
	}
	vectors, err := r.embed(ctx, texts)
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
		staged[i] = index.Chunk{Index: c.Index, Content: c.Text, Metadata: own, Vector: vectors[i]}
	}
	if err := r.index.Stage(ctx, r.t.Run().Version(), staged); err != nil {
		return fmt.Errorf("stage chunks: %w", err)
	}
	return nil
}

func (r *run) embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors, err := r.embedder.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return vectors, nil
}

// finish is the one small commit: the document switches to its new version and the
// task ends, or neither.
func (r *run) finish(ctx context.Context, doc *content.Document, chunks int) error {
	r.running.note(r.t.Run(), 1, "finishing")
	metadata := map[string]any{}
	for k, v := range doc.Metadata {
		metadata[k] = v
	}
	for k, v := range r.t.Options.Metadata {
		metadata[k] = v
	}
	var old *index.Document
	var after *task.Task
	kept, checksum := false, r.checksum(doc)
	err := r.db.Write(ctx, func(ctx context.Context) error {
		old, after, kept = nil, nil, false
		result := wire.TaskResult{
			Success: true, ChunksStored: chunks, DocumentID: r.t.DocumentID, ProcessingTime: r.t.ConvertSeconds,
			ProcessingMethod: r.t.Method, Metadata: metadata, ContentLength: utf8.RuneCountInString(doc.Content),
		}
		var warning string
		twin, err := r.twin(ctx, checksum)
		if err != nil {
			return err
		}
		if twin != nil {
			result = duplicate(twin)
		} else {
			d := index.Document{
				ID: r.t.DocumentID, Owner: r.t.Owner, Version: r.t.Run().Version(), Submitted: r.t.Submitted,
				ContentType: r.t.Source.ContentType, ProcessingMethod: r.t.Method, Checksum: checksum,
				SourceName: r.t.Source.Name, MIME: r.t.Source.MIME, Metadata: metadata, Content: doc.Content,
				ContentLength: result.ContentLength, ChunkCount: chunks, TaskID: r.t.ID,
			}
			if r.keepSources && strings.HasPrefix(r.t.Source.Ref, blob.Scheme) {
				d.SourceRef = r.t.Source.Ref
			}
			old, err = r.index.Replace(ctx, d)
			if errors.Is(err, index.ErrSuperseded) {
				warning, result.ChunksStored, err = "superseded", 0, nil
			} else {
				kept = d.SourceRef != ""
			}
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
	r.observe(after, nil)
	r.clear(context.WithoutCancel(ctx), after, kept)
	if old != nil && old.SourceRef != "" && old.SourceRef != r.t.Source.Ref {
		r.remove(context.WithoutCancel(ctx), old.SourceRef)
	}
	return nil
}

// end ends the task in the transaction of ctx.
func (r *run) end(ctx context.Context, result wire.TaskResult, warning string) (*task.Task, error) {
	raw, err := json.Marshal(result)
	if err != nil {
		return nil, &final{sentence: "the metadata cannot be encoded"}
	}
	attempt := r.t.Attempt
	return r.tasks.Update(ctx, r.t.ID, func(t *task.Task, now time.Time) error {
		if err := t.Finish(attempt, raw, now); err != nil {
			return err
		}
		t.DocumentID = result.DocumentID
		if warning != "" {
			t.Warnings = append(t.Warnings, warning)
		}
		return nil
	})
}

// twin is the document that makes this task a duplicate, nil when there is none. A
// document in the task's place that may not be replaced is an error.
func (r *run) twin(ctx context.Context, checksum string) (*index.Document, error) {
	if r.t.Options.DocumentID != "" {
		d, err := r.index.Get(ctx, r.t.Owner, r.t.DocumentID)
		switch {
		case errors.Is(err, index.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		case d.TaskID == r.t.ID:
			return nil, nil
		case d.Checksum == checksum && d.Checksum != "":
			return d, nil
		case !r.t.Options.ReplaceExisting:
			return nil, &final{sentence: exists(r.t.DocumentID)}
		}
		return nil, nil
	}
	if checksum == "" {
		return nil, nil
	}
	return r.index.ByChecksum(ctx, r.t.Owner, checksum)
}

func exists(id string) string {
	return fmt.Sprintf("document_id %q exists with other content: set replace_existing to replace it", id)
}

func duplicate(of *index.Document) wire.TaskResult {
	return wire.TaskResult{
		Success: true, ChunksStored: of.ChunkCount, DocumentID: of.ID, Duplicate: true,
		ProcessingMethod: of.ProcessingMethod, Metadata: of.Metadata, ContentLength: of.ContentLength,
	}
}

// duplicateOf ends the task at once when its document is there already. It answers
// errParked then.
func (r *run) duplicateOf(ctx context.Context) error {
	if r.t.Source.URL != "" {
		return nil // its text tells, once it is there
	}
	twin, err := r.twin(ctx, r.t.Source.SHA256)
	if err != nil || twin == nil {
		return err
	}
	after, err := r.end(ctx, duplicate(twin), "")
	if err != nil {
		return err
	}
	r.observe(after, nil)
	r.clear(context.WithoutCancel(ctx), after, false)
	return errParked
}

func chunkOptions(o task.Options) chunk.Options {
	return chunk.Given(o.ChunkingStrategy, o.ChunkSize, o.ChunkOverlap)
}
