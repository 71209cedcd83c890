package api

import (
	"net/http"
	"slices"
	"strings"
)

// protect sets what every answer tells a browser: to take it for what it says it is,
// to run nothing in it, to show it in no frame, to keep its address to itself, and to
// hand it to no other site's page.
// What a handler has set itself stays.
func protect(h http.Header) {
	for name, value := range protection {
		if h.Get(name) == "" {
			h.Set(name, value)
		}
	}
}

var protection = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// protectedWriter sets them when the answer begins, and not before: ten thousand polls
// that wait would each keep them in memory.
type protectedWriter struct {
	http.ResponseWriter
	begun bool
}

// Unwrap lets http.ResponseController find what the writer can do.
func (w *protectedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *protectedWriter) begin() {
	if !w.begun {
		w.begun = true
		protect(w.Header())
	}
}

func (w *protectedWriter) WriteHeader(status int) {
	w.begin()
	w.ResponseWriter.WriteHeader(status)
}

func (w *protectedWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// sandbox adds to it for a stranger's file: should a browser show it after all, it is
// a page of nobody's.
func sandbox(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
}

// What a page of an allowed origin may send, and which headers of an answer it may read.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, X-API-Key, Content-Type, Idempotency-Key, Range, If-Range, If-Match, If-None-Match, Last-Event-ID, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum"
	corsExposed = "ETag, Content-Disposition, Content-Range, Accept-Ranges, Retry-After, WWW-Authenticate, Location, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, " +
		"Tus-Checksum-Algorithm, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, " + warningHeader
	corsMaxAge = "600" // seconds
)

// allowedOrigin tells whether pages of the origin may call this server.
func (s *Server) allowedOrigin(origin string) bool {
	return origin != "" && slices.ContainsFunc(s.CORSOrigins, func(o string) bool { return o == "*" || strings.EqualFold(o, origin) })
}

// share lets pages of the allowed origins read the answer. It is true when that is all
// there is to answer: a browser asks what it may send before it sends it. The cookie of a
// session, which a browser sends by itself, is good for this server's own pages alone, so a
// star is safe.
func (s *Server) share(w http.ResponseWriter, r *http.Request) (answered bool) {
	if len(s.CORSOrigins) == 0 {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !s.allowedOrigin(origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
	return true
}
