package api

import (
	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

func (s *Server) taskRoutes() []Route {
	return []Route{
		endpoint("GET", v1+"/status/{id}", client, s.taskStatus, about{
			id: "taskStatus", tag: tagTask, summary: "What has become of an ingestion", gets: taskUnderWay,
			text: "A batch has a status, too.", fails: []error{task.ErrNotFound},
		}),
		endpoint("GET", v1+"/status", client, s.activeTasks, about{
			id: "activeTasks", tag: tagTask, summary: "Which ingestions are under way", gets: wire.ActiveTasks{ActiveTasks: []string{taskExample}, Count: 1},
		}),
		endpoint("GET", v1+"/status/stats/queues", client, s.queueStats, about{
			id: "queueStats", tag: tagTask, summary: "How many ingestions there are", gets: wire.QueueStats{Pending: 2, Active: 1, Completed: 40, Failed: 1},
		}),
		endpoint("GET", v1+"/tasks", client, s.listTasks, about{
			id: "listTasks", tag: tagTask, summary: "List ingestions, newest first", gets: wire.Tasks{Tasks: []wire.Task{taskDone}},
			fails: []error{task.ErrCursor},
		}),
		endpoint("DELETE", v1+"/ingest/{id}", client, s.revoke, about{
			id: "revokeTask", tag: tagTask, summary: "Call an ingestion off", gets: taskRevoked,
			text: "Its remote job is cancelled, and a batch's items that have not ended are called off. Called off again it is no error.", fails: []error{task.ErrNotFound, task.ErrConflict},
		}),
		endpoint("POST", v1+"/tasks/{id}/retry", client, s.retryTask, about{
			id: "retryTask", tag: tagTask, summary: "Try a failed ingestion once more", gets: taskUnderWay,
			text: "What was converted is not converted again. Of a batch the failed items are tried.", fails: []error{task.ErrNotFound, task.ErrConflict, ingest.ErrSourceGone},
		}),
		endpoint("POST", v1+"/tasks/{id}/redeliver", client, s.redeliver, about{
			id: "redeliver", tag: tagTask, summary: "Tell the webhook of the end once more", gets: taskDone,
			fails: []error{task.ErrNotFound, task.ErrConflict, task.ErrNoWebhook},
		}),
	}
}
