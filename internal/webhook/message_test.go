package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/auth"
	"morag/internal/task"
)

// verify is a receiver's check of a signature, written from the text of Standard
// Webhooks: HMAC-SHA256 of "id.timestamp.body".
func verify(t *testing.T, key []byte, m message, now time.Time) {
	t.Helper()
	id, stamp := m.header.Get("webhook-id"), m.header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + string(m.body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if got := m.header.Get("webhook-signature"); got != want {
		t.Errorf("the signature of %s is %q, want %q", id, got, want)
	}
	if seconds, err := strconv.ParseInt(stamp, 10, 64); err != nil || math.Abs(float64(now.Unix()-seconds)) > 60 {
		t.Errorf("the timestamp of %s is %q, it is %d", id, stamp, now.Unix())
	}
}

func TestTheMessageIsTheContracts(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(204))
	b := newBench(t, plain(), nil)
	hook := func(secret, token string) task.Webhook {
		return task.Webhook{URL: r.URL + "/hook?a=b", Secret: secret, AuthToken: token}
	}
	b.running("failure", hook("", ""))
	b.update("failure", func(t *task.Task, now time.Time) error { return t.Fail(1, "no <engine>", now) })
	b.running("revoked", hook("plain text", ""))
	b.update("revoked", func(t *task.Task, now time.Time) error {
		t.DocumentID, t.Method = "", ""
		return t.Revoke(now)
	})
	b.ended("success", hook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "token"))
	b.eventually("three messages", func() bool { return len(r.messages()) == 3 })

	key, _ := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	for _, m := range r.messages() {
		var got map[string]any
		if err := json.Unmarshal(m.body, &got); err != nil {
			t.Fatalf("%s: %v", m.body, err)
		}
		at, _ := got["completed_at"].(string)
		if stamp, err := time.Parse(time.RFC3339, at); err != nil || !strings.HasSuffix(at, "Z") || time.Since(stamp).Abs() > time.Minute {
			t.Errorf("completed_at is %q", at)
		}
		delete(got, "completed_at")
		want := map[string]any{"task_id": got["task_id"], "result": nil, "error": nil, "document_id": "doc", "processing_method": "local"}
		switch got["task_id"] {
		case "success":
			want["status"], want["result"] = "SUCCESS", map[string]any{"success": true, "chunks_stored": 3.0}
			verify(t, key, m, b.clock.now())
			if auth := m.header.Get("Authorization"); auth != "Bearer token" {
				t.Errorf("Authorization is %q", auth)
			}
		case "failure":
			want["status"], want["error"] = "FAILURE", "no <engine>"
			if m.header["Authorization"] != nil || m.header["Webhook-Signature"] != nil {
				t.Errorf("neither token nor secret, yet %v", m.header)
			}
		case "revoked":
			want["status"], want["document_id"], want["processing_method"] = "REVOKED", nil, nil
			verify(t, []byte("plain text"), m, b.clock.now())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message of %v:\n%s", got["task_id"], diff)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "User-Agent": "morag-webhook/1.2", "webhook-id": "msg_" + got["task_id"].(string) + "_1",
		} {
			if have := m.header.Get(name); have != value {
				t.Errorf("%s is %q, want %q", name, have, value)
			}
		}
		if m.path != "POST /hook?a=b" {
			t.Errorf("the message came as %s", m.path)
		}
	}
	b.stop() // what was sent is written by then
	if n := b.newest("success"); len(n.Tries) != 1 || n.Tries[0].Status != 204 || n.Tries[0].Error != "" || n.DeliveredAt.IsZero() || !n.NextAt.IsZero() {
		t.Errorf("written down is %+v", n)
	}
}

// A message is the same at every try but for what says when it was sent.
func TestARefusedMessageComesAgain(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, inOrder(status(500), status(404), status(200)))
	b := newBench(t, plain(), nil)
	b.ended("a", task.Webhook{URL: r.URL, Secret: "s"})
	b.tried("a", 1)
	b.advance(6 * time.Second)
	b.tried("a", 2)
	b.advance(34 * time.Second)
	n := b.tried("a", 3)

	var statuses []int
	for _, try := range n.Tries {
		statuses = append(statuses, try.Status)
		if (try.Error == "") != (try.Status == 200) || strings.Contains(try.Error, r.URL) {
			t.Errorf("a try is written down as %+v", try)
		}
	}
	if diff := cmp.Diff([]int{500, 404, 200}, statuses); diff != "" || n.DeliveredAt.IsZero() || !n.NextAt.IsZero() {
		t.Errorf("%+v\n%s", n, diff)
	}
	stamps := map[string]bool{}
	for _, m := range r.messages() {
		verify(t, []byte("s"), m, b.clock.now())
		stamps[m.header.Get("webhook-timestamp")] = true
		if string(m.body) != string(r.messages()[0].body) || m.header.Get("webhook-id") != "msg_a_1" {
			t.Errorf("message %s is %s", m.header.Get("webhook-id"), m.body)
		}
	}
	if len(stamps) != 3 {
		t.Errorf("%d timestamps, want one for each of three tries", len(stamps))
	}
}

func TestTheEndsOfATaskComeInTheirOrder(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, inOrder(status(500), status(500), status(200)))
	b := newBench(t, plain(), nil)
	b.running("a", task.Webhook{URL: r.URL})
	b.update("a", func(t *task.Task, now time.Time) error { return t.Fail(1, "first", now) })
	b.tried("a", 1)
	b.update("a", func(t *task.Task, now time.Time) error {
		if err := t.Reopen(false, now, now); err != nil {
			return err
		}
		return t.Start("r", now, time.Hour)
	})
	b.finish("a") // both are tried at once, the first one first
	b.eventually("a second try", func() bool { return len(r.messages()) == 2 })
	b.eventually("it is written", func() bool {
		k, _ := b.store.Get(t.Context(), "a")
		return len(k.Notices[0].Tries) == 2
	})
	b.advance(40 * time.Second)
	b.eventually("the second is delivered", func() bool { return !b.newest("a").DeliveredAt.IsZero() })
	var got []string
	for _, m := range r.messages() {
		var body struct{ Status string }
		if err := json.Unmarshal(m.body, &body); err != nil {
			t.Fatal(err)
		}
		got = append(got, m.header.Get("webhook-id")+" "+body.Status)
	}
	want := []string{"msg_a_1 FAILURE", "msg_a_1 FAILURE", "msg_a_1 FAILURE", "msg_a_2 SUCCESS"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRedeliverSendsTheSameMessageAgain(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(200))
	b := newBench(t, plain(), nil)
	b.ended("a", task.Webhook{URL: r.URL})
	first := b.tried("a", 1)
	if _, err := b.Redeliver(t.Context(), auth.Everything(), "a"); err != nil {
		t.Fatal(err)
	}
	again := b.tried("a", 2)
	got := r.messages()
	if len(got) != 2 || string(got[0].body) != string(got[1].body) || got[1].header.Get("webhook-id") != "msg_a_1" {
		t.Errorf("got %+v", got)
	}
	if !again.DeliveredAt.After(first.DeliveredAt) {
		t.Errorf("delivered at %v, before at %v", again.DeliveredAt, first.DeliveredAt)
	}
}
