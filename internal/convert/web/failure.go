package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"morag/internal/convert"
	"morag/internal/outbound"
)

// checkStatus takes success and nothing else. What a later try could change is the
// engine's failure, the rest the source's.
func checkStatus(resp *http.Response) error {
	status := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound, code == http.StatusGone:
		return convert.BadSource("there is no page at the address: the site answered "+status, nil)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusUnavailableForLegalReasons:
		return convert.BadSource("the site does not give out the page: it answered "+status, nil)
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return convert.EngineFailed("the site cannot give out the page now: it answered "+status, nil)
	case code != http.StatusOK && code != http.StatusNonAuthoritativeInfo:
		return convert.BadSource("the site did not send a page: it answered "+status, nil)
	}
	// Only gzip was asked for, and that is undone already.
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return convert.EngineFailed(fmt.Sprintf("the site sent the page compressed in a way that was not asked for (%.40q)", encoding), nil)
	}
	return nil
}

// failure makes a sentence of why a call did not succeed.
func (c *Converter) failure(err error) error {
	var known *convert.Error
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, outbound.ErrRefused):
		return convert.BadSource("the address leads to where this server does not call: its own network, or no web server", err)
	case errors.Is(err, outbound.ErrRedirects):
		return convert.BadSource("the address is redirected more than 5 times", err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return convert.EngineFailed(fmt.Sprintf("the site did not send the page within %.0f seconds", c.config.FetchTimeout.Seconds()), err)
	case errors.As(err, &dns):
		return convert.EngineFailed(fmt.Sprintf("the name %.100q of the site cannot be resolved", dns.Name), err)
	case errors.As(err, &certificate):
		return convert.EngineFailed("the site's certificate is not valid", err)
	}
	return convert.EngineFailed("the site cannot be reached, or broke off", err)
}

// cmpCause is why ctx was ended by this package, or else err.
func cmpCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
