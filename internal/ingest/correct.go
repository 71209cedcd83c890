package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/chunk"
	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
	"morag/internal/share"
	"morag/internal/task"
	"morag/internal/transcript"
)

// ErrOutdated: a document has changed since the caller looked at it.
var ErrOutdated = errors.New("the document has changed meanwhile: look at it again")

// Correction is what a caller corrects in a document.
type Correction struct {
	// Version is the one that the caller has seen, "" for any.
	Version string
	transcript.Correction
}

// Look gets a document as it is, and its segments.
type Look func(ctx context.Context) (*document.Document, []content.Segment, error)

// Corrected is what has become of a document by a correction.
type Corrected struct {
	Document *document.Document // without its parts
	Changed  int                // segments; of none, nothing was done
	Warnings []string
}

// Correct corrects what is said in a recording and who says it, and indexes the document
// anew: cut as it was at its ingestion, and switched to its new version in one step, so
// that a search finds the one before or the one after it. look gets the document, without
// its parts, and its segments; it is called when there is room, at most as many corrections
// being made at a time as tasks run. [ErrOutdated], [transcript.ErrCorrection],
// [auth.ErrOthers], [ErrBusy]; whatever fails leaves the document as it was.
func (s *Service) Correct(ctx context.Context, by auth.Scope, look Look, c Correction) (Corrected, error) {
	free, err := s.places.Take(ctx, by.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return Corrected{}, err
	}
	defer free()
	d, segments, err := look(ctx)
	if err != nil {
		return Corrected{}, err
	}
	if err := by.Changes(d.Owner); err != nil {
		return Corrected{}, err
	}
	if c.Version != "" && c.Version != d.Version {
		return Corrected{}, ErrOutdated
	}
	text, err := s.documents.Content(ctx, d.Owner, d.ID)
	if err != nil {
		return Corrected{}, err
	}
	made, err := transcript.Correct(text, segments, c.Correction)
	if err != nil || made.Changed == 0 {
		return Corrected{Document: d}, err
	}
	out := Corrected{Changed: made.Changed}
	if made.Missing > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("the words of %d segments do not stand in the document's text, which stays as it is there", made.Missing))
	}
	if out.Document, err = s.put(ctx, d, segments, made); err != nil {
		return Corrected{}, err
	}
	s.metrics.Corrected(d.ContentType)
	s.log.Info("document corrected", "document_id", d.ID, "content_type", d.ContentType, "segments", made.Changed, "version", out.Document.Version)
	return out, nil
}

// put has d be what was made of it.
func (s *Service) put(ctx context.Context, d *document.Document, was []content.Segment, made transcript.Corrected) (*document.Document, error) {
	next := *d
	next.Content, next.ContentLength, next.Segments = made.Text, utf8.RuneCountInString(made.Text), made.Segments
	var err error
	if next.Metadata, err = renamed(d.Metadata, was, made.Segments); err != nil {
		return nil, err
	}
	return s.reissue(ctx, d, next)
}

// reissue has next take the place of d as its next version, cut as it was and indexed anew. It
// has all its parts but the thumbnails, which stay. [ErrOutdated].
func (s *Service) reissue(ctx context.Context, d *document.Document, next document.Document) (*document.Document, error) {
	next.Version, next.UpdatedAt = uuid.NewString(), time.Time{}
	options, err := s.chunking(ctx, d)
	if err != nil {
		return nil, err
	}
	chunks, err := chunk.Split(next.Content, next.Segments, options, func(texts []string) ([][]float32, error) { return passages(ctx, s.embedder, texts) })
	if err != nil {
		return nil, err
	}
	metadata := map[string]any{}
	if len(next.Metadata) > 0 {
		if err := json.Unmarshal(next.Metadata, &metadata); err != nil {
			return nil, fmt.Errorf("metadata of document %s: %w", d.ID, err)
		}
	}
	if len(chunks) == 0 {
		chunks = described(next.SourceName, metadata)
	}
	v := index.Version{
		Name: next.Version, Owner: d.Owner, DocumentID: d.ID, ContentType: d.ContentType, SourceName: next.SourceName,
		ProcessingMethod: d.ProcessingMethod, Metadata: metadata, Chunks: len(chunks),
	}
	next.ChunkCount = len(chunks)
	// What was staged in vain is swept when it is old enough.
	return &next, s.byOneModel(func(e embed.Embedder) error {
		for batch := range slices.Chunk(chunks, stageBatch) {
			if err := s.stage(ctx, e, v, batch, nil); err != nil {
				return err
			}
		}
		return s.replace(ctx, d, &next)
	})
}

// replace has next take the place of d, unless that has been taken.
func (s *Service) replace(ctx context.Context, d, next *document.Document) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		now, err := s.documents.Get(ctx, d.Owner, d.ID)
		if err != nil {
			return err
		}
		if now.Version != d.Version {
			return ErrOutdated
		}
		if next.Thumbnails, err = s.documents.Thumbnails(ctx, d.Owner, d.ID); err != nil {
			return err
		}
		_, err = s.switchTo(ctx, *next)
		return err
	})
}

// chunking is how the document was cut: its task has it, as long as it is kept.
func (s *Service) chunking(ctx context.Context, d *document.Document) (chunk.Options, error) {
	t, err := s.tasks.Get(ctx, d.TaskID)
	switch {
	case errors.Is(err, task.ErrNotFound):
		return chunk.Default(), nil
	case err != nil:
		return chunk.Options{}, err
	}
	return chunkOptions(t.Options), nil
}

// renamed are a document's metadata with the new names of its speakers, where the converter
// had listed them.
func renamed(metadata json.RawMessage, was, is []content.Segment) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if len(metadata) > 0 {
		if err := json.Unmarshal(metadata, &members); err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
	}
	var listed []string
	if err := json.Unmarshal(members["speakers"], &listed); err == nil && listed != nil && slices.Equal(listed, content.Speakers(was)) {
		list, err := json.Marshal(append([]string{}, content.Speakers(is)...)) // a list even of none
		if err != nil {
			return nil, err
		}
		members["speakers"] = list
	}
	return json.Marshal(members)
}
