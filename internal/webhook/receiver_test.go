package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"morag/internal/auth"
	"morag/internal/task"
)

// Many wakes and two notices of one task: there is one try at a time.
func TestOneTryOfATaskAtATime(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	at := map[string]int{}
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		id := r.URL.Path
		mu.Lock()
		at[id]++
		if at[id] > 1 {
			t.Errorf("%d tries of %s at once", at[id], id)
		}
		mu.Unlock()
		pause(2 * time.Millisecond)
		mu.Lock()
		at[id]--
		mu.Unlock()
	})
	b := newBench(t, plain(), nil)
	const tasks = 20
	for i := range tasks {
		id := fmt.Sprint("t", i)
		b.ended(id, task.Webhook{URL: r.URL + "/" + id})
		for range 5 {
		}
		if _, err := b.Redeliver(t.Context(), auth.Everything(), id); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("every task is told", func() bool {
		for i := range tasks {
			if n := b.newest(fmt.Sprint("t", i)); !n.NextAt.IsZero() {
				return false
			}
		}
		return true
	})
	if n := len(r.messages()); n < tasks || n > 2*tasks {
		t.Errorf("%d messages of %d tasks that were asked for again once", n, tasks)
	}
}

// pause is how long a receiver takes.
func pause(d time.Duration) { <-time.After(d) }

func TestRedirects(t *testing.T) {
	t.Parallel()
	errForbidden := errors.New("10.1.2.3 is inside the server's own network")
	for name, c := range map[string]struct {
		status    int
		client    func() *http.Client
		delivered bool
		says      string
	}{
		"308, followed":     {308, follow, true, ""},
		"307, followed":     {307, follow, true, ""},
		"302, followed":     {302, follow, false, "does not keep the message"},
		"303, followed":     {303, follow, false, "does not keep the message"},
		"307, not followed": {307, plain, false, "answered 307"},
		"302, not followed": {302, plain, false, "answered 302"},
		"307, forbidden": {307, func() *http.Client {
			c := follow()
			c.CheckRedirect = func(*http.Request, []*http.Request) error { return errForbidden }
			return c
		}, false, errForbidden.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := newReceiver(t, status(200))
			r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
				http.Redirect(w, req, target.URL+"/moved?secret", c.status)
			})
			b := newBench(t, c.client(), nil)
			b.ended("a", task.Webhook{URL: r.URL, Secret: "secret"})
			n := b.tried("a", 1)
			if n.DeliveredAt.IsZero() == c.delivered || !strings.Contains(n.Tries[0].Error, c.says) {
				t.Errorf("written down is %+v", n)
			}
			got := target.messages()
			if c.delivered && (len(got) != 1 || string(got[0].body) != string(r.messages()[0].body)) {
				t.Errorf("the target got %+v", got)
			}
			if strings.HasSuffix(name, "not followed") && len(got) != 0 {
				t.Errorf("the target got %d requests", len(got))
			}
		})
	}
}

func TestAGoneReceiverIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(410))
	b := newBench(t, plain(), nil)
	b.ended("a", task.Webhook{URL: r.URL})
	if n := b.tried("a", 1); !n.NextAt.IsZero() || !n.DeliveredAt.IsZero() || n.Tries[0].Status != 410 {
		t.Errorf("written down is %+v", n)
	}
	b.eventually("a line in the log", func() bool { return strings.Contains(b.log.String(), `msg="webhook given up" task_id=a`) })
}

// A notice that cannot be sent for want of its secrets is given up, once, and says why.
func TestANoticeWithoutItsSecretsIsGivenUp(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(200))
	b := newBench(t, plain(), nil)
	b.running("a", task.Webhook{URL: r.URL})
	b.update("a", func(t *task.Task, now time.Time) error {
		t.SecretsGone = true
		return t.Finish(t.Attempt, json.RawMessage(`{}`), now)
	})
	if n := b.tried("a", 1); !n.NextAt.IsZero() || !n.DeliveredAt.IsZero() || !strings.Contains(n.Tries[0].Error, "secrets") {
		t.Errorf("written down is %+v", n)
	}
	if got := r.messages(); len(got) > 0 {
		t.Errorf("it was told %+v", got)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status    int
		after     string
		low, high time.Duration
	}{
		"429":              {429, "20", 20 * time.Second, 21 * time.Second},
		"503":              {503, "20", 20 * time.Second, 21 * time.Second},
		"503, a long time": {503, "1000000", task.LongestWish, task.LongestWish + time.Second},
		"503, none":        {503, "", 4 * time.Second, 6 * time.Second},
		"503, nonsense":    {503, "soon", 4 * time.Second, 6 * time.Second},
		"503, a past date": {503, "Wed, 21 Oct 2015 07:28:00 GMT", 4 * time.Second, 6 * time.Second},
		"500":              {500, "20", 4 * time.Second, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.after)
				w.WriteHeader(c.status)
			})
			b := newBench(t, plain(), nil)
			b.ended("a", task.Webhook{URL: r.URL})
			n := b.tried("a", 1)
			if wait := n.NextAt.Sub(n.Tries[0].At); wait < c.low || wait > c.high {
				t.Errorf("tried again after %v, want %v to %v", wait, c.low, c.high)
			}
		})
	}
}

