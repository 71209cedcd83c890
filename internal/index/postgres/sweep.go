package postgres

import (
	"context"
	"time"

	"morag/internal/sqlrow"
)

// sweepBatch is how many chunks one transaction removes: a few milliseconds.
const sweepBatch = 64

// isUnused tells versions that nobody needs: hidden ones, and staged ones to which
// nothing was added since $1.
const isUnused = `v.state <> 1 AND (v.state = 2 OR v.staged <= $1)`

// Sweep implements [index.Index]. It is over when the searches of this server that were
// under way are. Those of others follow the log before they search; what one of them has
// found and not read in the meantime is left out.
func (x *Index) Sweep(ctx context.Context, n int, age time.Duration) (int, error) {
	now, err := x.db.Now(ctx)
	if err != nil {
		return 0, fault("sweep", err)
	}
	removed, err := x.sweep(ctx, n, now.Add(-age).UnixMicro())
	if err == nil && removed < n {
		err = x.sweepModels(ctx, n-removed)
	}
	return removed, fault("sweep", err)
}

func (x *Index) sweep(ctx context.Context, n int, before int64) (removed int, err error) {
	for removed < n {
		versions, err := x.unused(ctx, before)
		if err != nil || len(versions) == 0 {
			return removed, err
		}
		// No search that begins from now on sees them.
		if err := x.follow(ctx); err != nil {
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

// unused is some versions to be removed.
func (x *Index) unused(ctx context.Context, before int64) ([]int64, error) {
	return x.numbers(ctx, `SELECT v.id FROM index_version v WHERE `+isUnused+` ORDER BY v.id LIMIT 1000`, before)
}

// sweepVersion removes up to n chunks of a version, and the version itself with its
// last chunk, if it still is as it was found: a staged one may have been shown in the
// meantime, and searches be reading it.
func (x *Index) sweepVersion(ctx context.Context, version int64, n int, before int64) (removed int, more bool, err error) {
	err = x.db.Write(ctx, func(ctx context.Context) error {
		removed, more = 0, false
		locked, err := x.numbers(ctx, `SELECT v.id FROM index_version v WHERE v.id = $2 AND `+isUnused+` FOR UPDATE`, before, version)
		if err != nil || len(locked) == 0 {
			return err
		}
		chunks, err := x.numbers(ctx, `SELECT id FROM index_chunk WHERE version = $1 ORDER BY position LIMIT $2`, version, n)
		if err != nil {
			return err
		}
		gone, err := x.db.Exec(ctx, `DELETE FROM index_chunk WHERE id = ANY ($1::bigint[])`, chunks)
		if err == nil {
			err = x.removeOutside(ctx, chunks)
		}
		if err != nil {
			return err
		}
		whole, err := x.db.Exec(ctx, `DELETE FROM index_version v WHERE v.id = $1
			AND NOT EXISTS (SELECT 1 FROM index_chunk c WHERE c.version = v.id)`, version)
		removed, more = int(gone), whole == 0 && int(gone) == n
		return err
	})
	return removed, more, err
}

// numbers reads a column of numbers.
func (x *Index) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := x.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, sqlrow.Value[int64])
}
