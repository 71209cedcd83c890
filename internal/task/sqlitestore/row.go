package sqlitestore

import (
	"strings"

	"morag/internal/task/column"
)

// insert and update store a row, from [column.Values] and, last, the id or the number.
var insert, update = statements()

func statements() (insert, update string) {
	names := column.Names()
	const next = "(SELECT ifnull(max(changed), 0) + 1 FROM task)"
	update = "UPDATE task SET changed = " + next + ", " + strings.Join(names, " = ?, ") + " = ? WHERE submitted = ?"
	names = append(names, "id")
	insert = "INSERT INTO task (changed, " + strings.Join(names, ", ") + ") VALUES (" + next + ", ?" + strings.Repeat(", ?", len(names)-1) +
		") ON CONFLICT (id) DO NOTHING RETURNING submitted"
	return insert, update
}
