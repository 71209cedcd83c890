package dashboard

import "net/url"

func drainWorker(v *visit) (outcome, error) {
	id := v.FormValue("worker")
	err := v.post("/api/v1/workers/"+url.PathEscape(id)+"/drain", nil, nil)
	return outcome{
		said: "The worker " + id + " gets no more jobs; what it has in hand it may end.", to: v.FormValue("back"),
		undo: &undo{Do: Root + "/workers/resume", Fields: map[string]string{"worker": id}},
	}, err
}

func resumeWorker(v *visit) (outcome, error) {
	id := v.FormValue("worker")
	err := v.post("/api/v1/workers/"+url.PathEscape(id)+"/resume", nil, nil)
	return outcome{
		said: "The worker " + id + " gets jobs again.", to: v.FormValue("back"),
		undo: &undo{Do: Root + "/workers/drain", Fields: map[string]string{"worker": id}},
	}, err
}
