package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"morag/internal/sqlite"
)

// sweepBatch is how many chunks one transaction removes: a few milliseconds.
const sweepBatch = 64

// isUnused tells versions that no document uses and that are not to be kept; ?1 is a
// JSON list of the names of the latter.
const isUnused = `
	NOT EXISTS (SELECT 1 FROM index_document d WHERE d.version = v.id)
	AND v.name NOT IN (SELECT value FROM json_each(?1))`

// Sweep implements [index.Index]. It is over when the searches that were under way are.
func (x *Index) Sweep(ctx context.Context, n int, keep []string) (int, error) {
	if keep == nil {
		keep = []string{}
	}
	names, err := json.Marshal(keep)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	removed, err := x.sweep(ctx, n, string(names))
	if err != nil {
		return removed, fmt.Errorf("sweep: %w", err)
	}
	return removed, nil
}

func (x *Index) sweep(ctx context.Context, n int, keep string) (removed int, err error) {
	for removed < n {
		versions, err := x.unused(ctx, keep)
		if err != nil || len(versions) == 0 {
			return removed, err
		}
		if err := x.readers.wait(ctx); err != nil {
			return removed, err
		}
		for _, v := range versions {
			for more := true; more && removed < n; {
				var count int
				count, more, err = x.sweepVersion(ctx, v, min(sweepBatch, n-removed), keep)
				if err != nil {
					return removed, err
				}
				removed += count
			}
		}
	}
	return removed, nil
}

// victim is a version to be removed.
type victim struct {
	version int64
	staged  bool // it never was in place
}

// unused is some versions to be removed. They are looked for in the writer's turn, so
// that every switch away from them has reached the vectors when it is over, and no
// search that begins later reads them.
func (x *Index) unused(ctx context.Context, keep string) (victims []victim, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		victims = nil
		rows, err := x.db.Query(ctx, `SELECT v.id, v.owner IS NULL FROM index_version v WHERE `+isUnused+` LIMIT 1000`, keep)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v victim
			if err := rows.Scan(&v.version, &v.staged); err != nil {
				return err
			}
			victims = append(victims, v)
		}
		return rows.Err()
	})
	return victims, err
}

// sweepVersion removes up to n chunks of a version, and the version itself with its
// last chunk, if it still is as it was found: a staged one may have been in place in
// the meantime, and searches be reading it.
func (x *Index) sweepVersion(ctx context.Context, v victim, n int, keep string) (removed int, more bool, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		chunks, err := x.numbers(ctx, `
			SELECT c.id FROM index_version v JOIN index_chunk c ON c.version = v.id
			WHERE v.id = ?2 AND (v.owner IS NULL) = ?3 AND `+isUnused+` LIMIT ?4`, keep, v.version, v.staged, n)
		if err != nil {
			return err
		}
		if err := x.removeChunks(ctx, chunks); err != nil {
			return err
		}
		gone, err := x.db.Exec(ctx, `
			DELETE FROM index_version AS v WHERE v.id = ?2 AND (v.owner IS NULL) = ?3 AND `+isUnused+`
			AND NOT EXISTS (SELECT 1 FROM index_chunk c WHERE c.version = v.id)`, keep, v.version, v.staged)
		if err != nil {
			return err
		}
		whole, err := gone.RowsAffected()
		if err != nil {
			return err
		}
		removed, more = len(chunks), whole == 0 && len(chunks) == n
		sqlite.AfterCommit(ctx, func() {
			x.vectors.Remove(v.version, chunks)
			if whole > 0 {
				x.vectors.Drop(v.version)
			}
		})
		return nil
	})
	return removed, more, err
}
