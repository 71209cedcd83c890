package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"morag/internal/client"
	"morag/internal/generatedtest"
	"morag/internal/option"
	"morag/internal/wire"
)

// receiver takes webhooks, or does with them what it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	got    []message
}

// message is what came, for the example's check.
type message struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		m := message{Headers: map[string]string{}, Body: string(body)}
		for name := range req.Header {
			m.Headers[strings.ToLower(name)] = req.Header.Get(name)
		}
		r.mu.Lock()
		r.got = append(r.got, m)
		answer := r.answer
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.CloseClientConnections)
	return r
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.got...)
}

// from now on every message is answered like that.
func (r *receiver) from(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func take(http.ResponseWriter, *http.Request) {}

func refuse(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hooked ingests a text whose end the receiver is to be told of.
func (s *server) hooked(t *testing.T, r *receiver, text string) wire.Ingested {
	t.Helper()
	path := filepath.Join(t.TempDir(), "heron.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return must[wire.Ingested](t)(s.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Webhook: &option.Webhook{URL: r.URL, Secret: hookSecret}}}))
}

func (s *server) hook(t *testing.T, task string) wire.Webhook {
	t.Helper()
	return *must[wire.Task](t)(s.Task(t.Context(), task)).Webhook
}

// TestWebhookOutlivesCrashes kills the server while a receiver has not taken a message
// yet: it gets it afterwards, as it was.
func TestWebhookOutlivesCrashes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first http.HandlerFunc
		kill  func(t *testing.T, s *server, r *receiver, task string)
	}{
		"after a refusal": {refuse, func(t *testing.T, s *server, _ *receiver, task string) {
			eventually(t, stepTime, "a refusal is written down", func() bool { return len(s.hook(t, task).Tries) > 0 })
			s.crash()
		}},
		"while the receiver is asked": {hang, func(t *testing.T, s *server, r *receiver, _ string) {
			eventually(t, stepTime, "the receiver is asked", func() bool { return len(r.messages()) > 0 })
			s.crash()
		}},
		"twice, at once": {refuse, func(t *testing.T, s *server, _ *receiver, task string) {
			s.ended(task)
			s.crash()
			s.crash()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "--allow-private-urls", "127.0.0.1")
			r := receive(t, c.first)
			made := s.hooked(t, r, "The heron stands in the lake.")
			c.kill(t, s, r, made.TaskID)
			r.from(take)
			eventually(t, stepTime, "the message is delivered", func() bool { return s.hook(t, made.TaskID).DeliveredAt != nil })

			all := r.messages()
			last := all[len(all)-1]
			for _, m := range all {
				if m.Body != last.Body || m.Headers["webhook-id"] != "msg_"+made.TaskID+"_1" {
					t.Errorf("the message was %s %s, and in the end %s", m.Headers["webhook-id"], m.Body, last.Body)
				}
			}
			var told wire.TaskEnded
			if err := json.Unmarshal([]byte(last.Body), &told); err != nil || told.TaskID != made.TaskID || told.Status != "SUCCESS" {
				t.Errorf("told is %s (%v)", last.Body, err)
			}
			hook := s.hook(t, made.TaskID)
			if try := hook.Tries[len(hook.Tries)-1]; *try.Status != http.StatusOK || try.Error != nil || hook.NextTryAt != nil {
				t.Errorf("shown is %+v", hook)
			}
			if name == "after a refusal" && (*hook.Tries[0].Status != http.StatusServiceUnavailable || deref(hook.Tries[0].Error) == "") {
				t.Errorf("the refusal is forgotten: %+v", hook)
			}
		})
	}
}

// TestWebhookCommands: the command line shows what became of a webhook and has it told
// once more.
func TestWebhookCommands(t *testing.T) {
	t.Parallel()
	s, r := serve(t, "--allow-private-urls", "127.0.0.1"), receive(t, take)
	made := s.hooked(t, r, "The bittern booms in the reeds.")
	eventually(t, stepTime, "the message is delivered", func() bool { return s.hook(t, made.TaskID).DeliveredAt != nil })
	if got := morag(t, s, t.TempDir(), 0, "tasks redeliver "+made.TaskID); !strings.Contains(got.out, made.TaskID) {
		t.Errorf("printed %q", got.out)
	}
	eventually(t, stepTime, "it comes again", func() bool { return len(s.hook(t, made.TaskID).Tries) == 2 })
	if got := r.messages(); len(got) != 2 || got[0].Body != got[1].Body {
		t.Errorf("came: %+v", got)
	}
	got := morag(t, s, t.TempDir(), 0, "tasks show "+made.TaskID)
	for _, want := range []string{`"url": "` + r.URL, `"delivered_at": "20`, `"tries": [`, `"status": 200`} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%s is missing from\n%s", want, got.out)
		}
	}
	if strings.Contains(got.out, hookSecret) {
		t.Error("the secret is shown")
	}
	if got := morag(t, s, t.TempDir(), 1, "tasks redeliver 0000"); !strings.Contains(got.err, "no such task") {
		t.Errorf("explained %q", got.err)
	}
}

//go:generate go test -run ^TestGeneratedWebhookExample$ -update .

func TestGeneratedWebhookExample(t *testing.T) {
	t.Parallel()
	text := must[[]byte](t)(os.ReadFile("../docs/webhook_example.py"))
	generatedtest.Check(t, "../docs/operations.md", "webhook example", "```python\n"+string(text)+"```\n")
}

// checking feeds the example what came, and answers what it says.
const checking = `
import json, sys
sys.path.insert(0, "../docs")
sys.dont_write_bytecode = True
from webhook_example import verify
m = json.load(sys.stdin)
print(verify(sys.argv[1], m["headers"], m["body"].encode()))
`

// TestWebhookExample: the documented check takes what the server sends and nothing
// else.
func TestWebhookExample(t *testing.T) {
	t.Parallel()
	s, r := serve(t, "--allow-private-urls", "127.0.0.1"), receive(t, take)
	s.hooked(t, r, "The grebe dives for a fish: Fischfresserkönig.")
	eventually(t, stepTime, "a message", func() bool { return len(r.messages()) > 0 })
	genuine := r.messages()[0]
	says := func(secret string, change func(*message)) string {
		t.Helper()
		m := message{Headers: map[string]string{}, Body: genuine.Body}
		for name, value := range genuine.Headers {
			m.Headers[name] = value
		}
		change(&m)
		cmd := exec.CommandContext(t.Context(), python, "-c", checking, secret)
		cmd.Stdin = bytes.NewReader(must[[]byte](t)(json.Marshal(m)))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := says(hookSecret, func(*message) {}); got != "True" {
		t.Errorf("a genuine message: %s", got)
	}
	for what, change := range map[string]func(*message){
		"another body":      func(m *message) { m.Body = strings.Replace(m.Body, "SUCCESS", "FAILURE", 1) },
		"another id":        func(m *message) { m.Headers["webhook-id"] = "msg_x_1" },
		"an old timestamp":  func(m *message) { m.Headers["webhook-timestamp"] = "1600000000" },
		"another signature": func(m *message) { m.Headers["webhook-signature"] = "v1,AAAA" },
	} {
		if got := says(hookSecret, change); got != "False" {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := says("whsec_AAAA", func(*message) {}); got != "False" {
		t.Errorf("another secret: %s", got)
	}
}
