package api

import (
	"encoding/json"

	"morag/internal/auth"
	"morag/internal/dispatch"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/remote"
	"morag/internal/wire"
)

// jobs is where the paths of remote jobs begin.
const jobs = v1 + "/remote-jobs"

// refused is what a call is told of a job of that status.
func refused(s job.Status, e job.Event) error {
	return (&job.Job{Status: s}).Refuse(e, job.ErrConflict)
}

// notHeld is what a worker may be refused for.
func notHeld(e job.Event) []error {
	lost := (&job.Job{Status: job.Pending}).Refuse(e, job.ErrLeaseLost)
	return []error{job.ErrNotFound, job.ErrWrongKey, lost, refused(job.Cancelled, e)}
}

func (s *Server) jobRoutes() []Route {
	return append(s.workRoutes(), []Route{
		endpoint("POST", jobs, admin|intake, s.createJob, about{
			id: "createJob", tag: tagJob, summary: "Create a job for a file that the server can read",
			sends: wire.JobCreate{SourceFilePath: "/data/talks/talk.mp3", ContentType: "audio", TaskOptions: json.RawMessage(`{"language":"en"}`), IngestionTaskID: "talk-7"},
			gets:  wire.JobCreated{JobID: jobExample, Status: "pending", CreatedAt: *moment(0)},
			fails: []error{dispatch.ErrSourceMissing, dispatch.ErrSourceOutside, dispatch.ErrFull, remote.ErrTask, ingest.ErrReused},
		}),
		endpoint("GET", jobs, admin|large, s.listJobs, about{
			id: "listJobs", tag: tagJob, summary: "List jobs, newest first", text: "Without their results.",
			gets: wire.Jobs{Jobs: []json.RawMessage{encoded(recordExample)}}, fails: []error{job.ErrCursor},
		}),
		endpoint("GET", jobs+"/statistics", admin, s.jobStatistics, about{
			id: "jobStatistics", tag: tagJob, summary: "Count jobs, and say how fast they are done",
			gets: wire.JobStatistics{
				StatusCounts: map[string]int{"pending": 2, "processing": 1, "completed": 40}, ContentTypeCounts: map[string]int{"audio": 43}, TotalJobs: 43,
				StorageSizeMB: 1.5, AvgProcessingTimes: map[string]float64{"audio": 41.5}, RecentJobs24h: 12, Timestamp: moment(0),
				Queues: map[string]wire.Queue{"audio": {Pending: 2, OldestSeconds: 12, CompletedLastHour: 9}},
			},
		}),
		endpoint("POST", jobs+"/cleanup", admin, s.cleanupJobs, about{
			id: "cleanupJobs", tag: tagJob, summary: "Remove jobs that have ended days ago",
			text: "Only jobs whose task has ended, too.", gets: wire.Cleaned{ExpiredJobs: 1, CleanedJobs: 12, DaysOld: 7},
		}),
		endpoint("POST", jobs+"/bulk", admin, s.bulkJobs, about{
			id: "bulkJobs", tag: tagJob, summary: "Cancel, or retry, many jobs",
			text:  "Action cancel or retry, of what status, content_type, worker_id and id_prefix select, at most 1,000 a call, each as by the call for it alone. Without a status it is for those that the action can be done with. A name that no filter has is refused, and with dry_run nothing is done.",
			sends: wire.Bulk{Action: "cancel", Filter: map[string]string{"content_type": "audio", "status": "pending"}}, gets: bulkExample, fails: []error{job.ErrCursor},
		}),
		endpoint("GET", jobs+"/{id}", admin|large, s.showJob, about{
			id: "showJob", tag: tagJob, summary: "Show a job's record, with its result", gets: recordExample, fails: []error{job.ErrNotFound},
		}),
		endpoint("GET", jobs+"/{id}/status", client|worker, s.jobStatus, about{
			id: "jobStatus", tag: tagJob, summary: "What has become of a job", gets: jobHeld, fails: []error{job.ErrNotFound},
			text: "A client sees the jobs of its own tasks, a worker those of the types it converts, and the result of those that it has claimed.",
		}),
		endpoint("POST", jobs+"/{id}/cancel", admin, s.cancelJob, about{
			id: "cancelJob", tag: tagJob, summary: "Cancel a job", text: "Its worker is told with its next heartbeat. Cancelled again it is no error.",
			sends: wire.JobChange{Reason: "the wrong file"}, gets: jobCancelled, fails: []error{job.ErrNotFound, refused(job.Completed, job.Cancel)},
		}),
		endpoint("POST", jobs+"/{id}/retry", admin, s.retryJob, about{
			id: "retryJob", tag: tagJob, summary: "Try a job again, now", text: "One that has failed, timed out or was cancelled, or waits for its next try.",
			sends: wire.JobChange{}, gets: jobPending, fails: []error{job.ErrNotFound, refused(job.Completed, job.Retry), remote.ErrOver, dispatch.ErrSourceGone, dispatch.ErrSourceAway},
		}),
		endpoint("POST", jobs+"/{id}/reassign", admin, s.reassignJob, about{
			id: "reassignJob", tag: tagJob, summary: "Send a job to another worker", sends: wire.JobChange{WorkerID: "gpu-2"}, gets: jobPending,
			text:  "For five minutes nobody else gets it. One that has failed or timed out is tried again.",
			fails: []error{job.ErrNotFound, refused(job.Completed, job.Reassign), remote.ErrOver, dispatch.ErrSourceGone, dispatch.ErrSourceAway},
		}),
	}...)
}

