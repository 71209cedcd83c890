package dashboard

import "net/url"

func drainWorker(v *visit) (said, to string, err error) {
	id := v.FormValue("worker")
	err = v.post("/api/v1/workers/"+url.PathEscape(id)+"/drain", nil, nil)
	return "The worker " + id + " gets no more jobs; what it has in hand it may end.", v.FormValue("back"), err
}

func resumeWorker(v *visit) (said, to string, err error) {
	id := v.FormValue("worker")
	err = v.post("/api/v1/workers/"+url.PathEscape(id)+"/resume", nil, nil)
	return "The worker " + id + " gets jobs again.", v.FormValue("back"), err
}
