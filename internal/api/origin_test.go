package api

import (
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestForeignRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, origin string
		anyHost      bool
		refused      bool
	}{
		{"localhost:8000", "", false, false},
		{"127.0.0.1:8000", "", false, false},
		{"[::1]:8000", "", false, false},
		{"LOCALHOST.", "", false, false},
		{"app.localhost", "", false, false},
		{"evil.example", "", false, true},
		{"localhost.evil.example:8000", "", false, true},
		{"10.0.0.1", "", false, true},
		{"", "", false, true},
		{"morag.example", "", true, false},
		{"localhost:8000", "http://localhost:8000", false, false},
		{"localhost:8000", "http://localhost:9000", false, true},
		{"localhost:8000", "null", false, true},
		{"morag.example", "https://evil.example", true, true},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		s := &Server{Config: Config{AnyHost: c.anyHost}}
		if why := s.foreign(r); (why != "") != c.refused {
			t.Errorf("Host %q, Origin %q, any host %v: %q; refused should be %v", c.host, c.origin, c.anyHost, why, c.refused)
		}
	}
}

// TestForeignPages: what a page of another site has a browser ask for without an Origin.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	const poll = "/api/v1/remote-jobs/poll"
	for name, c := range map[string]struct {
		method, path, site, mode, dest string
		refused                        bool
	}{
		"an image":                 {"GET", "/health", "cross-site", "no-cors", "image", true},
		"another port":             {"GET", "/health", "same-site", "no-cors", "script", true},
		"a frame":                  {"GET", "/health", "cross-site", "navigate", "iframe", true},
		"a form":                   {"POST", "/search", "cross-site", "navigate", "document", true},
		"a link":                   {"GET", "/api/v1/tasks", "cross-site", "navigate", "document", false},
		"a link to a poll":         {"GET", poll, "cross-site", "navigate", "document", true},
		"a link to a poll, dotted": {"GET", poll + "/./", "cross-site", "navigate", "document", true},
		"an image of a poll":       {"GET", poll, "cross-site", "no-cors", "image", true},
		"an address typed in":      {"GET", poll, "none", "navigate", "document", false},
		"our own page":             {"POST", "/search", "same-origin", "cors", "empty", false},
		"no browser":               {"GET", poll, "", "", "", false},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = "localhost:8000"
		for header, value := range map[string]string{"Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		if why := new(Server).foreign(r); (why != "") != c.refused {
			t.Errorf("%s: %q; refused should be %v", name, why, c.refused)
		}
	}
}

// FuzzHost: what is taken for a name of this machine resolves to it everywhere.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost", "[::1]:8000", "127.1", "localhost.evil.example", "evil.example:localhost", "[::ffff:127.0.0.1]", "localhost:8000:8000", "127.0.0.1.nip.example", "]localhost["} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !loopbackHost(host) {
			return
		}
		u, err := url.Parse("http://" + host + "/")
		if err != nil {
			return // no browser sends it
		}
		name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		ip, err := netip.ParseAddr(name)
		if name != "localhost" && !strings.HasSuffix(name, ".localhost") && (err != nil || !ip.Unmap().IsLoopback()) {
			t.Errorf("Host %q is the machine %q", host, name)
		}
	})
}
