package dashboard

import (
	"net/url"
	"slices"

	"morag/internal/task"
	"morag/internal/wire"
)

// taskList is what was handed in, the newest first.
type taskList struct {
	wire.Tasks
	Filter   map[string]string
	Filtered bool
	Statuses []task.Status
	Owners   bool
	pager
}

var taskKind = kind{
	one: "ingestion", many: "ingestions", list: Root + "/ingestions", bulk: "/api/v1/tasks/bulk", filters: []string{"status", "id_prefix"},
	acts: map[string]act{
		"cancel": {Verb: "Call off", Done: "called off", bad: true, one: func(v *visit, id string) error { return v.remove("/api/v1/ingest/" + url.PathEscape(id)) }},
		"retry":  {Verb: "Retry", Done: "tried again", one: func(v *visit, id string) error { return v.changeTask(id, "retry") }},
	},
}

func showIngestions(v *visit) (any, error) {
	l := taskList{
		Statuses: []task.Status{task.Pending, task.Progress, task.Success, task.Failure, task.Revoked}, Owners: v.Operator() && v.who.Name != "",
	}
	l.Filter, l.Filtered = v.filterOf("status", "id_prefix")
	if err := v.get("/api/v1/tasks", v.asked("status", "id_prefix"), &l.Tasks); err != nil {
		return nil, err
	}
	l.pager = v.pager(text(l.NextCursor))
	return l, nil
}

// Moving tells whether any of them is under way.
func (l taskList) Moving() bool {
	return slices.ContainsFunc(l.Tasks.Tasks, func(t wire.Task) bool { return t.CompletedAt == nil })
}

func (v *visit) changeTask(id, how string) error {
	return v.post("/api/v1/tasks/"+url.PathEscape(id)+"/"+how, nil, nil)
}
