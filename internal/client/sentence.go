package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"

	"morag/internal/wire"
)

// Sentence says for people why a call to the server at base has failed: what answers there,
// if anything, or what the server said. It is one sentence without its full stop.
func Sentence(err error, base string) string {
	if e, ok := errors.AsType[*NetworkError](err); ok {
		return e.sentence(base)
	}
	if e, ok := errors.AsType[*APIError](err); ok {
		return strings.Replace(err.Error(), e.Error(), e.sentence(base), 1)
	}
	if errors.Is(err, ErrNotMoRAG) {
		return "what answers at " + base + " is no MoRAG server"
	}
	return err.Error()
}

func (e *APIError) sentence(base string) string {
	switch {
	case e.Status == http.StatusBadRequest && wantsTLS(e.body):
		return base + " speaks https: its address begins with https://"
	case e.Status == http.StatusNotFound && e.Detail == wire.NoPath:
		return "there is no MoRAG API at " + base + ": its address ends before /api"
	case IsElsewhere(e):
		return fmt.Sprintf("what answers at %s is no MoRAG server: %s (HTTP %d)", base, e.Detail, e.Status)
	case e.Status < http.StatusInternalServerError:
		return e.Detail
	}
	return e.Error()
}

// IsElsewhere tells whether what answered is no MoRAG server, or not at the address of one.
func IsElsewhere(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	if !ok || detailOf(e.body) != "" {
		return ok && e.Status == http.StatusNotFound && e.Detail == wire.NoPath
	}
	// Other statuses a proxy before the server may answer, too.
	return slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, e.Status)
}

// wantsTLS tells whether an answer is what servers of https say to http: Go's, and nginx.
func wantsTLS(body []byte) bool {
	text := string(body)
	return strings.Contains(text, "HTTP request to an HTTPS server") || strings.Contains(text, "plain HTTP request was sent to HTTPS port")
}

func (e *NetworkError) sentence(base string) string {
	var (
		unknown   *net.DNSError
		untrusted *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
	)
	switch {
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "nothing answers at " + base + ": is the server running there?"
	case errors.As(e.Err, &unknown) && unknown.IsNotFound:
		return "there is no host " + unknown.Name
	case errors.As(e.Err, &untrusted):
		return fmt.Sprintf("the certificate of %s is not trusted: %s", base, strings.TrimPrefix(untrusted.Err.Error(), "x509: "))
	case errors.As(e.Err, &noTLS), strings.Contains(e.Err.Error(), "server gave HTTP response to HTTPS client"):
		return base + " does not speak https: its address begins with http://"
	case errors.Is(e.Err, syscall.EHOSTUNREACH), errors.Is(e.Err, syscall.ENETUNREACH):
		return "there is no way to " + base + " in the network"
	case errors.Is(e.Err, os.ErrDeadlineExceeded), os.IsTimeout(e.Err):
		return base + " does not answer"
	case errors.Is(e.Err, ErrStalled):
		return base + " has gone silent"
	}
	return fmt.Sprintf("no whole answer from %s: %v", base, e.Err)
}