// workRoutes are what workers call.
func (s *Server) workRoutes() []Route {
	return []Route{
		stream("GET", jobs+"/poll", worker|waits, s.poll, about{
			id: "poll", tag: tagWork, summary: "Ask for jobs", gets: wire.Poll{Job: jobHandedOut, Jobs: []wire.Job{jobHandedOut}},
			text:  "Each job is handed to one worker. With wait the answer comes the moment there is one. A job that nothing is heard of within two minutes goes to another. With no job all is null and jobs is empty.",
			fails: []error{dispatch.ErrWorkerTaken},
		}),
		stream("GET", jobs+"/{id}/download", worker|token, s.download, about{
			id: "downloadSource", tag: tagWork, summary: "Download a job's source", file: true,
			text:  "The token of source_file_url is a credential of its own, good while the attempt lasts; without it takes the key that has claimed the job.",
			fails: []error{job.ErrNotFound, job.ErrWrongKey, auth.ErrCapability, dispatch.ErrSourceGone, dispatch.ErrSourceAway},
		}),
		stream("PUT", jobs+"/{id}/result", worker, s.result, about{
			id: "putResult", tag: tagWork, summary: "Send a job's result, good or bad",
			text:  "The same result again gets the same answer. A result over MORAG_MAX_RESULT_SIZE (64 MiB) is refused, and the attempt fails for good.",
			sends: wire.JobResult{Success: true, Content: wire.Text(textExample), Metadata: json.RawMessage(`{"duration":1200}`), ProcessingTime: 41.5, WorkerID: workerExample, Attempt: 1},
			gets:  wire.JobResultTaken{Status: "completed", IngestionContinued: true}, fails: notHeld(job.Succeed),
		}),
		endpoint("POST", jobs+"/{id}/heartbeat", worker, s.heartbeat, about{
			id: "heartbeat", tag: tagWork, summary: "Say that a job is still worked on", text: "It renews the lease. On cancel, 404 or 409 the worker stops.",
			sends: wire.Heartbeat{WorkerID: workerExample, Attempt: 1, Progress: new(0.4), Message: "transcribing"},
			gets:  wire.HeartbeatAnswer{Status: "processing", LeaseExpiresAt: moment(125), LeaseSeconds: new(60)}, fails: notHeld(job.Confirm),
		}),
		endpoint("POST", jobs+"/{id}/release", worker, s.release, about{
			id: "releaseJob", tag: tagWork, summary: "Give a job back", text: "It does not count as failed. An admin may release anybody's.",
			sends: wire.JobChange{WorkerID: workerExample, Attempt: 1}, gets: jobPending, fails: notHeld(job.Release),
		}),
	}
}

func (s *Server) workerRoutes() []Route {
	return []Route{
		endpoint("GET", v1+"/workers", admin|large, s.listWorkers, about{
			id: "listWorkers", tag: tagWorker, summary: "List workers, the one seen last first",
			text: "A worker that is seen meanwhile moves to the front, and is in no later page.",
			gets: wire.Workers{Workers: []wire.Worker{workerSeen}}, fails: []error{dispatch.ErrWorkerCursor},
		}),
		endpoint("POST", v1+"/workers/{id}/drain", admin, s.drainWorker, about{
			id: "drainWorker", tag: tagWorker, summary: "Give a worker no more jobs", text: "What it has in hand it may end.", gets: workerSeen, fails: []error{dispatch.ErrNoWorker},
		}),
		endpoint("POST", v1+"/workers/{id}/resume", admin, s.resumeWorker, about{
			id: "resumeWorker", tag: tagWorker, summary: "Give a worker jobs again", gets: workerSeen, fails: []error{dispatch.ErrNoWorker},
		}),
	}
}
