package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"morag/internal/embed"
)

// explain makes of a [Call]'s error what an [embed.Embedder] promises. The error is
// not wrapped: that of a request's own timeout would look like the end of the
// caller's ctx.
func (s Service) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", s.Name, ctx.Err())
	}
	if status, ok := errors.AsType[*statusError](err); ok {
		return s.explainStatus(status)
	}
	if answer, ok := errors.AsType[*answerError](err); ok {
		err = answer
	} else if failed, ok := errors.AsType[*url.Error](err); ok {
		return &embed.TransientError{Cause: fmt.Errorf("%s: no answer from the address in %s: %v", s.Name, s.AddressSetting, failed)}
	}
	return fmt.Errorf("%s: unusable answer (%s); does %s lead to the right service?", s.Name, line(err.Error()), s.AddressSetting)
}

func (s Service) explainStatus(e *statusError) error {
	if e.transient() {
		return &embed.TransientError{Cause: fmt.Errorf("%s: %w", s.Name, e), RetryAfter: e.retryAfter}
	}
	return fmt.Errorf("%s: %w; check %s", s.Name, e, s.toCheck(e))
}

// toCheck names the settings that an answer with that status is about.
func (s Service) toCheck(e *statusError) string {
	switch {
	case e.failure.badKey, e.code == http.StatusUnauthorized, e.code == http.StatusPaymentRequired, e.code == http.StatusForbidden:
		return s.KeySetting
	case e.code == http.StatusNotFound:
		return "MORAG_EMBEDDING_MODEL and " + s.AddressSetting
	case e.code == http.StatusBadRequest, e.code == http.StatusRequestEntityTooLarge, e.code == http.StatusUnprocessableEntity:
		return "MORAG_EMBEDDING_MODEL and MORAG_EMBEDDING_DIMENSION"
	}
	return s.AddressSetting
}
