package main

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"

	"morag/internal/client"
	"morag/internal/option"
)

// addressed are the commands that talk to a server.
type addressed interface{ address() string }

func (s *server) address() string { return s.Server }

// explain makes one sentence of an error, which says what to do where that is known.
// server is the address that was called, "" for none.
func explain(err error, server string) string {
	text := client.Sentence(err, server)
	if client.IsStatus(err, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity) {
		text = asFlags(text)
	}
	if hint := hint(err); hint != "" {
		text += " (" + hint + ")"
	}
	return oneLine(text)
}

// hint names the flags that mend an error.
func hint(err error) string {
	var untrusted *tls.CertificateVerificationError
	var unreachable *client.NetworkError
	switch {
	case client.IsStatus(err, http.StatusUnauthorized):
		return "--api-key or MORAG_API_KEY names the key"
	case errors.As(err, &untrusted):
		return "--ca-file or MORAG_CA_FILE names what to trust besides the system's"
	case errors.As(err, &unreachable), errors.Is(err, client.ErrNotMoRAG), client.IsElsewhere(err):
		return "--server or MORAG_API_BASE_URL names the server"
	}
	return ""
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
	return strings.NewReplacer("content_type", "--type", "days_old", "--days-old").Replace(sentence)
}
