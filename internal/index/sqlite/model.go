package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"morag/internal/index"
)

// model is what made the vectors. Those of two models never compare.
type model struct {
	name      string
	dimension int
}

// adopt stores the model of an index that has none yet, and refuses another one than
// is stored, unless no document was made with that: then what is left of staged and
// replaced versions goes, and the new model takes its place. Tasks that had staged
// such chunks learn by [index.ErrIncomplete] to stage them again.
func (x *Index) adopt(ctx context.Context, m model) error {
	var stored model
	var documents int
	err := x.db.QueryRow(ctx, `
		SELECT name, dimension, (SELECT count(*) FROM index_document) FROM index_model`).
		Scan(&stored.name, &stored.dimension, &documents)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case stored == m:
		return nil
	case documents > 0:
		return fmt.Errorf("%w: its %d documents were embedded with %s (%d dimensions), MORAG_EMBEDDER now selects %s (%d dimensions): "+
			"select the former again, or delete the documents and ingest them anew",
			index.ErrModel, documents, stored.name, stored.dimension, m.name, m.dimension)
	default:
		if err := x.empty(ctx); err != nil {
			return err
		}
	}
	return x.db.Write(ctx, func(ctx context.Context) error {
		_, err := x.db.Exec(ctx, `
			INSERT INTO index_model (id, name, dimension) VALUES (1, ?1, ?2)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, dimension = excluded.dimension`,
			m.name, m.dimension)
		return err
	})
}

func (x *Index) empty(ctx context.Context) error {
	for {
		removed, err := x.Sweep(ctx, sweepBatch, nil)
		if err != nil || removed < sweepBatch {
			return err
		}
	}
}
