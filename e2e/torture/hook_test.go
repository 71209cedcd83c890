package torture

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"morag/internal/wire"
)

// receiver is whom the tasks' webhooks tell. It refuses some messages the first time.
type receiver struct {
	*httptest.Server
	history *history

	mu     sync.Mutex // guards what is below
	choose *rand.Rand
	seen   map[string]bool // ids of messages
	taken  []told          // in the order in which they were first taken
	last   map[string]told // by id, as first seen
}

// told is what a message says.
type told struct {
	id string // webhook-id
	wire.TaskEnded
}

func newReceiver(t testing.TB, h *history) *receiver {
	r := &receiver{history: h, choose: random(7), seen: map[string]bool{}, last: map[string]told{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the server was killed
	}
	m := told{id: req.Header.Get("Webhook-Id")}
	if err := json.Unmarshal(body, &m.TaskEnded); err != nil || req.Header.Get("Webhook-Signature") == "" {
		r.history.fault("the webhook %s is %q (%v)", m.id, body, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, ok := r.last[m.id]; ok && fmt.Sprint(before.Status, string(before.Result), text0(before.Error)) != fmt.Sprint(m.Status, string(m.Result), text0(m.Error)) {
		r.history.fault("the webhook %s told %s first and then %s", m.id, before.Status, body)
	}
	r.last[m.id] = m
	if !r.seen[m.id] && r.choose.IntN(8) == 0 {
		r.seen[m.id] = true
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	r.seen[m.id] = true
	r.taken = append(r.taken, m)
}

// toldOf: every end of a task whose client has named a webhook was told, the ends of one
// task in their order, and nothing else was.
func toldOf(e *evidence) (bad []violation) {
	newest := map[string]told{}
	first := map[string]bool{}
	for _, m := range e.told {
		if t := e.tasks[m.TaskID]; t.Webhook == nil {
			bad = append(bad, breach(m.TaskID, "%s was told of a task that is not there or has no webhook", m.id))
		}
		if before, ok := newest[m.TaskID]; ok && !first[m.id] && number(m.id) < number(before.id) {
			bad = append(bad, breach(m.TaskID, "%s came after %s", m.id, before.id))
		}
		if !first[m.id] {
			newest[m.TaskID] = m
		}
		first[m.id] = true
	}
	for id, t := range e.tasks {
		if t.Webhook == nil {
			continue
		}
		m, ok := newest[id]
		switch {
		case !ok:
			bad = append(bad, breach(id, "the task is %s, which nobody was told", t.Status))
		case m.Status != t.Status || string(m.Result) != string(t.Result):
			bad = append(bad, breach(id, "the task is %s, last told was %s: %s", t.Status, m.Status, m.Result))
		case t.Webhook.DeliveredAt == nil || t.Webhook.NextTryAt != nil:
			bad = append(bad, breach(id, "the task's webhook was told, it shows %+v", t.Webhook))
		}
	}
	return bad
}

// number is that of an end: msg_<task>_<number>.
func number(id string) (n int) {
	_, _ = fmt.Sscan(id[strings.LastIndexByte(id, '_')+1:], &n)
	return n
}
