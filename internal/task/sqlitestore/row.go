package sqlitestore

import (
	"database/sql"
	"strings"

	"morag/internal/task"
)

// row is what each column of a task repeats of its body, so that queries can ask for it.
// The id and the number are not here: they never change.
var row = []struct {
	column string
	value  func(*task.Task) any
}{
	{"owner", func(t *task.Task) any { return t.Owner }},
	{"phase", func(t *task.Task) any { return t.Phase }},
	{"status", func(t *task.Task) any { return t.Status }},
	{"precedence", func(t *task.Task) any { return t.Precedence }},
	{"priority", func(t *task.Task) any { return t.Options.Priority }},
	{"run_at", func(t *task.Task) any { return micros(t.RunAt) }},
	{"runner", func(t *task.Task) any { return t.Runner }},
	{"attempt", func(t *task.Task) any { return t.Attempt }},
	{"lease_until", func(t *task.Task) any { return micros(t.LeaseUntil) }},
	// What a renewal has noted there is in the body by now.
	{"done", func(*task.Task) any { return nil }},
	{"message", func(*task.Task) any { return nil }},
	{"remote_job_id", func(t *task.Task) any { return remoteJob(t) }},
	{"job_deadline", func(t *task.Task) any { return jobDeadline(t) }},
	{"fall_back", func(t *task.Task) any { return fallBack(t) }},
	{"orphaned", func(t *task.Task) any { return t.Orphaned() }},
	{"batch", func(t *task.Task) any { return sql.NullString{String: t.Batch, Valid: t.Batch != ""} }},
	{"notice_at", func(t *task.Task) any { return noticeAt(t) }},
	{"notice_host", func(t *task.Task) any { return noticeHost(t) }},
	{"secret_at", func(t *task.Task) any { return secretAt(t) }},
	{"notice_holder", func(t *task.Task) any { return noticeHolder(t) }},
}

// insert and update store a row, from the values of rowOf and, last, the id or the number.
var insert, update = statements()

func statements() (insert, update string) {
	names := make([]string, 0, len(row)+2)
	for _, c := range row {
		names = append(names, c.column)
	}
	names = append(names, "body")
	const next = "(SELECT ifnull(max(changed), 0) + 1 FROM task)"
	update = "UPDATE task SET changed = " + next + ", " + strings.Join(names, " = ?, ") + " = ? WHERE submitted = ?"
	names = append(names, "id")
	insert = "INSERT INTO task (changed, " + strings.Join(names, ", ") + ") VALUES (" + next + ", ?" + strings.Repeat(", ?", len(names)-1) +
		") ON CONFLICT (id) DO NOTHING RETURNING submitted"
	return insert, update
}

// rowOf are the values of t's columns and its body.
func (s *Store) rowOf(t *task.Task) ([]any, error) {
	values := make([]any, 0, len(row)+2)
	for _, c := range row {
		values = append(values, c.value(t))
	}
	body, err := t.Encode(s.sealer)
	return append(values, string(body)), err
}

func remoteJob(t *task.Task) sql.NullString {
	if t.Remote == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: t.Remote.JobID, Valid: true}
}
