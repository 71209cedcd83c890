package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
)

// The states of a model.
const (
	modelNext = iota
	modelUsed
	modelOld
)

// newModel makes one that holds nothing yet.
func (x *Index) newModel(id int64, of index.Model) *row.Model {
	return row.NewModel(id, of, x.vectorsOf)
}

// Model implements [index.Reindexer].
func (x *Index) Model() index.Model { return x.used.Load().Model }

// adopt finds the model of the index: the stored one as long as something is shown that was
// made by it. Otherwise what is left of staged and hidden versions goes, and wanted takes
// its place. Tasks that had staged such chunks learn by [index.ErrIncomplete] to stage them
// again.
func (x *Index) adopt(ctx context.Context, wanted index.Model) error {
	// As a rule it is the same, and then nothing waits for the writer.
	if id, stored, err := x.storedModel(ctx, modelUsed); err != nil || stored == wanted {
		x.used.Store(x.newModel(id, stored))
		return err
	}
	for {
		var settled *row.Model
		var done bool
		err := x.db.Write(ctx, func(ctx context.Context) (err error) {
			settled, done, err = x.settleModel(ctx, wanted)
			return err
		})
		if err != nil {
			return err
		}
		x.used.Store(settled)
		if done {
			return nil
		}
		if _, err := x.Sweep(ctx, sweepBatch, 0); err != nil {
			return err
		}
	}
}

// settleModel is the model of the index, wanted if nothing is in its way. It is not done as
// long as there is something to sweep before: no server that still uses the old one can add
// to that in between.
func (x *Index) settleModel(ctx context.Context, wanted index.Model) (m *row.Model, done bool, err error) {
	id, stored, err := x.storedModel(ctx, modelUsed)
	switch {
	case err != nil:
		return nil, false, err
	case stored == index.Model{}:
		return x.newModel(row.FirstModel, wanted), true, x.exec(ctx, `INSERT INTO index_model (id, name, dimension, state) VALUES (?1, ?2, ?3, 1)`,
			row.FirstModel, wanted.Name, wanted.Dimension)
	}
	var versions, shown int
	err = x.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 1) FROM index_version`).Scan(&versions, &shown)
	switch {
	case err != nil:
		return nil, false, err
	case stored == wanted, shown > 0:
		return x.newModel(id, stored), true, nil
	case versions > 0:
		return x.newModel(id, stored), false, nil
	}
	if err := x.abandon(ctx); err != nil {
		return nil, false, err
	}
	return x.newModel(id, wanted), true, x.exec(ctx, `UPDATE index_model SET name = ?2, dimension = ?3 WHERE id = ?1`, id, wanted.Name, wanted.Dimension)
}

// storedModel is the model in that state, the zero Model when there is none.
func (x *Index) storedModel(ctx context.Context, state int) (id int64, m index.Model, err error) {
	err = x.db.QueryRow(ctx, `SELECT id, name, dimension FROM index_model WHERE state = ?1`, state).Scan(&id, &m.Name, &m.Dimension)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, m, err
}

func (x *Index) exec(ctx context.Context, query string, args ...any) error {
	_, err := x.db.Exec(ctx, query, args...)
	return err
}

// sameModel is the model in use. It refuses what would mix vectors of two models: another
// server may have opened an index that was empty with another one.
func (x *Index) sameModel(ctx context.Context) (*row.Model, error) {
	used := x.used.Load()
	_, stored, err := x.storedModel(ctx, modelUsed)
	if err == nil && stored != used.Model {
		err = fmt.Errorf("%w: another server has opened it with %s", index.ErrModel, row.Named(stored))
	}
	return used, err
}

// sets are those that follow what is shown: the set that is searched, and the one that is
// filled to be searched next.
func (x *Index) sets() []*vector.Set {
	if next := x.next.Load(); next != nil {
		return []*vector.Set{x.used.Load().Vectors, next.Vectors}
	}
	return []*vector.Set{x.used.Load().Vectors}
}
