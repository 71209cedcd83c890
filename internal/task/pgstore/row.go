package pgstore

import (
	"fmt"
	"strings"

	"morag/internal/postgres"
	"morag/internal/task"
)

// row is what each column of a task repeats of its body, so that queries can ask for it.
// The id and the number are not here: they never change.
var row = []struct {
	column string
	value  func(*task.Task) any
}{
	{"owner", func(t *task.Task) any { return postgres.Text(t.Owner) }},
	{"phase", func(t *task.Task) any { return string(t.Phase) }},
	{"status", func(t *task.Task) any { return string(t.Status) }},
	{"precedence", func(t *task.Task) any { return t.Precedence }},
	{"priority", func(t *task.Task) any { return t.Options.Priority }},
	{"run_at", func(t *task.Task) any { return micros(t.RunAt) }},
	{"runner", func(t *task.Task) any { return postgres.Text(t.Runner) }},
	{"attempt", func(t *task.Task) any { return t.Attempt }},
	{"lease_until", func(t *task.Task) any { return micros(t.LeaseUntil) }},
	// What a renewal has noted there is in the body by now.
	{"done", func(*task.Task) any { return nil }},
	{"message", func(*task.Task) any { return nil }},
	{"remote_job_id", func(t *task.Task) any { return remoteJob(t) }},
	{"job_deadline", func(t *task.Task) any { return jobDeadline(t) }},
	{"fall_back", func(t *task.Task) any { return fallBack(t) }},
	{"orphaned", func(t *task.Task) any { return t.Orphaned() }},
	{"batch", func(t *task.Task) any { return text(t.Batch) }},
	{"notice_at", func(t *task.Task) any { return noticeAt(t) }},
	{"notice_host", func(t *task.Task) any { return noticeHost(t) }},
	{"secret_at", func(t *task.Task) any { return secretAt(t) }},
	{"notice_holder", func(t *task.Task) any { return noticeHolder(t) }},
}

// insert and update store a row, from the values of rowOf and, last, the id or the number.
// A change gets the next number of its transaction.
var insert, update = statements()

func statements() (insert, update string) {
	names := []string{"changed_xid", "changed_n"}
	places := []string{postgres.Xid, "(SELECT coalesce(max(changed_n), -1) + 1 FROM task WHERE changed_xid = " + postgres.Xid + ")"}
	for i, c := range row {
		names, places = append(names, c.column), append(places, fmt.Sprint("$", i+1))
	}
	names, places = append(names, "body"), append(places, fmt.Sprint("$", len(row)+1))
	last := fmt.Sprint("$", len(row)+2)
	update = fmt.Sprintf("UPDATE task SET (%s) = ROW (%s) WHERE submitted = %s", strings.Join(names, ", "), strings.Join(places, ", "), last)
	insert = fmt.Sprintf("INSERT INTO task (%s, id) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING RETURNING submitted",
		strings.Join(names, ", "), strings.Join(places, ", "), last)
	return insert, update
}

// rowOf are the values of t's columns and its body.
func (s *Store) rowOf(t *task.Task) ([]any, error) {
	values := make([]any, 0, len(row)+2)
	for _, c := range row {
		values = append(values, c.value(t))
	}
	body, err := t.Encode(s.sealer)
	return append(values, postgres.Text(string(body))), err
}

// text is NULL for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	s = postgres.Text(s)
	return &s
}

func remoteJob(t *task.Task) *string {
	if t.Remote == nil {
		return nil
	}
	id := postgres.Text(t.Remote.JobID)
	return &id
}
