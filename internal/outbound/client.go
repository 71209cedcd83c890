package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// The bounds of every call.
const (
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
	dialTimeout    = 10 * time.Second
	headerTimeout  = 30 * time.Second
	idleTimeout    = 30 * time.Second
	maxIdle        = 16
)

// ErrRedirects is in the error of a call that was redirected more than 5 times.
var ErrRedirects = errors.New("more than 5 redirects")

// DialContext dials what the guard allows: the addresses are checked after they are
// resolved, one by one as they are tried. It fails with [ErrRefused].
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if g.dial != nil {
		return g.dial(ctx, network, address)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	dialer := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver}
	if !g.Allows(host) {
		dialer.Control = g.control
	}
	return dialer.DialContext(ctx, network, address)
}

// control sees the very address that a socket is about to be connected to.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, ErrRefused)
	}
	if g.named(at.Addr()) {
		return nil
	}
	if !validPort(at.Port()) {
		return fmt.Errorf("port %d: %w", at.Port(), ErrRefused)
	}
	if !public(at.Addr()) {
		return fmt.Errorf("%s is inside the server's own network: %w", at.Addr(), ErrRefused)
	}
	return nil
}

// Client makes a client whose every connection, those of redirects too, goes where
// the guard allows. A call takes at most timeout, follows 5 redirects, to http and
// https only, and takes 64 KiB of headers; the caller bounds the body. No proxy is
// used: it would dial in the guard's place. Keep it for many calls.
func (g *Guard) Client(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: g.checkRedirect,
		Transport: &http.Transport{
			DialContext:            g.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConns:           maxIdle,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
}

func (g *Guard) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrRedirects
	}
	if why := g.Check(next.URL.String()); why != "" {
		return fmt.Errorf("the address it redirects to %s: %w", why, ErrRefused)
	}
	return nil
}
