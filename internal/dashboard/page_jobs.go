package dashboard

import (
	"errors"
	"maps"
	"net/url"
	"slices"

	"morag/internal/job"
)

// jobList is the queue.
type jobList struct {
	Jobs     []*job.Job
	Filter   map[string]string
	Types    []string
	Statuses []job.Status
	Filtered bool
	pager
}

var jobKind = kind{
	one: "job", many: "jobs", list: Root + "/jobs", bulk: "/api/v1/remote-jobs/bulk", filters: []string{"status", "content_type", "worker_id"},
	acts: map[string]act{
		"cancel": {Verb: "Cancel", Done: "cancelled", bad: true, one: func(v *visit, id string) error { return v.changeJob(id, "cancel", "") }},
		"retry":  {Verb: "Retry", Done: "tried again", one: func(v *visit, id string) error { return v.changeJob(id, "retry", "") }},
	},
}

func showJobs(v *visit) (any, error) {
	l := jobList{Statuses: job.Statuses()}
	l.Filter, l.Filtered = v.filterOf("status", "content_type", "worker_id", "id_prefix")
	if l.Filter["status"] != "" && !slices.Contains(l.Statuses, job.Status(l.Filter["status"])) {
		return nil, &Refusal{Status: 422, Detail: "there is no such status of a job"}
	}
	jobs, next, err := v.dashboard.Dispatch.List(v.Context(), job.Filter{
		Status: job.Status(l.Filter["status"]), ContentType: l.Filter["content_type"], WorkerID: l.Filter["worker_id"], Prefix: l.Filter["id_prefix"],
		Limit: shownRows, Cursor: v.FormValue("cursor"),
	})
	if errors.Is(err, job.ErrCursor) {
		return nil, &Refusal{Status: 422, Detail: "the list has no such page"}
	}
	if err != nil {
		return nil, err
	}
	stats, err := v.dashboard.Dispatch.Stats(v.Context())
	if err != nil {
		return nil, err
	}
	l.Jobs, l.pager, l.Types = jobs, v.pager(next), slices.Sorted(maps.Keys(stats.Type))
	return l, nil
}

// changeJob has the API change a job.
func (v *visit) changeJob(id, how, worker string) error {
	return v.post("/api/v1/remote-jobs/"+url.PathEscape(id)+"/"+how, map[string]string{"worker_id": worker}, nil)
}
