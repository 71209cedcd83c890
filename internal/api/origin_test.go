package api

import (
	"net/http/httptest"
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
