package outbound

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"
)

// stallTimeout ends a connection through the proxy on which nothing moves.
const stallTimeout = 2 * time.Minute

// ErrTooMuch is in the error of a transfer that was cut off at the proxy's limit.
var ErrTooMuch = errors.New("too many bytes")

// ProxyLimit bounds what goes through a proxy. The zero value means the defaults.
type ProxyLimit struct {
	// Connections is how many may be open at a time (32).
	Connections int
	// Bytes is how many may come in over all connections together (1 GiB).
	Bytes int64
}

// Proxy is an HTTP proxy on loopback through which an external program makes its
// calls: they go where the guard allows and nowhere else, as long as the program obeys
// its proxy settings. It takes CONNECT and absolute http addresses, and only from who
// knows its random password.
type Proxy struct {
	guard    *Guard
	listener net.Listener
	server   *http.Server
	plain    *httputil.ReverseProxy
	secret   string
	now      func() time.Time
	slots    chan struct{}
	left     atomic.Int64
	refused  atomic.Bool
	exceeded atomic.Bool

	ctx     context.Context // ends with Close; open tunnels with it
	stop    context.CancelFunc
	serving sync.WaitGroup
	stopped sync.Once
}

// NewProxy starts a proxy. Close it.
func (g *Guard) NewProxy(limit ProxyLimit) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	p := &Proxy{guard: g, listener: listener, secret: rand.Text(), now: time.Now, slots: make(chan struct{}, cmp.Or(max(limit.Connections, 0), 32))}
	p.left.Store(cmp.Or(max(limit.Bytes, 0), 1<<30))
	p.ctx, p.stop = context.WithCancel(context.Background())
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	p.plain = &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {}, // the address is absolute already
		Transport: &http.Transport{
			DialContext: p.dial, DisableCompression: true, DisableKeepAlives: true,
			ResponseHeaderTimeout: headerTimeout, MaxResponseHeaderBytes: maxHeaderBytes,
		},
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, err error) { fail(w, err) },
		FlushInterval: -1,
		ErrorLog:      quiet,
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: dialTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: quiet}
	p.serving.Go(func() { _ = p.server.Serve(listener) }) // ends with Close
	return p, nil
}

// URL is the proxy's address with the password, as http_proxy and the like take it.
func (p *Proxy) URL() string { return "http://morag:" + p.secret + "@" + p.listener.Addr().String() }

// Refused tells whether a call was not made because of where it would have gone.
func (p *Proxy) Refused() bool { return p.refused.Load() }

// Exceeded tells whether the limit of bytes was reached.
func (p *Proxy) Exceeded() bool { return p.exceeded.Load() }

// Close ends every connection and returns when they are gone.
func (p *Proxy) Close() {
	p.stop()
	_ = p.server.Close()
	p.serving.Wait()
	p.stopped.Do(func() {
		for range cap(p.slots) { // each call under way gives its slot back when it ends
			p.slots <- struct{}{}
		}
	})
}

// ServeHTTP makes one call, or one tunnel for many.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("morag:"+p.secret))
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Proxy-Authorization")), []byte(want)) != 1 {
		w.Header().Set("Proxy-Authenticate", `Basic realm="morag"`)
		http.Error(w, "a password is needed", http.StatusProxyAuthRequired)
		return
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	switch {
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host != "":
		p.plain.ServeHTTP(w, r)
	default:
		p.refused.Store(true)
		http.Error(w, "only http and https addresses are called", http.StatusForbidden)
	}
}

// dial connects as the guard allows; what comes in counts against the limit.
func (p *Proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.guard.DialContext(ctx, network, address)
	if errors.Is(err, ErrRefused) {
		p.refused.Store(true)
	}
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, proxy: p}, nil
}

func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	out, err := p.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		fail(w, err)
		return
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		fail(w, err)
		return
	}
	defer in.Close()
	defer context.AfterFunc(p.ctx, func() {
		_ = in.Close()
		_ = out.Close()
	})()
	_ = in.SetDeadline(time.Time{})
	if _, err := io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(out, buffered) // what the program sends; either side may end it
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = in.Close()
	<-done
}

// fail answers what the calling program can print, without an address of this network.
func fail(w http.ResponseWriter, err error) {
	if errors.Is(err, ErrRefused) {
		http.Error(w, "address refused", http.StatusForbidden)
		return
	}
	http.Error(w, "the server cannot be reached", http.StatusBadGateway)
}

// countedConn takes what it reads off the proxy's limit.
type countedConn struct {
	net.Conn
	proxy *Proxy
}

func (c *countedConn) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(c.proxy.now().Add(stallTimeout))
	n, err := c.Conn.Read(b)
	if c.proxy.left.Add(-int64(n)) < 0 {
		c.proxy.exceeded.Store(true)
		return 0, ErrTooMuch
	}
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	_ = c.SetWriteDeadline(c.proxy.now().Add(stallTimeout))
	return c.Conn.Write(b)
}
