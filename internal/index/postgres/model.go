package postgres

import (
	"context"
	"errors"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
)

// newModel makes one that holds nothing yet.
func (x *Index) newModel(id int64, of index.Model) *row.Model {
	return row.NewModel(id, of, x.vectorsOf)
}

// Model implements [index.Reindexer].
func (x *Index) Model() index.Model { return x.used.Load().Model }

// adopt finds the model of the index: the stored one as long as something is shown that was
// made by it. Otherwise what is left of staged and hidden versions goes, and wanted takes its
// place. Tasks that had staged such chunks learn by [index.ErrIncomplete] to stage them again.
func (x *Index) adopt(ctx context.Context, wanted index.Model) error {
	// As a rule it is the same, and then nothing waits for the others.
	if s, err := x.searched(ctx, ""); err != nil || s.Model == wanted {
		x.used.Store(x.newModel(s.ID, s.Model))
		return err
	}
	for {
		done := false
		err := x.db.Write(ctx, func(ctx context.Context) (err error) {
			done, err = x.settleModel(ctx, wanted)
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

// settleModel finds the model of the index, wanted if nothing is in its way. It is false as
// long as there is something to sweep before: no server that still uses the old one can add
// to that in between.
func (x *Index) settleModel(ctx context.Context, wanted index.Model) (done bool, err error) {
	if err := x.db.Lock(ctx, "model of the index"); err != nil {
		return false, err
	}
	stored, err := x.searched(ctx, "FOR UPDATE")
	if err != nil {
		return false, err
	}
	if stored.Model == (index.Model{}) {
		x.used.Store(x.newModel(row.FirstModel, wanted))
		return true, x.exec(ctx, `INSERT INTO index_model (name, dimension, id) VALUES ($1, $2, $3)`, postgres.Text(wanted.Name), wanted.Dimension, row.FirstModel)
	}
	x.used.Store(x.newModel(stored.ID, stored.Model))
	var versions, shown int
	err = x.db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 1) FROM index_version`).Scan(&versions, &shown)
	if err != nil || stored.Model == wanted || shown > 0 {
		return true, err
	}
	if versions > 0 {
		return false, nil
	}
	if err := x.abandon(ctx); err != nil {
		return false, err
	}
	x.used.Store(x.newModel(stored.ID, wanted))
	return true, x.exec(ctx, `UPDATE index_model SET name = $1, dimension = $2`, postgres.Text(wanted.Name), wanted.Dimension)
}

// stored is a model as the database has it.
type stored struct {
	ID int64
	index.Model
	held int64 // until when nothing is staged
}

// searched is the model that is searched, the zero one when there is none yet. lock is how its
// row is locked: who writes what goes with it shares it, who exchanges it has it alone.
func (x *Index) searched(ctx context.Context, lock string) (s stored, err error) {
	err = x.db.QueryRow(ctx, `SELECT id, name, dimension, held FROM index_model `+lock).Scan(&s.ID, &s.Name, &s.Dimension, &s.held)
	if errors.Is(err, postgres.ErrNoRows) {
		err = nil
	}
	return s, err
}

// begun is the model that is to come, the zero one when there is none.
func (x *Index) begun(ctx context.Context) (s stored, err error) {
	err = x.db.QueryRow(ctx, `SELECT id, name, dimension FROM index_other_model WHERE state = 0 ORDER BY id LIMIT 1`).
		Scan(&s.ID, &s.Name, &s.Dimension)
	if errors.Is(err, postgres.ErrNoRows) {
		err = nil
	}
	return s, err
}

// errHeld: nothing is staged at the moment, since another model is about to be searched.
var errHeld = errors.New("another model is about to be searched")

// goesWith is the model that is searched, which stays it until the transaction of ctx ends. It
// refuses what was made by another: the zero Model stands for the one that this server knows.
func (x *Index) goesWith(ctx context.Context, made index.Model) (stored, error) {
	s, err := x.searched(ctx, "FOR KEY SHARE")
	if err != nil {
		return s, err
	}
	if made == (index.Model{}) {
		made = x.Model()
	}
	return s, row.GoesWith(s.Model, made)
}

func (x *Index) exec(ctx context.Context, query string, args ...any) error {
	_, err := x.db.Exec(ctx, query, args...)
	return err
}
