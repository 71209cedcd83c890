package api

func (s *Server) jobRoutes() []Route {
	const jobs = v1 + "/remote-jobs"
	return []Route{
		endpoint("POST", jobs, admin, s.createJob, about{}),
		endpoint("GET", jobs, admin, s.listJobs, about{}),
		stream("GET", jobs+"/poll", worker|waits, s.poll, about{}),
		endpoint("GET", jobs+"/statistics", admin, s.jobStatistics, about{}),
		endpoint("POST", jobs+"/cleanup", admin, s.cleanupJobs, about{}),
		endpoint("GET", jobs+"/{id}", admin, s.showJob, about{}),
		endpoint("GET", jobs+"/{id}/status", client|worker, s.jobStatus, about{}),
		stream("GET", jobs+"/{id}/download", worker|token, s.download, about{}),
		stream("PUT", jobs+"/{id}/result", worker, s.result, about{}),
		endpoint("POST", jobs+"/{id}/heartbeat", worker, s.heartbeat, about{}),
		endpoint("POST", jobs+"/{id}/release", worker, s.release, about{}),
		endpoint("POST", jobs+"/{id}/cancel", admin, s.cancelJob, about{}),
		endpoint("POST", jobs+"/{id}/retry", admin, s.retryJob, about{}),
		endpoint("POST", jobs+"/{id}/reassign", admin, s.reassignJob, about{}),
	}
}

func (s *Server) workerRoutes() []Route {
	return []Route{
		endpoint("GET", v1+"/workers", admin, s.listWorkers, about{}),
		endpoint("POST", v1+"/workers/{id}/drain", admin, s.drainWorker, about{}),
		endpoint("POST", v1+"/workers/{id}/resume", admin, s.resumeWorker, about{}),
	}
}
