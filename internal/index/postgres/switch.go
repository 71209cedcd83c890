package postgres

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
)

// topic is what servers tell each other of the index by.
const topic = "index"

// Switch implements [index.Index]. What it does is in the log that all servers follow.
func (x *Index) Switch(ctx context.Context, show, hide string) error {
	err := x.db.Write(ctx, func(ctx context.Context) error {
		shown, err := x.show(ctx, show)
		if err != nil {
			return err
		}
		hidden, err := x.hide(ctx, hide)
		if err != nil || !shown && !hidden {
			return err
		}
		postgres.AfterCommit(ctx, func() {
			x.lookNow()
			x.db.Tell(topic, "switch")
		})
		return nil
	})
	return fault(fmt.Sprintf("switch from version %q to %q", hide, show), err)
}

// show marks a version as shown, when it is not yet.
func (x *Index) show(ctx context.Context, name string) (shown bool, err error) {
	if name == "" {
		return false, nil
	}
	m, err := x.searched(ctx, "FOR KEY SHARE")
	if err != nil {
		return false, err
	}
	var id int64
	var state, chunks int
	err = x.db.QueryRow(ctx, `SELECT id, state, chunk_count FROM index_version WHERE name = $1 FOR UPDATE`, postgres.Text(name)).
		Scan(&id, &state, &chunks)
	switch {
	case errors.Is(err, postgres.ErrNoRows):
		return false, fmt.Errorf("%w: nothing is staged", index.ErrIncomplete)
	case err != nil:
		return false, err
	case state == stateShown:
		return false, nil
	case state == stateHidden:
		return false, errUsed
	}
	if err := x.complete(ctx, m.ID, id, chunks); err != nil {
		return false, err
	}
	return true, x.mark(ctx, id, stateShown)
}

// hide marks a version as hidden, when it is shown.
func (x *Index) hide(ctx context.Context, name string) (hidden bool, err error) {
	if name == "" {
		return false, nil
	}
	var id int64
	err = x.db.QueryRow(ctx, `SELECT id FROM index_version WHERE name = $1 AND state = 1 FOR UPDATE`, postgres.Text(name)).Scan(&id)
	if errors.Is(err, postgres.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, x.mark(ctx, id, stateHidden)
}

// mark notes a version's state, in its row and in the log.
func (x *Index) mark(ctx context.Context, id int64, state int) error {
	if _, err := x.db.Exec(ctx, `UPDATE index_version SET state = $2 WHERE id = $1`, id, state); err != nil {
		return err
	}
	_, err := x.db.Exec(ctx, `INSERT INTO index_log (version, shown) VALUES ($1, $2)`, id, state == stateShown)
	return err
}

// complete checks that the first n chunks are staged with vectors of the model, and removes
// those after them: an earlier attempt may have cut the text into more.
func (x *Index) complete(ctx context.Context, model, version int64, n int) error {
	query, args := `SELECT count(*) FROM index_chunk c WHERE version = $1 AND position < $2`, []any{version, n}
	if model != row.FirstModel {
		query += ` AND EXISTS (SELECT 1 FROM index_vector x WHERE x.chunk = c.id AND x.model = $3)`
		args = append(args, model)
	}
	var staged int
	err := x.db.QueryRow(ctx, query, args...).Scan(&staged)
	if err != nil {
		return err
	}
	if staged != n {
		return fmt.Errorf("%w: %d of %d are staged", index.ErrIncomplete, staged, n)
	}
	rest, err := x.numbers(ctx, `DELETE FROM index_chunk WHERE version = $1 AND position >= $2 RETURNING id`, version, n)
	if err != nil {
		return err
	}
	return x.removeOutside(ctx, rest)
}
