package dashboard

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"morag/internal/auth"
	"morag/internal/job"
	"morag/internal/wire"
)

// workerList is who converts, the one seen last first.
type workerList struct {
	Workers []workerRow
	Command command
	Keys    bool // a worker needs a key
	pager
}

// workerRow is a worker and what it has in hand.
type workerRow struct {
	wire.Worker
	Jobs []*job.Job
	More int // jobs in hand besides these
}

// State is how it is, in a word and the class of its colour.
func (w workerRow) State() state {
	switch {
	case w.Revoked:
		return state{"key revoked", "off"}
	case w.SetAside != nil:
		return state{"set aside", "failed"}
	case w.Drained:
		return state{"drained", "waiting"}
	case len(w.InHand) > 0:
		return state{"at work", "running"}
	}
	return state{"idle", "done"}
}

// shownJobs is how many jobs in hand a worker shows.
const shownJobs = 3

func showWorkers(v *visit) (any, error) {
	l := workerList{Command: v.command(""), Keys: v.who.Role != ""}
	var page wire.Workers
	if err := v.get("/api/v1/workers", v.asked(), &page); err != nil {
		return nil, err
	}
	for _, w := range page.Workers {
		row := workerRow{Worker: w, More: max(0, len(w.InHand)-shownJobs)}
		for _, id := range w.InHand[:len(w.InHand)-row.More] {
			if j, err := v.dashboard.Dispatch.Get(v.Context(), id); err == nil { // else it is over by now
				row.Jobs = append(row.Jobs, j)
			}
		}
		l.Workers = append(l.Workers, row)
	}
	l.pager = v.pager(text(page.NextCursor))
	return l, nil
}

// command starts a worker of this server.
type command struct{ Key, Server string }

// String is the command as a shell takes it.
func (c command) String() string {
	line := "morag worker --api-base-url " + c.Server
	if c.Key != "" {
		line = "MORAG_API_KEY=" + c.Key + " " + line
	}
	return line
}

// plainHost is what a shell takes as it is.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`)

// command is the one for the server's address as the browser knows it.
func (v *visit) command(key string) command {
	scheme, host := "http", v.Host
	if v.TLS != nil || v.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	if !plainHost.MatchString(host) {
		host = "localhost:8000"
	}
	return command{Key: key, Server: scheme + "://" + host}
}

// Near tells whether the address is one that only this machine knows.
func (c command) Near() bool {
	_, rest, _ := strings.Cut(c.Server, "://")
	host, _, err := net.SplitHostPort(rest)
	if err != nil {
		host = rest
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// madeKey is a key that is shown this once.
type madeKey struct {
	auth.Key
	Text    string
	Command command
	First   bool // from now on everybody needs one
}

// Title implements titled.
func (m madeKey) Title() string { return "A key for " + m.Name }

var madePage = page{path: Root + "/keys", name: "Keys", template: "made"}

func makeWorkerKey(v *visit) (outcome, error) {
	made, err := v.make(auth.Spec{Name: v.FormValue("name"), Role: auth.Worker})
	return outcome{page: madePage, data: made}, err
}

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
