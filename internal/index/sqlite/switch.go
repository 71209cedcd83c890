package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/index/word"
	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

// Switch implements [index.Index].
func (x *Index) Switch(ctx context.Context, show, hide string) error {
	err := x.db.Write(ctx, func(ctx context.Context) error {
		shown, added, err := x.show(ctx, show)
		if err != nil {
			return err
		}
		hidden, removed, err := x.hide(ctx, hide)
		if err != nil {
			return err
		}
		sqlite.AfterCommit(ctx, func() {
			x.publish(shown, hidden)
			x.growth.add(added, removed)
		})
		return nil
	})
	return fault(fmt.Sprintf("switch from version %q to %q", hide, show), err)
}

// publish makes searches see some versions and no longer others.
func (x *Index) publish(shown []vector.Shown, hidden []int64) {
	for _, set := range x.sets() {
		set.Switch(shown, hidden)
	}
	words := make([]word.Shown, len(shown))
	for i, s := range shown {
		words[i] = word.Shown(s)
	}
	x.words.Switch(words, hidden)
}

// show marks a version as shown, when it is not yet, and returns what the vectors are
// told and how many chunks it has.
func (x *Index) show(ctx context.Context, name string) ([]vector.Shown, int, error) {
	if name == "" {
		return nil, 0, nil
	}
	m, err := x.sameModel(ctx)
	if err != nil {
		return nil, 0, err
	}
	var s vector.Shown
	var state, chunks int
	err = x.db.QueryRow(ctx, `SELECT id, coalesce(owner, ''), state, chunk_count FROM index_version WHERE name = ?1`, name).
		Scan(&s.Group, &s.Owner, &state, &chunks)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, 0, fmt.Errorf("%w: nothing is staged", index.ErrIncomplete)
	case err != nil:
		return nil, 0, err
	case state == stateShown:
		return nil, 0, nil
	case state == stateHidden:
		return nil, 0, errUsed
	}
	if err := x.complete(ctx, m, s.Group, chunks); err != nil {
		return nil, 0, err
	}
	_, err = x.db.Exec(ctx, `UPDATE index_version SET state = 1 WHERE id = ?1`, s.Group)
	return []vector.Shown{s}, chunks, err
}

// hide marks a version as hidden, when it is shown, and returns how many chunks it has.
func (x *Index) hide(ctx context.Context, name string) (hidden []int64, chunks int, err error) {
	if name == "" {
		return nil, 0, nil
	}
	var version int64
	err = x.db.QueryRow(ctx, `UPDATE index_version SET state = 2 WHERE name = ?1 AND state = 1 RETURNING id, chunk_count`, name).
		Scan(&version, &chunks)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return []int64{version}, chunks, err
}

// complete checks that the first n chunks are staged with vectors of the model, and removes
// those after them: an earlier attempt may have cut the text into more.
func (x *Index) complete(ctx context.Context, m *row.Model, version int64, n int) error {
	embedded := `true`
	if m.ID != row.FirstModel {
		embedded = `EXISTS (SELECT 1 FROM index_vector v WHERE v.chunk = c.id AND v.model = ?3)`
	}
	var staged, most int
	err := x.db.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE position < ?2 AND `+embedded+`), count(*) FROM index_chunk c WHERE version = ?1`, version, n, m.ID).
		Scan(&staged, &most)
	if err != nil {
		return err
	}
	if staged != n {
		return fmt.Errorf("%w: %d of %d are staged", index.ErrIncomplete, staged, n)
	}
	if most == n {
		return nil
	}
	rest, err := x.numbers(ctx, `SELECT id FROM index_chunk WHERE version = ?1 AND position >= ?2`, version, n)
	if err != nil {
		return err
	}
	if err := x.removeChunks(ctx, rest); err != nil {
		return err
	}
	sqlite.AfterCommit(ctx, func() {
		for _, set := range x.sets() {
			set.Remove(version, rest)
		}
		x.words.Remove(version, rest)
	})
	return nil
}

// removeChunks removes the rows of chunks in the transaction of ctx.
func (x *Index) removeChunks(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		err := x.exec(ctx, `DELETE FROM index_chunk WHERE id = ?1`, id)
		if err == nil {
			err = x.exec(ctx, `DELETE FROM index_vector WHERE chunk = ?1`, id)
		}
		if err != nil {
			return fmt.Errorf("remove chunk %d: %w", id, err)
		}
	}
	return nil
}

// numbers reads a column of numbers.
func (x *Index) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := x.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, sqlrow.Value[int64])
}
