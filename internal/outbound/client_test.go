package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestSSRF tries to reach a server on loopback by everything but its permitted name.
func TestSSRF(t *testing.T) {
	t.Parallel()
	hits := make(chan string, 100)
	inner := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hits <- r.URL.Path }))
	t.Cleanup(inner.Close)
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	// The redirecting server is allowed by name, as a public one would be by address.
	redirect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	}))
	t.Cleanup(redirect.Close)
	_, redirectPort, _ := net.SplitHostPort(redirect.Listener.Addr().String())
	via := func(to string) string {
		return "http://localhost:" + redirectPort + "/?to=" + url.QueryEscape(to)
	}
	client := guard(t, "localhost").Client(time.Minute)
	for name, address := range map[string]string{
		"literal":           "http://127.0.0.1:" + port + "/",
		"mapped IPv6":       "http://[::ffff:127.0.0.1]:" + port + "/",
		"mapped, in hex":    "http://[::ffff:7f00:1]:" + port + "/",
		"any address":       "http://0.0.0.0:" + port + "/",
		"redirect":          via("http://127.0.0.1:" + port + "/"),
		"redirect, mapped":  via("http://[::ffff:127.0.0.1]:" + port + "/"),
		"redirect, number":  via("http://2130706433:" + port + "/"),
		"redirect, scheme":  via("file:///etc/passwd"),
		"redirect, port":    via("http://example.org:25/"),
		"redirect, metered": via("http://169.254.169.254/latest/meta-data/"),
	} {
		resp, err := client.Get(address)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: answered %s", name, resp.Status)
		} else if !errors.Is(err, ErrRefused) && !strings.Contains(name, "number") {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
	if len(hits) > 0 {
		t.Errorf("the inner server was asked for %s", <-hits)
	}
	resp, err := client.Get(via("http://localhost:" + port + "/allowed"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := <-hits; got != "/allowed" {
		t.Errorf("the inner server was asked for %s", got)
	}
}

// TestSSRFByName dials names that resolve to loopback: the hosts file answers
// localhost, as a DNS server in a stranger's hand could for any name.
func TestSSRFByName(t *testing.T) {
	t.Parallel()
	inner := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(inner.Close)
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	conn, err := guard(t).DialContext(t.Context(), "tcp", "localhost:"+port)
	if err == nil {
		_ = conn.Close()
	}
	if !errors.Is(err, ErrRefused) {
		t.Errorf("a name that resolves to loopback was dialled: %v", err)
	}
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	loop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}))
	t.Cleanup(loop.Close)
	if _, err := guard(t, "*").Client(time.Minute).Get(loop.URL); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("a redirect without end: %v", err)
	}
}
