package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/backoff"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultClient.CloseIdleConnections()
		os.Exit(code)
	}))
}

// quick tries three times.
var quick = backoff.Policy{Tries: 3, First: time.Millisecond, Max: time.Millisecond, MaxAsked: time.Second}

// serve answers with the handlers in turn, the last one for good.
func serve(t *testing.T, config Config, answers ...http.HandlerFunc) (*Client, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(calls.Add(1)), len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	config.Address = server.URL + "/v1/"
	config.MaxAnswer = 100
	return New(config), &calls
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func refuses(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, "no", code)
	}
}

func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "50")
	fmt.Fprint(w, "half")
}

var errUnread = errors.New("unreadable")

// read takes what is no page.
func read(answer []byte) error {
	if strings.HasPrefix(string(answer), "<") {
		return errUnread
	}
	return nil
}

func TestPost(t *testing.T) {
	t.Parallel()
	status := func(code int) func(error) bool {
		return func(err error) bool {
			refused, ok := errors.AsType[*StatusError](err)
			return ok && refused.Code == code && strings.TrimSpace(string(refused.Body)) == "no"
		}
	}
	is := func(sentinel error) func(error) bool { return func(err error) bool { return errors.Is(err, sentinel) } }
	for name, test := range map[string]struct {
		answers []http.HandlerFunc
		calls   int32
		want    func(error) bool
	}{
		"answers":                  {[]http.HandlerFunc{says("ok")}, 1, is(nil)},
		"answers later":            {[]http.HandlerFunc{refuses(503), cutOff, says("ok")}, 3, is(nil)},
		"is asked to wait":         {[]http.HandlerFunc{refuses(429, "Retry-After-Ms", "3"), says("ok")}, 2, is(nil)},
		"is asked to wait an hour": {[]http.HandlerFunc{refuses(429, "Retry-After", "3600"), says("ok")}, 1, status(429)},
		"is busy":                  {[]http.HandlerFunc{refuses(500)}, 3, status(500)},
		"refuses":                  {[]http.HandlerFunc{refuses(401)}, 1, status(401)},
		"sends elsewhere":          {[]http.HandlerFunc{refuses(307, "Location", "/elsewhere")}, 1, status(307)},
		"makes no sense":           {[]http.HandlerFunc{says("<html>")}, 3, is(errUnread)},
		"makes sense later":        {[]http.HandlerFunc{says("<html>"), says("ok")}, 2, is(nil)},
		"breaks off":               {[]http.HandlerFunc{cutOff}, 3, is(ErrCut)},
		"says too much":            {[]http.HandlerFunc{says(strings.Repeat("x", 101))}, 3, is(ErrLarge)},
		"says just enough":         {[]http.HandlerFunc{says(strings.Repeat("x", 100))}, 1, is(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, calls := serve(t, Config{Retry: quick}, test.answers...)
			err := c.Post(t.Context(), "/x", JSON(1), read)
			if !test.want(err) || calls.Load() != test.calls {
				t.Errorf("%v after %d calls, want %d", err, calls.Load(), test.calls)
			}
		})
	}
}

func TestTransient(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{
		400: false, 401: false, 404: false, 408: true, 409: true, 413: false, 425: true, 429: true,
		500: true, 501: false, 502: true, 503: true, 504: true, 505: false, 529: true, 301: false,
	} {
		if got := (&StatusError{Code: code}).Transient(); got != want {
			t.Errorf("%d: %v", code, got)
		}
	}
	if text := (&StatusError{Code: 503}).Error(); text != "status 503 Service Unavailable" {
		t.Errorf("got %q", text)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	err := New(Config{Address: server.URL, Retry: quick}).Post(t.Context(), "/x", JSON(1), read)
	if _, ok := errors.AsType[*url.Error](err); !ok || errors.Is(err, ErrCut) {
		t.Errorf("got %v", err)
	}
}

func TestTimeoutIsOfOneTry(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	c, calls := serve(t, Config{Retry: quick, Timeout: 50 * time.Millisecond}, hang, says("ok"))
	if err := c.Post(t.Context(), "/x", JSON(1), read); err != nil || calls.Load() != 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	c, calls = serve(t, Config{Retry: quick}, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	if err := c.Post(ctx, "/x", JSON(1), read); !errors.Is(err, context.Canceled) || calls.Load() != 1 {
		t.Errorf("called off: %v after %d calls", err, calls.Load())
	}
}

// What every request holds, of both kinds of body, and at each try.
func TestBodies(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "speech")
	if err := os.WriteFile(path, []byte("the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	form := Form{Fields: [][2]string{{"a", "1"}, {"a", "2"}, {"b", "x"}}, FileField: "file", FileName: "speech.flac", FileType: "audio/flac", Path: path}
	check := func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/x" || r.Header.Get("Authorization") != "Bearer secret" || r.ContentLength <= 0 {
			t.Errorf("%s %s, %d bytes, %v", r.Method, r.URL, r.ContentLength, r.Header)
		}
		if r.Header.Get("Content-Type") == "application/json" {
			var value map[string]int
			if err := json.NewDecoder(r.Body).Decode(&value); err != nil || value["n"] != 7 {
				t.Errorf("JSON %v, %v", value, err)
			}
			return
		}
		file, about, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		raw, _ := io.ReadAll(file)
		if string(raw) != "the file" || about.Filename != "speech.flac" || about.Header.Get("Content-Type") != "audio/flac" ||
			fmt.Sprint(r.MultipartForm.Value) != "map[a:[1 2] b:[x]]" {
			t.Errorf("%q, %+v, %v", raw, about, r.MultipartForm.Value)
		}
	}
	for name, body := range map[string]Body{"json": JSON(map[string]int{"n": 7}), "form": form.Open} {
		c, calls := serve(t, Config{Retry: quick, Header: Bearer("secret")},
			func(w http.ResponseWriter, r *http.Request) { check(w, r); refuses(502)(w, r) }, check)
		if err := c.Post(t.Context(), "/x", body, read); err != nil || calls.Load() != 2 {
			t.Errorf("%s: %v after %d calls", name, err, calls.Load())
		}
	}
	// What cannot be sent is not tried again.
	form.Path += "?"
	for name, body := range map[string]Body{"json": JSON(func() {}), "form": form.Open} {
		c, calls := serve(t, Config{Retry: quick}, says("ok"))
		if err := c.Post(t.Context(), "/x", body, read); err == nil || calls.Load() != 0 {
			t.Errorf("%s that is none: %v after %d calls", name, err, calls.Load())
		}
	}
	if Bearer("") != nil {
		t.Error("a header without a key")
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	c, calls := serve(t, Config{Retry: quick}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method+" "+r.URL.Path)
	}, refuses(503))
	if answer, err := c.Get(t.Context(), "/health"); err != nil || string(answer) != "GET /v1/health" {
		t.Errorf("%q, %v", answer, err)
	}
	if _, err := c.Get(t.Context(), "/health"); err == nil || calls.Load() != 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}
