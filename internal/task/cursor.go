package task

import (
	"fmt"
	"math"
	"strconv"
)

// Pages go by Submitted, newest first, so a cursor is the Submitted of the last task
// of a page. To clients it is opaque.

// Cursor is what continues a list after t.
func (t *Task) Cursor() string { return strconv.FormatInt(t.Submitted, 36) }

// Below is the Submitted that the tasks of the page are below. [ErrCursor].
func (f Filter) Below() (int64, error) {
	if f.Cursor == "" {
		return math.MaxInt64, nil
	}
	n, err := strconv.ParseInt(f.Cursor, 36, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 36) != f.Cursor {
		return 0, fmt.Errorf("cursor %.40q: %w", f.Cursor, ErrCursor)
	}
	return n, nil
}