// A dialer that refuses an address knows what a name stands for in the server's own
// network; the task's owner is not told.
func TestARefusedAddressIsNotTold(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, status(200))
	dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		return errors.New(address + " is inside the server's own network")
	}}
	b := newBench(t, &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}, nil)
	b.ended("a", task.Webhook{URL: r.URL})
	n := b.tried("a", 1)
	if got := n.Tries[0].Error; got != "the server must not call the host's address" || len(r.messages()) != 0 || n.NextAt.IsZero() {
		t.Errorf("written down is %+v", n)
	}
}

// endless answers more than anybody wants, and counts how much was taken.
func endless(taken *atomic.Int64, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		chunk := make([]byte, 64<<10)
		for range 1 << 14 { // a gigabyte
			n, err := w.Write(chunk)
			taken.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

func TestHugeAnswersAreNotRead(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	for code, says := range map[int]string{200: "", 500: "the receiver answered 500"} {
		r := newReceiver(t, endless(&taken, code))
		b := newBench(t, plain(), nil)
		b.ended("a", task.Webhook{URL: r.URL})
		if n := b.tried("a", 1); n.Tries[0].Error != says || n.Tries[0].Status != code {
			t.Errorf("written down is %+v", n)
		}
		b.stop()
	}
	if n := taken.Load(); n > 64<<20 { // the kernel's buffers take some
		t.Errorf("%d bytes were taken", n)
	}
	header := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 10_000 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
	})
	b := newBench(t, plain(), nil)
	b.ended("a", task.Webhook{URL: header.URL})
	if n := b.tried("a", 1); n.Tries[0].Error == "" {
		t.Errorf("ten megabytes of header: %+v", n)
	}
}

// Whatever a receiver does, what is written down and logged is one short sentence
// without a secret.
func TestFailuresAreToldInASentence(t *testing.T) {
	t.Parallel()
	const secret, token, path = "whsec_c2VjcmV0IQ==", "tok-4711", "/hook?key=k-0815"
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "TOKEN", r.Header.Get("Authorization")))
			_ = conn.Close()
		}
	}
	closed := newReceiver(t, status(200))
	closed.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		url     string
		says    string
	}{
		"closes the connection": {handler: raw(""), says: "the connection was closed before there was an answer"},
		"no HTTP":               {handler: raw("hello TOKEN\n\n"), says: "the answer is not HTTP"},
		"a status of its own":   {handler: raw("HTTP/1.1 TOKEN\r\n\r\n"), says: "the answer is not HTTP"},
		"an odd status":         {handler: raw("HTTP/1.1 999 x\r\n\r\n"), says: "the receiver answered 999"},
		"a broken header":       {handler: raw("HTTP/1.1 200 OK\r\nTOKEN\r\n\r\n"), says: "the answer is not HTTP"},
		"nobody listens":        {url: closed.URL, says: "no connection to the host"},
		"no such host":          {url: "http://nowhere.invalid", says: "the host's name cannot be resolved"},
		"no TLS":                {url: "TLS", handler: status(200), says: "server gave HTTP response to HTTPS client"},
		"no URL":                {url: "http://[::1", says: "missing ']' in host"},
		"no scheme":             {url: "gopher://127.0.0.1", says: "unsupported protocol scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.url
			if c.handler != nil {
				url = newReceiver(t, c.handler).URL
				if c.url == "TLS" {
					url = strings.Replace(url, "http:", "https:", 1)
				}
			}
			b := newBench(t, plain(), nil)
			b.ended("a", task.Webhook{URL: url + path, Secret: secret, AuthToken: token})
			got := b.tried("a", 1).Tries[0].Error
			b.stop()
			if !strings.Contains(got, c.says) || len(got) > 220 || strings.ContainsAny(got, "\n\r\x00") {
				t.Errorf("%q, want %q in one short line", got, c.says)
			}
			for _, text := range []string{got, b.log.String()} {
				for _, never := range []string{"c2VjcmV0", token, "k-0815"} {
					if strings.Contains(text, never) {
						t.Errorf("%s holds %q", text, never)
					}
				}
			}
		})
	}
}
