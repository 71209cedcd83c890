package outbound

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func proxy(t *testing.T, g *Guard, limit ProxyLimit) *Proxy {
	t.Helper()
	p, err := g.NewProxy(limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// through makes a client that calls by the proxy as an external program would.
func through(t *testing.T, address string) *http.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func TestProxyPassesOn(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" || r.Header.Get("X-Forwarded-For") != "" {
			t.Errorf("headers %v", r.Header)
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+r.URL.String()+" "+string(body))
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	p := proxy(t, guard(t, "*"), ProxyLimit{})
	client := through(t, p.URL())
	for _, base := range []string{plain.URL, secure.URL} {
		resp, err := client.Post(base+"/a?b=c", "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != "POST /a?b=c hello" {
			t.Errorf("%s: %q, %v", base, body, err)
		}
	}
	if p.Refused() || p.Exceeded() {
		t.Error("refused or exceeded")
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	hit := func(http.ResponseWriter, *http.Request) { t.Error("the inner server was asked") }
	plain, secure := httptest.NewServer(http.HandlerFunc(hit)), httptest.NewTLSServer(http.HandlerFunc(hit))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	p := proxy(t, guard(t), ProxyLimit{})
	resp, err := through(t, p.URL()).Get(plain.URL)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("http: %v, %v", resp, err)
	}
	if resp, err := through(t, p.URL()).Get(secure.URL); err == nil || !p.Refused() {
		t.Errorf("https: %v, %v", resp, err)
	}
	for name, address := range map[string]string{
		"no password": "http://" + p.listener.Addr().String(), "another": "http://morag:guess@" + p.listener.Addr().String(),
	} {
		resp, err := through(t, address).Get("http://example.org/")
		if err != nil || resp.StatusCode != http.StatusProxyAuthRequired {
			t.Errorf("%s: %v, %v", name, resp, err)
		}
	}
	// As a library asks that was told to use the proxy for ftp too.
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL(), nil)
	req.URL.Opaque = "ftp://127.0.0.1/x"
	user := req.URL.User
	password, _ := user.Password()
	basic := http.Request{Header: http.Header{}}
	basic.SetBasicAuth(user.Username(), password)
	req.Header.Set("Proxy-Authorization", basic.Header.Get("Authorization"))
	if resp, err := http.DefaultTransport.RoundTrip(req); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("ftp: %v, %v", resp, err)
	}
}

func TestProxyLimits(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	var once sync.Once
	release := func() { once.Do(func() { close(held) }) }
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			w.(http.Flusher).Flush()
			<-held
			return
		}
		chunk := make([]byte, 64<<10)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(release)

	endless := proxy(t, guard(t, "*"), ProxyLimit{Bytes: 1 << 20})
	resp, err := through(t, endless.URL()).Get(srv.URL + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err == nil || n > 1<<20 || !endless.Exceeded() {
		t.Errorf("%d bytes, %v", n, err)
	}

	narrow := proxy(t, guard(t, "*"), ProxyLimit{Connections: 1})
	first, err := through(t, narrow.URL()).Get(srv.URL + "/wait")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Body.Close()
	if _, err := through(t, narrow.URL()).Get(srv.URL + "/wait"); err == nil {
		t.Error("a second connection")
	}
	narrow.Close() // with a tunnel open
	if _, err := io.ReadAll(first.Body); err == nil {
		t.Error("the tunnel outlives the proxy")
	}
}
