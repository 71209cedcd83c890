package api

func (s *Server) taskRoutes() []Route {
	return []Route{
		endpoint("GET", v1+"/status/{id}", client, s.taskStatus, about{}),
		endpoint("GET", v1+"/status", client, s.activeTasks, about{}),
		endpoint("GET", v1+"/status/stats/queues", client, s.queueStats, about{}),
		endpoint("GET", v1+"/tasks", client, s.listTasks, about{}),
		endpoint("DELETE", v1+"/ingest/{id}", client, s.revoke, about{}),
		endpoint("POST", v1+"/tasks/{id}/retry", client, s.retryTask, about{}),
		endpoint("POST", v1+"/tasks/{id}/redeliver", client, s.redeliver, about{}),
	}
}
