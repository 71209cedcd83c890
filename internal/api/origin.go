package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
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
	origin := r.Header.Get("Origin")
	if !s.allowedOrigin(origin) && (origin != "" && !sameHost(origin, r.Host) || embedded(r)) {
		return "requests from other origins are refused"
	}
	return ""
}

// embedded tells whether a browser says that another site's page makes the request. That
// page cannot read the answer, but some requests change something, a poll by GET too, and
// for an image, say, browsers send no Origin. Following a link is the user's own doing.
func embedded(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "cross-site" && site != "same-site" {
		return false
	}
	link := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" && r.Method == http.MethodGet
	return !link || strings.HasSuffix(path.Clean(r.URL.Path), "/poll")
}

// loopbackHost tells whether a Host header names this machine.
func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else if inner, bracketed := strings.CutPrefix(host, "["); bracketed && strings.HasSuffix(inner, "]") {
		name = strings.TrimSuffix(inner, "]")
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
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
