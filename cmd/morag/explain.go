package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"morag/internal/client"
	"morag/internal/option"
)

// addressed are the commands that talk to a server.
type addressed interface{ address() string }

func (s *server) address() string { return s.Server }

// explain makes one sentence of an error, which says what to do where that is known.
// server is the address that was called, "" for none.
func explain(err error, server string) string {
	text := err.Error()
	if status := client.StatusOf(err); status != 0 && status < http.StatusInternalServerError {
		text = strings.ReplaceAll(text, fmt.Sprintf(" (HTTP %d)", status), "")
	}
	if client.IsStatus(err, http.StatusConflict, http.StatusUnprocessableEntity) {
		text = asFlags(text)
	}
	var unreachable *client.NetworkError
	switch {
	case client.IsStatus(err, http.StatusUnauthorized):
		text += ": --api-key or MORAG_API_KEY names the key"
	case client.IsStatus(err, http.StatusBadRequest) && strings.Contains(text, "HTTP request to an HTTPS server"):
		text = server + " speaks https: let --server or MORAG_API_BASE_URL begin with https://"
	case errors.As(err, &unreachable):
		text = explainUnreachable(unreachable, server)
	}
	return oneLine(text)
}

func explainUnreachable(err *client.NetworkError, server string) string {
	var (
		unknown   *net.DNSError
		untrusted *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at " + server + ": is the server running, and is that its address (--server, MORAG_API_BASE_URL)?"
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "there is no host " + unknown.Name + ": --server or MORAG_API_BASE_URL names the server"
	case errors.As(err, &untrusted):
		return fmt.Sprintf("the certificate of %s is not trusted (%v): --ca-file or MORAG_CA_FILE names what to trust besides the system's", server, untrusted.Err)
	case errors.As(err, &noTLS):
		return server + " does not speak https: let --server or MORAG_API_BASE_URL begin with http://"
	}
	return fmt.Sprintf("no answer from %s: %v", server, err.Err)
}

// asFlags names options as the command line does in a sentence of the server. A name that
// is also a word is one only where the sentence begins with it.
func asFlags(sentence string) string {
	for _, row := range option.Rows() {
		switch {
		case strings.Contains(row.Name, "_"):
			sentence = strings.ReplaceAll(sentence, row.Name, "--"+row.Option)
		case strings.HasPrefix(sentence, row.Name+" must "):
			sentence = "--" + row.Option + strings.TrimPrefix(sentence, row.Name)
		}
	}
	return sentence
}
