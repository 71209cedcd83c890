package app

import (
	"net/http"
	"testing"
)

func TestAliveIsWhoAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		want   bool
	}{
		{"answers", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("healthy")) }, true},
		{"fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, false},
		{"says nothing", func(http.ResponseWriter, *http.Request) {}, false},
	} {
		s := &Server{http: &http.Server{Handler: http.HandlerFunc(c.answer)}}
		if got := s.alive(t.Context()); got != c.want {
			t.Errorf("a server that %s is alive: %v", c.name, got)
		}
	}
}
