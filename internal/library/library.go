// Package library shows what was ingested: documents, their texts, their chunks and their
// sources. Whoever asks says who is asking, and nothing is shown that is not theirs.
package library

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/index"
	"morag/internal/task"
)

// ErrSeveral: documents of several owners have the id, and the caller sees them all.
var ErrSeveral = errors.New("documents of several owners have this id")

// ErrDuplicate: there is no document of the id, since its source was that of another one.
// The error that wraps it is a sentence for the client.
var ErrDuplicate = errors.New("is a duplicate")

// ErrNoSegments: it is not known of the document what is said when in it. The error that
// wraps it is a sentence for the client.
var ErrNoSegments = errors.New("has no segments")

// Chunks is what a library needs of an [index.Index].
type Chunks interface {
	Chunks(ctx context.Context, version string, from, n int) ([]index.Chunk, error)
	Switch(ctx context.Context, show, hide string) error
}

// Transactor runs fn in one transaction that every store called with its ctx joins.
type Transactor interface {
	Write(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a [Service] needs. All must be set but the Logger.
type Config struct {
	Documents document.Store
	Chunks    Chunks
	Blobs     blob.Store
	DB        Transactor
	Meter     Meter
	Logger    *slog.Logger // slog.Default()
}

// Service shows documents. It is safe for concurrent use. Every call returns
// [document.ErrNotFound] for what is not there and for what lies outside the scope.
type Service struct {
	documents document.Store
	chunks    Chunks
	blobs     blob.Store
	db        Transactor
	waveforms *waveforms
	log       *slog.Logger
}

// New makes a service.
func New(c Config) *Service {
	s := &Service{documents: c.Documents, chunks: c.Chunks, blobs: c.Blobs, db: c.DB, waveforms: newWaveforms(c.Meter), log: c.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Ref names a document. Owner is heeded only of callers that see everybody's; without it
// they get their own of that id, else the only one there is.
type Ref struct{ ID, Owner string }

// List returns a page of the scope's documents without Content, newest first, and the
// cursor of the next page, "" at the end. [document.ErrCursor].
func (s *Service) List(ctx context.Context, by auth.Scope, f document.Filter) ([]*document.Document, string, error) {
	f.Owner, f.AllOwners = by.Owner, by.All
	return s.documents.List(ctx, f)
}

// Duplicates returns which ids of the scope that begin with a prefix were promised to sources
// that turned out to be duplicates, at most n. [Service.Get] and what follows from it take them
// for the originals.
func (s *Service) Duplicates(ctx context.Context, by auth.Scope, prefix string, n int) ([]document.Duplicate, error) {
	return s.documents.Duplicates(ctx, document.Filter{Owner: by.Owner, AllOwners: by.All, Prefix: prefix, Limit: n})
}

// Get returns a document without Content, for the id of a duplicate its original. [ErrSeveral].
func (s *Service) Get(ctx context.Context, by auth.Scope, ref Ref) (*document.Document, error) {
	owner, err := s.owner(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	d, err := s.documents.Get(ctx, owner, ref.ID)
	if !errors.Is(err, document.ErrNotFound) {
		return d, err
	}
	original, err := s.documents.Original(ctx, owner, ref.ID)
	if err != nil {
		return nil, err
	}
	return s.documents.Get(ctx, owner, original)
}

// Content returns a document's whole text. [ErrSeveral].
func (s *Service) Content(ctx context.Context, by auth.Scope, ref Ref) (string, error) {
	d, err := s.Get(ctx, by, ref)
	if err != nil {
		return "", err
	}
	return s.documents.Content(ctx, d.Owner, d.ID)
}

// Chunks returns a document's chunks in order, from chunk index from on, at most n.
// [ErrSeveral].
func (s *Service) Chunks(ctx context.Context, by auth.Scope, ref Ref, from, n int) ([]index.Chunk, error) {
	// A version that was replaced between the two questions may be swept already; then the
	// one that took its place is asked for.
	for again := false; ; again = true {
		d, err := s.Get(ctx, by, ref)
		if err != nil {
			return nil, err
		}
		chunks, err := s.chunks.Chunks(ctx, d.Version, from, n)
		if !errors.Is(err, index.ErrNotFound) || again {
			return chunks, err
		}
	}
}

// Segments returns a document, and what is said when in it, by the start. [ErrNoSegments],
// [ErrSeveral].
func (s *Service) Segments(ctx context.Context, by auth.Scope, ref Ref) (*document.Document, []content.Segment, error) {
	d, err := s.Get(ctx, by, ref)
	if err != nil {
		return nil, nil, err
	}
	segments, err := s.documents.Segments(ctx, d.Owner, d.ID)
	switch {
	case err != nil:
		return nil, nil, err
	case segments != nil:
		return d, segments, nil
	case content.Recording(d.ContentType):
		return nil, nil, fmt.Errorf("document %q %w: it was ingested before they were kept, or its worker sent none; ingest its source again", ref.ID, ErrNoSegments)
	}
	return nil, nil, fmt.Errorf("document %q %w: it is of the type %s, and only recordings and subtitles have them", ref.ID, ErrNoSegments, d.ContentType)
}

// Source opens the file that a document was made of; the caller closes it.
// [blob.ErrNotFound] when it was not kept, [ErrSeveral].
func (s *Service) Source(ctx context.Context, by auth.Scope, ref Ref) (*document.Document, blob.Reader, blob.Info, error) {
	d, err := s.Get(ctx, by, ref)
	if err != nil {
		return nil, nil, blob.Info{}, err
	}
	if d.SourceRef == "" {
		return nil, nil, blob.Info{}, fmt.Errorf("source of document %s: %w", ref.ID, blob.ErrNotFound)
	}
	src, info, err := s.blobs.Open(ctx, d.SourceRef)
	return d, src, info, err
}

// Thumbnail opens the nth picture of a document, counted from 1; the caller closes it.
// [blob.ErrNotFound] when it has no such picture, [ErrSeveral].
func (s *Service) Thumbnail(ctx context.Context, by auth.Scope, ref Ref, n int) (blob.Reader, error) {
	d, err := s.Get(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	all, err := s.documents.Thumbnails(ctx, d.Owner, d.ID)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > len(all) {
		return nil, fmt.Errorf("thumbnail %d of document %s: %w", n, ref.ID, blob.ErrNotFound)
	}
	picture, _, err := s.blobs.Open(ctx, all[n-1])
	return picture, err
}

// Delete removes a document and the source file it kept, and returns what it was.
// [ErrSeveral], [auth.ErrOthers]; [ErrDuplicate] when the id is that of a duplicate: whoever
// ingested the original may still want it.
func (s *Service) Delete(ctx context.Context, by auth.Scope, ref Ref) (d *document.Document, err error) {
	owner, err := s.owner(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	if err := by.Changes(owner); err != nil && by.Sees(owner) {
		return nil, err
	}
	if original, err := s.documents.Original(ctx, owner, ref.ID); err == nil {
		if _, err := s.documents.Get(ctx, owner, ref.ID); errors.Is(err, document.ErrNotFound) {
			return nil, fmt.Errorf("document %q %w of %q: delete that one", ref.ID, ErrDuplicate, original)
		}
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		if d, err = s.documents.Delete(ctx, owner, ref.ID); err != nil {
			return err
		}
		return s.chunks.Switch(ctx, "", d.Version)
	})
	if err != nil {
		return nil, err
	}
	s.log.Info("document deleted", "document_id", ref.ID, "content_type", d.ContentType)
	if strings.HasPrefix(d.SourceRef, blob.Scheme) {
		if err := s.blobs.Delete(context.WithoutCancel(ctx), d.SourceRef); err != nil {
			s.log.Warn("file not removed", "document_id", ref.ID, "err", err) // it is found again as an orphan
		}
	}
	return d, nil
}

// owner is whose document is meant.
func (s *Service) owner(ctx context.Context, by auth.Scope, ref Ref) (string, error) {
	if !task.ValidID(ref.ID) {
		return "", document.ErrNotFound
	}
	if !by.All {
		return by.Owner, nil
	}
	if ref.Owner != "" {
		return ref.Owner, nil
	}
	owners, err := s.documents.Owners(ctx, ref.ID)
	switch {
	case err != nil:
		return "", err
	case len(owners) == 0:
		return "", document.ErrNotFound
	case slices.Contains(owners, by.Owner):
		return by.Owner, nil
	case len(owners) > 1:
		return "", ErrSeveral
	}
	return owners[0], nil
}
