package sqlrow_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"morag/internal/sqlrow"
)

var errBroken = errors.New("broken")

// table are rows of two columns, which break off with err.
type table struct {
	keys, sizes []int
	err         error
	at          int
	closed      bool
}

func (r *table) Next() bool   { r.at++; return r.at <= len(r.keys) }
func (r *table) Err() error   { return r.err }
func (r *table) Close() error { r.closed = true; return r.err }

func (r *table) Scan(dest ...any) error {
	if len(dest) > 2 {
		return errBroken
	}
	for i, column := range [][]int{r.keys, r.sizes}[:len(dest)] {
		*dest[i].(*int) = column[r.at-1]
	}
	return nil
}

type pair struct{ key, size int }

func readPair(scan sqlrow.Scan) (p pair, err error) {
	err = scan(&p.key, &p.size)
	return p, err
}

func TestAll(t *testing.T) {
	t.Parallel()
	rows := &table{keys: []int{3, 1, 2}}
	if all, err := sqlrow.All(rows, nil, sqlrow.Value[int]); err != nil || !slices.Equal(all, []int{3, 1, 2}) || !rows.closed {
		t.Errorf("all: %v, %v, closed %v", all, err, rows.closed)
	}
	if _, err := sqlrow.All((*table)(nil), errBroken, sqlrow.Value[int]); !errors.Is(err, errBroken) {
		t.Errorf("of a query that failed: %v", err)
	}
	if _, err := sqlrow.All(&table{keys: []int{1}, err: errBroken}, nil, sqlrow.Value[int]); !errors.Is(err, errBroken) {
		t.Errorf("of rows that break off: %v", err)
	}
	rows = &table{keys: []int{1}}
	tooMany := func(scan sqlrow.Scan) (n int, err error) { return n, scan(&n, &n, &n) }
	if _, err := sqlrow.All(rows, nil, tooMany); !errors.Is(err, errBroken) || !rows.closed {
		t.Errorf("of a row that cannot be read: %v, closed %v", err, rows.closed)
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	rows := &table{keys: []int{1, 2}, sizes: []int{10, 20}}
	if got, err := sqlrow.Map[int, int](rows, nil); err != nil || !maps.Equal(got, map[int]int{1: 10, 2: 20}) || !rows.closed {
		t.Errorf("map: %v, %v, closed %v", got, err, rows.closed)
	}
	if got, err := sqlrow.Map[int, int](&table{}, nil); err != nil || got == nil {
		t.Errorf("of no rows: %v, %v", got, err)
	}
	if _, err := sqlrow.Map[int, int](&table{err: errBroken}, nil); !errors.Is(err, errBroken) {
		t.Errorf("of rows that break off: %v", err)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		n, bytes int
		want     int
		more     bool
	}{
		{"as many as there are", 3, 100, 3, false},
		{"fewer than there are", 2, 100, 2, true},
		{"more than there are", 4, 100, 3, false},
		{"full before the last", 3, 20, 2, true},
		{"not quite full before the last", 3, 21, 3, false},
		{"one that is too large", 3, 1, 1, true},
	} {
		rows := &table{keys: []int{1, 2, 3}, sizes: []int{10, 10, 10}}
		page, more, err := sqlrow.Page(rows, nil, readPair, tt.n, tt.bytes, func(p pair) int { return p.size })
		if err != nil || len(page) != tt.want || more != tt.more || !rows.closed {
			t.Errorf("%s: %v, more %v, %v, closed %v", tt.name, page, more, err, rows.closed)
		}
	}
	_, more, err := sqlrow.Page(&table{err: errBroken}, nil, readPair, 1, 1, func(p pair) int { return p.size })
	if !errors.Is(err, errBroken) || more {
		t.Errorf("of rows that break off: more %v, %v", more, err)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		time   time.Time
		micros int64
	}{
		{time.Time{}, 0},
		{time.Date(1970, 1, 1, 0, 0, 1, 2000, time.UTC), 1000002},
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), -1000000},
	} {
		if got := sqlrow.Micros(tt.time); got != tt.micros {
			t.Errorf("%v is %d, want %d", tt.time, got, tt.micros)
		}
		if got := sqlrow.Time(tt.micros); !got.Equal(tt.time) || got.Location() != time.UTC {
			t.Errorf("%d is %v, want %v", tt.micros, got, tt.time)
		}
	}
}
