// Package sqlrow reads the rows that a query returns, whichever database it was put to, and
// says how a time stands in a column.
package sqlrow

import "time"

// Rows are what a query returns, such as [database/sql.Rows].
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Scan copies the columns of one row, as [database/sql.Rows.Scan] does.
type Scan = func(dest ...any) error

// All reads all rows of a query that has returned rows and err, and closes them.
func All[T any](rows Rows, err error, read func(Scan) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Value reads a row of one column.
func Value[T any](scan Scan) (value T, err error) {
	err = scan(&value)
	return value, err
}

// Map reads all rows of a query of two columns, of which the first names the second, and
// closes them.
func Map[K comparable, V any](rows Rows, err error) (map[K]V, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[K]V)
	for rows.Next() {
		var key K
		var value V
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, rows.Err()
}

// Page reads the rows of a query as far as a page holds, and closes them: n rows, or those
// whose sizes come to bytes. more tells that there are others.
func Page[T any](rows Rows, err error, read func(Scan) (T, error), n, bytes int, size func(T) int) (page []T, more bool, _ error) {
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for sum := 0; rows.Next(); {
		if len(page) == n || sum >= bytes {
			return page, true, nil
		}
		one, err := read(rows.Scan)
		if err != nil {
			return nil, false, err
		}
		sum += size(one)
		page = append(page, one)
	}
	return page, false, rows.Err()
}

// Micros is t in a column: microseconds since 1970, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is what [Micros] made a column of.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
