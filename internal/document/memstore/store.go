// Package memstore keeps documents in memory, for tests: the port's promises in the
// plainest code, by which the suite also judges the other stores. It knows no
// transactions: a change is there at once, and stays.
package memstore

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"morag/internal/content"
	"morag/internal/document"
)

// Store is a [document.Store].
type Store struct {
	now func() time.Time

	mu         sync.Mutex // guards what follows
	all        map[key]document.Document
	duplicates map[key]string // ids of their originals
}

type key struct{ owner, id string }

var _ document.Store = (*Store)(nil)

// New returns an empty store whose time is now's.
func New(now func() time.Time) *Store {
	return &Store{now: now, all: make(map[key]document.Document), duplicates: make(map[key]string)}
}

// without is a copy of d without its parts, as it is returned.
func without(d document.Document) *document.Document {
	d.Content, d.Thumbnails, d.Segments = "", nil, nil
	return &d
}

// Replace implements [document.Store].
func (s *Store) Replace(_ context.Context, doc document.Document) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = s.now()
	}
	if doc.CreatedAt.IsZero() {
		doc.CreatedAt = doc.UpdatedAt
	}
	k := key{doc.Owner, doc.ID}
	old, there := s.all[k]
	switch {
	case !there:
		s.all[k] = doc
		return nil, nil
	case old.Version == doc.Version:
		return nil, nil
	case old.Submitted > doc.Submitted:
		return nil, document.ErrSuperseded
	}
	doc.CreatedAt = old.CreatedAt
	s.all[k] = doc
	return without(old), nil
}

// Delete implements [document.Store].
func (s *Store) Delete(_ context.Context, owner, id string) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return nil, document.ErrNotFound
	}
	delete(s.all, key{owner, id})
	maps.DeleteFunc(s.duplicates, func(k key, original string) bool { return k.owner == owner && original == id })
	return without(d), nil
}

// Get implements [document.Store].
func (s *Store) Get(_ context.Context, owner, id string) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return nil, document.ErrNotFound
	}
	return without(d), nil
}

// Content implements [document.Store].
func (s *Store) Content(_ context.Context, owner, id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return "", document.ErrNotFound
	}
	return d.Content, nil
}

// Thumbnails implements [document.Store].
func (s *Store) Thumbnails(_ context.Context, owner, id string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return nil, document.ErrNotFound
	}
	return slices.Clone(d.Thumbnails), nil
}

// Segments implements [document.Store].
func (s *Store) Segments(_ context.Context, owner, id string) ([]content.Segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return nil, document.ErrNotFound
	}
	return slices.Clone(d.Segments), nil
}

// those are the documents that pass, oldest first.
func (s *Store) those(pass func(document.Document) bool) (some []*document.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.all {
		if pass(d) {
			some = append(some, without(d))
		}
	}
	sortBy(document.Oldest, some)
	return some
}

func sortBy(o document.Order, some []*document.Document) {
	slices.SortFunc(some, func(a, b *document.Document) int { return o.After(a).Compare(o.After(b)) })
}

// Owners implements [document.Store].
func (s *Store) Owners(_ context.Context, id string) (owners []string, err error) {
	for _, d := range s.those(func(d document.Document) bool { return d.ID == id }) {
		owners = append(owners, d.Owner)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.duplicates {
		if k.id == id {
			owners = append(owners, k.owner)
		}
	}
	slices.Sort(owners)
	return slices.Compact(owners), nil
}

// NoteDuplicate implements [document.Store].
func (s *Store) NoteDuplicate(_ context.Context, owner, id, original string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duplicates[key{owner, id}] = original
	return nil
}

// Original implements [document.Store].
func (s *Store) Original(_ context.Context, owner, id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	original, there := s.duplicates[key{owner, id}]
	if !there {
		return "", document.ErrNotFound
	}
	return original, nil
}

// Duplicates implements [document.Store].
func (s *Store) Duplicates(_ context.Context, f document.Filter) (all []document.Duplicate, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, original := range s.duplicates {
		if (f.AllOwners || k.owner == f.Owner) && strings.HasPrefix(k.id, f.Prefix) {
			all = append(all, document.Duplicate{ID: k.id, Owner: k.owner, Original: original})
		}
	}
	slices.SortFunc(all, func(a, b document.Duplicate) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Owner, b.Owner))
	})
	return all[:min(len(all), f.PageSize())], nil
}

// ByChecksum implements [document.Store].
func (s *Store) ByChecksum(_ context.Context, owner, checksum string) (*document.Document, error) {
	some := s.those(func(d document.Document) bool { return d.Owner == owner && d.Checksum == checksum })
	if len(some) == 0 {
		return nil, nil
	}
	return some[0], nil
}

// ByOrigin implements [document.Store].
func (s *Store) ByOrigin(_ context.Context, owner, origin string) (*document.Document, error) {
	some := s.those(func(d document.Document) bool { return d.Owner == owner && d.Origin == origin && origin != "" })
	if len(some) == 0 {
		return nil, nil
	}
	return some[len(some)-1], nil
}

// Relocate implements [document.Store].
func (s *Store) Relocate(_ context.Context, owner, id, origin string) (*document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, there := s.all[key{owner, id}]
	if !there {
		return nil, document.ErrNotFound
	}
	d.Origin = origin
	s.all[key{owner, id}] = d
	return without(d), nil
}

// List implements [document.Store].
func (s *Store) List(_ context.Context, f document.Filter) ([]*document.Document, string, error) {
	after, err := document.ParseCursor(f.Cursor, f.Order)
	if err != nil {
		return nil, "", err
	}
	some := s.those(func(d document.Document) bool {
		return (f.AllOwners || d.Owner == f.Owner) && strings.HasPrefix(d.ID, f.Prefix) && strings.HasPrefix(d.Origin, f.Origin) &&
			(f.ContentType == "" || d.ContentType == f.ContentType) && strings.Contains(d.Label(), document.Fold(f.Named)) &&
			(f.Cursor == "" || after.Compare(f.Order.After(&d)) < 0)
	})
	sortBy(f.Order, some)
	size := 0
	for i, d := range some {
		if i == f.PageSize() || size >= document.PageBytes {
			return some[:i], f.Order.After(some[i-1]).String(), nil
		}
		size += len(d.Metadata)
	}
	return some, "", nil
}

// Current implements [document.Store].
func (s *Store) Current(_ context.Context, versions []string, metadata int) (map[string]document.Summary, error) {
	current := make(map[string]document.Summary)
	for _, version := range versions {
		some := s.those(func(d document.Document) bool { return d.Version == version })
		if _, known := current[version]; known || len(some) == 0 {
			continue
		}
		d := some[0]
		summary := document.Summary{ID: d.ID, Name: d.SourceName, Title: d.Title(), ContentType: d.ContentType}
		if metadata -= len(d.Metadata); metadata >= 0 {
			summary.Metadata = json.RawMessage(cmp.Or(string(d.Metadata), "{}"))
		}
		current[version] = summary
	}
	return current, nil
}
