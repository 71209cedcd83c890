package api

import (
	"net/http"

	"morag/internal/wire"
)

// dialect is how the API of another program tells of a refusal, so that its clients
// understand it. What it writes has the sentence in detail, too.
type dialect func(p *Problem) (status int, body any)

// refuse answers with a refusal in the row's dialect.
func (route Route) refuse(w http.ResponseWriter, p *Problem) {
	if route.dialect == nil {
		writeError(w, p)
		return
	}
	status, body := route.dialect(p)
	writeRefusal(w, p, status, body)
}

// in is the row in a dialect.
func (route Route) in(d dialect) Route {
	route.dialect = d
	return route
}

// openAI is OpenAI's dialect.
func openAI(p *Problem) (int, any) {
	fault := wire.OpenAIFault{Message: p.Detail, Type: "invalid_request_error"}
	switch {
	case p.Status == http.StatusUnauthorized:
		fault.Code = new("invalid_api_key")
	case p.Status == http.StatusTooManyRequests:
		fault.Type = "rate_limit_error"
	case p.Status >= 500:
		fault.Type = "server_error"
	}
	return p.Status, wire.OpenAIError{Detail: p.Detail, Error: &fault}
}

// dify is Dify's dialect. Whoever registers a service there is told that a key is wrong only
// if that is answered with 403.
func dify(p *Problem) (int, any) {
	status, code := p.Status, p.Status
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		status, code = http.StatusForbidden, difyDenied
	case http.StatusNotFound:
		code = difyNoKnowledge
	}
	return status, wire.DifyError{Detail: p.Detail, Code: code, Message: p.Detail}
}

// The error codes of Dify's external knowledge API; what it has none for has the status.
const (
	difyDenied      = 1002
	difyNoKnowledge = 2001
)
