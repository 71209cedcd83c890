package sqlite

import (
	"context"
	"time"

	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

// sweepBatch is how many chunks one transaction removes: a few milliseconds.
const sweepBatch = 64

// isUnused tells versions that nobody needs: hidden ones, and staged ones to which
// nothing was added since ?1.
const isUnused = `v.state <> 1 AND (v.state = 2 OR v.staged <= ?1)`

// Sweep implements [index.Index]. It is over when the searches that were under way are.
func (x *Index) Sweep(ctx context.Context, n int, age time.Duration) (int, error) {
	removed, err := x.sweep(ctx, n, x.now().Add(-age).UnixMicro())
	if err == nil && removed < n {
		var vectors int
		vectors, err = x.sweepModels(ctx, n-removed)
		removed += vectors
	}
	return removed, fault("sweep", err)
}

func (x *Index) sweep(ctx context.Context, n int, before int64) (removed int, err error) {
	for removed < n {
		versions, err := x.unused(ctx, before)
		if err != nil || len(versions) == 0 {
			return removed, err
		}
		if err := x.readers.Wait(ctx); err != nil {
			return removed, err
		}
		for _, v := range versions {
			for more := true; more && removed < n; {
				var count int
				count, more, err = x.sweepVersion(ctx, v, min(sweepBatch, n-removed), before)
				if err != nil {
					return removed, err
				}
				removed += count
			}
		}
	}
	return removed, nil
}

// leftover is a version to be removed.
type leftover struct {
	version int64
	state   int
}

// unused is some versions to be removed. They are looked for in the writer's turn, so
// that every switch away from them has reached the vectors when it is over, and no
// search that begins later reads them.
func (x *Index) unused(ctx context.Context, before int64) (leftovers []leftover, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		rows, err := x.db.Query(ctx, `SELECT v.id, v.state FROM index_version v WHERE `+isUnused+` LIMIT 1000`, before)
		leftovers, err = sqlrow.All(rows, err, func(scan sqlrow.Scan) (v leftover, err error) {
			err = scan(&v.version, &v.state)
			return v, err
		})
		return err
	})
	return leftovers, err
}

// sweepVersion removes up to n chunks of a version, and the version itself with its
// last chunk, if it still is as it was found: a staged one may have been shown in the
// meantime, and searches be reading it.
func (x *Index) sweepVersion(ctx context.Context, v leftover, n int, before int64) (removed int, more bool, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		chunks, err := x.numbers(ctx, `
			SELECT c.id FROM index_version v JOIN index_chunk c ON c.version = v.id
			WHERE v.id = ?2 AND v.state = ?3 AND `+isUnused+` LIMIT ?4`, before, v.version, v.state, n)
		if err != nil {
			return err
		}
		if err := x.removeChunks(ctx, chunks); err != nil {
			return err
		}
		gone, err := x.db.Exec(ctx, `
			DELETE FROM index_version AS v WHERE v.id = ?2 AND v.state = ?3 AND `+isUnused+`
			AND NOT EXISTS (SELECT 1 FROM index_chunk c WHERE c.version = v.id)`, before, v.version, v.state)
		if err != nil {
			return err
		}
		whole, err := gone.RowsAffected()
		if err != nil {
			return err
		}
		removed, more = len(chunks), whole == 0 && len(chunks) == n
		sqlite.AfterCommit(ctx, func() {
			x.words.Remove(v.version, chunks)
			for _, set := range x.sets() {
				set.Remove(v.version, chunks)
				if whole > 0 {
					set.Drop(v.version)
				}
			}
			if whole > 0 {
				x.words.Drop(v.version)
			}
		})
		return nil
	})
	return removed, more, err
}
