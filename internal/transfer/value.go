package transfer

import (
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"morag/internal/postgres"
)

// kind is what a column holds, by its type in PostgreSQL.
type kind string

const (
	number  kind = "bigint"
	boolean kind = "boolean"
	text    kind = "text"
	raw     kind = "bytea"
	real    kind = "double precision"
)

// value is what a database returned for a column, as both have it: nil, or an int64, bool,
// string, []byte or float64. What may not be NULL there is the zero value, and text is as
// PostgreSQL can hold it.
func (c column) value(v any) (any, error) {
	if v == nil && c.null {
		return nil, nil
	}
	switch c.kind {
	case number:
		if v == nil {
			return int64(0), nil
		}
		if n, ok := v.(int64); ok {
			return n, nil
		}
	case boolean:
		switch b := v.(type) {
		case nil:
			return false, nil
		case bool:
			return b, nil
		case int64:
			return b != 0, nil
		}
	case text:
		switch s := v.(type) {
		case nil:
			return "", nil
		case string:
			return postgres.Text(s), nil
		case []byte:
			return postgres.Text(string(s)), nil
		}
	case raw:
		switch b := v.(type) {
		case nil:
			return []byte{}, nil
		case []byte:
			if b == nil { // an empty one, for SQLite's driver
				b = []byte{}
			}
			return b, nil
		case string:
			return []byte(b), nil
		}
	case real:
		switch f := v.(type) {
		case nil:
			return float64(0), nil
		case float64:
			return f, nil
		case int64:
			return float64(f), nil
		}
	}
	return nil, fmt.Errorf("the column %s holds a %T, not a %s", c.name, v, c.kind)
}

// size is how many bytes a row has, about.
func size(row []any) (n int) {
	for _, v := range row {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
		n += 16
	}
	return n
}

// digest adds a row to a checksum, in which no two rows look alike.
func digest(h hash.Hash, row []any) {
	var head [9]byte
	add := func(tag byte, n uint64, rest []byte) {
		head[0] = tag
		binary.LittleEndian.PutUint64(head[1:], n)
		_, _ = h.Write(head[:])
		_, _ = h.Write(rest)
	}
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			add('0', 0, nil)
		case int64:
			add('n', uint64(v), nil)
		case bool:
			n := uint64(0)
			if v {
				n = 1
			}
			add('b', n, nil)
		case float64:
			add('f', math.Float64bits(v), nil)
		case string:
			add('t', uint64(len(v)), []byte(v))
		case []byte:
			add('r', uint64(len(v)), v)
		}
	}
}
