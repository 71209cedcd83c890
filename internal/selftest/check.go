package selftest

import "slices"

// checksOf lists the checks of a group, or of all.
func checksOf(test string) []check {
	all := []check{
		{Lifecycle, "a job is created, claimed, downloaded and completed", false, withJobs((*trial).whole)},
		{Lifecycle, "a download goes on where it broke off", false, withJobs((*trial).resume)},
		{Lifecycle, "a waiting poll is woken by a new job", false, withJobs((*trial).wake)},
		{Lifecycle, "a poll without a job waits and is answered empty", false, withJobs((*trial).wait)},
		{Lifecycle, "one poll gets several jobs, the most urgent first", false, withJobs((*trial).several)},
		{Lifecycle, "two workers never get the same job", false, withJobs((*trial).crowd)},
		{Lifecycle, "an error is tried again after a backoff", false, withJobs((*trial).backoff)},
		{Lifecycle, "an error that will stay fails the job, a manual retry opens it", false, withJobs((*trial).final)},
		{Lifecycle, "a silent worker's job goes back, its late result counts", true, withJobs((*trial).silence)},
		{Lifecycle, "a job past its deadline times out", true, withJobs((*trial).deadline)},
		{Lifecycle, "a released job goes to another worker, uncounted", false, withJobs((*trial).release)},
		{Lifecycle, "a cancel reaches the worker with its next heartbeat", false, withJobs((*trial).cancel)},
		{Lifecycle, "strangers and stale attempts are refused", false, withJobs((*trial).fence)},
		{Lifecycle, "the same result again gets the same answer", false, withJobs((*trial).repeat)},
		{Lifecycle, "a job is reassigned to a named worker", false, withJobs((*trial).reassign)},
		{Lifecycle, "a drained worker gets no jobs", false, withJobs((*trial).drain)},
		{Lifecycle, "a job is made once for one Idempotency-Key", false, withJobs((*trial).once)},
		{Lifecycle, "a result is indexed for a job that a client made", false, withJobs((*trial).adopt)},
		{Lifecycle, "an ingestion goes on with its remote job's result", false, (*probe).remote},
		{Lifecycle, "statistics, listing and record know a job", false, withJobs((*trial).list)},

		{API, "health and readiness", false, (*probe).health},
		{API, "metrics for Prometheus", false, (*probe).metrics},
		{API, "a text is ingested, found, read and deleted", false, (*probe).document},
		{API, "filters choose documents by their metadata", false, (*probe).filters},
		{API, "the same content again is a duplicate", false, (*probe).duplicate},
		{API, "a document is replaced only when asked to", false, (*probe).replace},
		{API, "an upload is taken once for one Idempotency-Key", false, (*probe).uploadOnce},
		{API, "a task is listed, counted and cannot be cancelled once over", false, (*probe).task},
		{API, "a file is converted while the caller waits", false, (*probe).convert},
		{API, "a trailing slash does not matter and nothing redirects", false, (*probe).slash},
		{API, "every error is one sentence with the right status", false, (*probe).refusals},
	}
	if test == All {
		return all
	}
	return slices.DeleteFunc(all, func(c check) bool { return c.group != test })
}
