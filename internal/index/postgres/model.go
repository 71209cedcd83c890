package postgres

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/postgres"
)

// model is what made the vectors. Those of two models never compare.
type model struct {
	name      string
	dimension int
}

// adopt stores the model of an index that has none yet, and refuses another one than
// is stored, unless nothing is shown that was made with that: then what is left of
// staged and hidden versions goes, and the new model takes its place. Tasks that had
// staged such chunks learn by [index.ErrIncomplete] to stage them again.
func (x *Index) adopt(ctx context.Context) error {
	// As a rule it is the same, and then nothing waits for the writer.
	if stored, err := x.storedModel(ctx); err != nil || stored == x.model {
		return err
	}
	for {
		done := false
		err := x.db.Write(ctx, func(ctx context.Context) (err error) {
			done, err = x.settleModel(ctx)
			return err
		})
		if err != nil || done {
			return err
		}
		if _, err := x.Sweep(ctx, sweepBatch, 0); err != nil {
			return err
		}
	}
}

// settleModel stores the model in the transaction of ctx, if nothing is in its way. It
// is false as long as there is something to sweep before: no server that still uses the
// old one can add to that in between.
func (x *Index) settleModel(ctx context.Context) (done bool, err error) {
	if err := x.db.Lock(ctx, "model of the index"); err != nil {
		return false, err
	}
	stored, err := x.storedModel(ctx)
	switch {
	case err != nil:
		return false, err
	case stored == x.model:
		return true, nil
	case stored == model{}:
		return true, x.storeModel(ctx)
	}
	var versions, shown int
	err = x.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 1) FROM index_version`).Scan(&versions, &shown)
	if err != nil {
		return false, err
	}
	if shown > 0 {
		return false, fmt.Errorf("%w: its %d documents were embedded with %s (%d dimensions), MORAG_EMBEDDER now selects %s (%d dimensions): "+
			"select the former again, or delete the documents and ingest them anew",
			index.ErrModel, shown, stored.name, stored.dimension, x.model.name, x.model.dimension)
	}
	if versions > 0 {
		return false, nil
	}
	return true, x.storeModel(ctx)
}

// storedModel is the zero model when none is stored.
func (x *Index) storedModel(ctx context.Context) (m model, err error) {
	err = x.db.QueryRow(ctx, `SELECT name, dimension FROM index_model`).Scan(&m.name, &m.dimension)
	if errors.Is(err, postgres.ErrNoRows) {
		err = nil
	}
	return m, err
}

func (x *Index) storeModel(ctx context.Context) error {
	_, err := x.db.Exec(ctx, `
		INSERT INTO index_model (name, dimension) VALUES ($1, $2)
		ON CONFLICT (one) DO UPDATE SET name = excluded.name, dimension = excluded.dimension`,
		x.model.name, x.model.dimension)
	return err
}

// sameModel refuses what would mix vectors of two models: another server may have
// opened an index that was empty with another one.
func (x *Index) sameModel(ctx context.Context) error {
	stored, err := x.storedModel(ctx)
	if err == nil && stored != x.model {
		err = fmt.Errorf("%w: another server has opened it with %s (%d dimensions)", index.ErrModel, stored.name, stored.dimension)
	}
	return err
}
