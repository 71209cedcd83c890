package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"unicode"

	"morag/internal/task"
)

// maxSentence bounds, in bytes, what is kept of why a try failed.
const maxSentence = 200

// explain says in one sentence, for the task's owner, why there was no answer. It
// tells nothing of the server's network and holds neither the address, which may be a
// secret itself, nor the token nor the secret.
func explain(err error, hook *task.Webhook) string {
	var (
		name    *net.DNSError
		cert    *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		system  *os.SyscallError
		timeout net.Error
		dial    *net.OpError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer within " + tryTimeout.String()
	case errors.As(err, &name):
		return "the host's name cannot be resolved"
	case errors.As(err, &cert):
		return "the host's certificate is not valid for it"
	case errors.As(err, &record):
		return "the host does not speak TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before there was an answer"
	case errors.As(err, &system), isErrno(err):
		return "no connection to the host, or it broke"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "the server must not call the host's address" // the client's dialer says so
	}
	return tidy(innermost(err).Error(), hook)
}

func isErrno(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// innermost leaves out the addresses that net and net/url write before an error.
func innermost(err error) error {
	for {
		var inURL *url.Error
		var inNet *net.OpError
		switch {
		case errors.As(err, &inURL):
			err = inURL.Err
		case errors.As(err, &inNet):
			err = inNet.Err
		default:
			return err
		}
	}
}

// tidy makes one short printable line of an error's text, without what the receiver
// has sent and without secrets.
func tidy(text string, hook *task.Webhook) string {
	if strings.Contains(text, "malformed") || strings.Contains(text, "connection broken") {
		return "the answer is not HTTP"
	}
	for _, secret := range []string{hook.URL, hook.Secret, hook.AuthToken} {
		if secret != "" && strings.Contains(text, secret) {
			return "the request could not be made"
		}
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxSentence {
		text = strings.ToValidUTF8(text[:maxSentence], "") + "…"
	}
	return text
}
