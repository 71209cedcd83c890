package pgstore

import (
	"fmt"
	"strings"

	"morag/internal/postgres"
	"morag/internal/task"
	"morag/internal/task/column"
)

// insert and update store a row, from the values of rowOf and, last, the id or the number.
// A change gets the next number of its transaction.
var insert, update = statements()

func statements() (insert, update string) {
	names := []string{"changed_xid", "changed_n"}
	places := []string{postgres.Xid, "(SELECT coalesce(max(changed_n), -1) + 1 FROM task WHERE changed_xid = " + postgres.Xid + ")"}
	row := column.Names()
	for i, name := range row {
		names, places = append(names, name), append(places, fmt.Sprint("$", i+1))
	}
	last := fmt.Sprint("$", len(row)+1)
	update = fmt.Sprintf("UPDATE task SET (%s) = ROW (%s) WHERE submitted = %s", strings.Join(names, ", "), strings.Join(places, ", "), last)
	insert = fmt.Sprintf("INSERT INTO task (%s, id) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING RETURNING submitted",
		strings.Join(names, ", "), strings.Join(places, ", "), last)
	return insert, update
}

// rowOf are the values of t's columns as they can hold them.
func (s *Store) rowOf(t *task.Task) ([]any, error) {
	values, err := column.Values(t, s.sealer)
	return postgres.Values(values), err
}
