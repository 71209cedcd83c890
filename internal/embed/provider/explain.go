package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"morag/internal/embed"
	"morag/internal/service"
)

// explain makes of a [Call]'s error what an [embed.Embedder] promises. The error is
// not wrapped: that of a request's own timeout would look like the end of the
// caller's ctx.
func (s Service) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", s.Name, ctx.Err())
	}
	if refused, ok := errors.AsType[*service.StatusError](err); ok {
		return s.explainStatus(refused, parseFailure(refused.Body))
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return &embed.TransientError{Cause: fmt.Errorf("%s: no answer from the address in %s: %v", s.Name, s.AddressSetting, failed)}
	}
	return fmt.Errorf("%s: unusable answer (%s); does %s lead to the right service?", s.Name, line(err.Error()), s.AddressSetting)
}

func (s Service) explainStatus(refused *service.StatusError, reported failure) error {
	text := refused.Error()
	if reported.message != "" {
		text += ": " + reported.message
	}
	if refused.Transient() {
		return &embed.TransientError{Cause: fmt.Errorf("%s: %s", s.Name, text), RetryAfter: max(refused.RetryAfter, reported.retryAfter)}
	}
	return fmt.Errorf("%s: %s; check %s", s.Name, text, s.toCheck(refused.Code, reported))
}

// toCheck names the settings that an answer with that status is about.
func (s Service) toCheck(code int, reported failure) string {
	switch {
	case reported.badKey, code == http.StatusUnauthorized, code == http.StatusPaymentRequired, code == http.StatusForbidden:
		return s.KeySetting
	case code == http.StatusNotFound:
		return "MORAG_EMBEDDING_MODEL and " + s.AddressSetting
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		return "MORAG_EMBEDDING_MODEL and MORAG_EMBEDDING_DIMENSION"
	}
	return s.AddressSetting
}
