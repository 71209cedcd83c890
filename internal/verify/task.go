package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"morag/internal/sqlrow"
	"morag/internal/task"
	"morag/internal/task/column"
)

// repeated are the columns of a task that must say what its body does, as text.
var repeated = []string{"owner", "phase", "status", "precedence", "remote_job_id", "batch", "notice_at"}

// tasks reads every task.
func (k *check) tasks(ctx context.Context) error {
	ids, err := k.column(ctx, "SELECT submitted FROM task ORDER BY submitted")
	if err != nil {
		return err
	}
	for _, number := range ids {
		if err := k.task(ctx, number); err != nil {
			return err
		}
	}
	return nil
}

// task reads the one of a number.
func (k *check) task(ctx context.Context, number string) error {
	rows, err := k.db.Query(ctx, "SELECT id, "+strings.Join(repeated, ", ")+", submitted, lease_until, done, message, body FROM task WHERE submitted = ?", number)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return rows.Err()
	}
	var id string
	var submitted, lease int64
	var done *float64
	var message *string
	var body []byte
	have := make([]any, len(repeated))
	into := []any{&id}
	for i := range have {
		into = append(into, &have[i])
	}
	if err := rows.Scan(append(into, &submitted, &lease, &done, &message, &body)...); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	sealer := task.Sealer(keyless{})
	if k.sealer != nil {
		sealer = k.sealer
	}
	t, err := task.Decode(body, sealer)
	if err == nil && (t.ID != id || t.Owner == "" && t.Status == "") {
		err = errors.New("it is another one's, or empty")
	}
	if err != nil {
		k.found(Fault{Part: "tasks", Kind: "task unreadable", What: id, Why: err.Error(), Remedy: "restore a backup; its source has to be handed in again"})
		return nil
	}
	k.secrets(t, body)
	want, err := k.columns(t, sealer)
	if err != nil {
		return err
	}
	for i, name := range repeated {
		if show(have[i]) == show(want[name]) {
			continue
		}
		k.found(Fault{
			Part: "tasks", Kind: "columns wrong", What: id, Why: fmt.Sprintf("its %s is %s in the row and %s in its body", name, show(have[i]), show(want[name])),
			Remedy: "the row is made of the body", fix: func(ctx context.Context) error { return k.rewrite(ctx, number, want) },
		})
		return nil
	}
	return nil
}

// columns are what the columns of a task must have.
func (k *check) columns(t *task.Task, sealer task.Sealer) (map[string]any, error) {
	values, err := column.Values(t, sealer)
	if err != nil {
		return nil, err
	}
	named := map[string]any{}
	for i, name := range column.Names() {
		named[name] = values[i]
	}
	return named, nil
}

// rewrite sets the columns that repeat the body.
func (k *check) rewrite(ctx context.Context, number string, want map[string]any) error {
	return k.db.Write(ctx, func(ctx context.Context) error {
		var values []any
		for _, name := range repeated {
			values = append(values, want[name])
		}
		_, err := k.db.Exec(ctx, "UPDATE task SET "+strings.Join(repeated, " = ?, ")+" = ? WHERE submitted = ?", append(values, number)...)
		return err
	})
}

// show is a value of a column as text.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case *string:
		if v == nil {
			return "nothing"
		}
		return *v
	case *int64:
		if v == nil {
			return "nothing"
		}
		return fmt.Sprint(*v)
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

// secrets checks that what is sealed can be opened.
func (k *check) secrets(t *task.Task, body []byte) {
	var raw struct {
		Sealed map[string]string `json:"sealed"`
		Gone   bool              `json:"secrets_gone"`
	}
	if json.Unmarshal(body, &raw) != nil || len(raw.Sealed) == 0 || raw.Gone || !t.SecretsGone {
		return
	}
	k.found(Fault{Part: "tasks", Kind: "secret sealed by another key", What: t.ID, Why: "its password or its webhook's secret cannot be opened",
		Remedy: "bring back seal.key from a backup; else hand its source in again"})
}

// keyless opens nothing.
type keyless struct{}

func (keyless) Seal(string, string) string          { return "" }
func (keyless) Open(string, string) (string, error) { return "", errors.New("there is no key") }

// users notes what needs which file.
func (k *check) users(ctx context.Context) error {
	k.uses = map[string][]use{}
	rows, err := k.db.Query(ctx, `
		SELECT 'documents', owner || '/' || id, source_ref, iif(origin = '' AND length(checksum) = 64, checksum, '') FROM document WHERE source_ref LIKE 'blob:%'
		UNION ALL SELECT 'documents', owner || '/' || id || ' picture ' || place, ref, '' FROM document_thumbnail
		UNION ALL SELECT 'tasks', id, body ->> '$.source.ref', coalesce(body ->> '$.source.sha256', '') FROM task
			WHERE phase <> 'ended' AND json_valid(body) AND body ->> '$.source.ref' LIKE 'blob:%'
		UNION ALL SELECT 'tasks', id, body ->> '$.converted_ref', '' FROM task
			WHERE phase <> 'ended' AND json_valid(body) AND body ->> '$.converted_ref' LIKE 'blob:%'`)
	type row struct {
		use
		ref string
	}
	all, err := sqlrow.All(rows, err, func(scan sqlrow.Scan) (r row, err error) {
		err = scan(&r.part, &r.what, &r.ref, &r.sha256)
		return r, err
	})
	for _, r := range all {
		k.uses[r.ref] = append(k.uses[r.ref], r.use)
	}
	return err
}
