package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// foreign says why a request is refused that a web page of somebody else's may have
// made a browser send, "" when it is not. Without keys the server trusts whoever
// can reach it, and a browser on the same machine can: so a page must neither be able
// to call it under a name of its own (DNS rebinding) nor across origins.
func (s *Server) foreign(r *http.Request) string {
	if !s.AnyHost && !loopbackHost(r.Host) {
		return "this server answers only under a name of this machine, such as localhost (MORAG_INSECURE=true lifts that)"
	}
	if origin := r.Header.Get("Origin"); origin != "" && !sameHost(origin, r.Host) && !s.allowedOrigin(origin) {
		return "requests from other origins are refused"
	}
	return ""
}

// loopbackHost tells whether a Host header names this machine.
func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
