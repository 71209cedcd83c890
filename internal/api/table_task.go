package api

import (
	"morag/internal/auth"
	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

// over is what a call is told of a task of that status.
func over(s task.Status, e task.Event) error {
	return &task.Refusal{Status: s, Event: e, Err: task.ErrConflict}
}

func (s *Server) taskRoutes() []Route {
	return []Route{
		endpoint("GET", v1+"/status/{id}", client, s.taskStatus, about{
			id: "taskStatus", tag: tagTask, summary: "What has become of an ingestion", gets: taskUnderWay,
			text: "A batch has a status, too.", fails: []error{task.ErrNotFound},
		}),
		stream("GET", v1+"/status/{id}/events", client|waits, s.taskEvents, about{
			id: "taskEvents", tag: tagTask, summary: "Hear of an ingestion as it goes on", media: eventMedia, fails: []error{task.ErrNotFound, errManyStreams},
			text: "Server-sent events: `status` with what the status call returns, at once and after every change, with the revision as its id; `end` when the task is over, as the last one. A comment comes every 15 seconds, and who takes nothing for 30 is dropped. One key may have 15,000 streams at a time. Whoever connects again is told how things are, and of the end.",
			gets: "event: status\nid: 4\ndata: {\"task_id\": …, \"status\": \"PROGRESS\", …}\n\n",
		}),
		endpoint("GET", v1+"/status", client|large, s.activeTasks, about{
			id: "activeTasks", tag: tagTask, summary: "Which ingestions are under way", gets: wire.ActiveTasks{ActiveTasks: []string{taskExample}, Count: 1},
		}),
		endpoint("GET", v1+"/status/stats/queues", client, s.queueStats, about{
			id: "queueStats", tag: tagTask, summary: "How many ingestions there are", gets: wire.QueueStats{Pending: 2, Active: 1, Completed: 40, Failed: 1},
		}),
		endpoint("GET", v1+"/tasks", client|large, s.listTasks, about{
			id: "listTasks", tag: tagTask, summary: "List ingestions, newest first", gets: wire.Tasks{Tasks: []wire.Task{taskDone}},
			fails: []error{task.ErrCursor},
		}),
		endpoint("POST", v1+"/tasks/bulk", client, s.bulkTasks, about{
			id: "bulkTasks", tag: tagTask, summary: "Call off, or retry, many ingestions",
			text:  "Action cancel or retry, of what status and id_prefix select, at most 1,000 a call, each as by the call for it alone. Without a status it is for those that the action can be done with. A name that no filter has is refused, and with dry_run nothing is done.",
			sends: wire.Bulk{Action: "retry", Filter: map[string]string{"status": "FAILURE"}}, gets: bulkExample, fails: []error{task.ErrCursor},
		}),
		endpoint("DELETE", v1+"/ingest/{id}", client, s.revoke, about{
			id: "revokeTask", tag: tagTask, summary: "Call an ingestion off", gets: taskRevoked,
			text: "Its remote job is cancelled, and a batch's items that have not ended are called off. Called off again it is no error.", fails: []error{task.ErrNotFound, over(task.Success, task.Revoke), auth.ErrOthers},
		}),
		endpoint("POST", v1+"/tasks/{id}/retry", client, s.retryTask, about{
			id: "retryTask", tag: tagTask, summary: "Try a failed ingestion once more", gets: taskUnderWay,
			text: "What was converted is not converted again. Of a batch the failed items are tried.", fails: []error{task.ErrNotFound, over(task.Success, task.Reopen), ingest.ErrSourceGone, task.ErrSecretsGone, auth.ErrOthers},
		}),
		endpoint("POST", v1+"/tasks/{id}/redeliver", client, s.redeliver, about{
			id: "redeliver", tag: tagTask, summary: "Tell the webhook of the end once more", gets: taskDone,
			fails: []error{task.ErrNotFound, over(task.Progress, task.Redeliver), task.ErrNoWebhook, task.ErrSecretsGone, auth.ErrOthers},
		}),
	}
}
