package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/sqlrow"
)

func (s *Store) many(ctx context.Context, query string, args ...any) ([]fleet.Worker, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, column.Scan)
}

// Find implements [fleet.Store].
func (s *Store) Find(ctx context.Context, ids ...string) (map[string]fleet.Worker, time.Time, error) {
	list, err := json.Marshal(append([]string{}, ids...))
	if err != nil {
		return nil, time.Time{}, err
	}
	query, arg := "SELECT "+column.Names+" FROM fleet_worker WHERE id IN (SELECT value FROM json_each(?))", any(string(list))
	if len(ids) == 1 { // what every poll asks
		query, arg = "SELECT "+column.Names+" FROM fleet_worker WHERE id = ?", ids[0]
	}
	workers, err := s.many(ctx, query, arg)
	if err != nil {
		return nil, time.Time{}, fault("look for workers", err)
	}
	found := make(map[string]fleet.Worker, len(workers))
	for _, w := range workers {
		found[w.ID] = w
	}
	return found, s.clock(), nil
}

// List implements [fleet.Store].
func (s *Store) List(ctx context.Context, p fleet.Page) (workers []fleet.Worker, next string, err error) {
	from, err := fleet.ParseCursor(p.Cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list workers: %w", err)
	}
	limit := -1 // none
	if p.Limit > 0 {
		limit = p.Limit + 1 // one more tells whether there is another page
	}
	workers, err = s.many(ctx, `SELECT `+column.Names+` FROM fleet_worker WHERE seen <= ?1 AND (seen < ?1 OR id > ?2)
		ORDER BY seen DESC, id LIMIT ?3`, from.Seen, from.ID, limit)
	if err != nil {
		return nil, "", fault("list workers", err)
	}
	if p.Limit > 0 && len(workers) > p.Limit {
		workers = workers[:p.Limit]
		next = fleet.After(&workers[p.Limit-1]).String()
	}
	return workers, next, nil
}

// Any implements [fleet.Store].
func (s *Store) Any(ctx context.Context, f fleet.Filter) (found bool, err error) {
	now := s.clock()
	since, setAside := int64(0), int64(math.MaxInt64)
	if f.Within > 0 {
		since = sqlrow.Micros(now.Add(-f.Within)) + 1
	}
	if f.Working {
		setAside = sqlrow.Micros(now)
	}
	contentType := ""
	if f.ContentType != "" {
		contentType = column.Types(f.ContentType)
	}
	err = s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM fleet_worker
		WHERE seen >= ?1 AND (?2 = '' OR owner = ?2) AND (?3 = '' OR instr(types, ?3) > 0)
		AND set_aside <= ?4 AND (drained = 0 OR NOT ?5))`, since, f.Key, contentType, setAside, f.Working).Scan(&found)
	return found, fault("look for a worker", err)
}

// Count implements [fleet.Store].
func (s *Store) Count(ctx context.Context) (map[fleet.State]int, error) {
	now := s.clock()
	rows, err := s.db.Query(ctx, `SELECT CASE WHEN drained <> 0 THEN 'drained' WHEN set_aside > ?1 THEN 'set_aside'
		WHEN seen <= ?2 THEN 'silent' ELSE 'active' END AS state, count(*) FROM fleet_worker GROUP BY state`,
		sqlrow.Micros(now), sqlrow.Micros(now.Add(-fleet.SilentAfter)))
	counts, err := sqlrow.Map[fleet.State, int](rows, err)
	return counts, fault("count workers", err)
}
