package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"

	"morag/internal/wire"
)

// Refusal is what the API says instead of an answer: a status and one clear sentence.
type Refusal struct {
	Status int
	Detail string
}

func (r *Refusal) Error() string { return r.Detail }

// get asks the API for what is at a path, which begins with /, and decodes the answer.
func (v *visit) get(path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return v.call(http.MethodGet, path, nil, out, nil)
}

// find asks by a POST that changes nothing: so nobody's form needs to have sent it.
func (v *visit) find(path string, in, out any) error {
	return v.call(http.MethodPost, path, in, out, withToken(v.who.CSRFToken))
}

// post has the API do something. in is what it sends, nil for nothing; out may be nil.
func (v *visit) post(path string, in, out any) error {
	return v.call(http.MethodPost, path, in, out, withToken(v.FormValue("csrf")))
}

// remove has the API take something away.
func (v *visit) remove(path string) error {
	return v.call(http.MethodDelete, path, nil, nil, withToken(v.FormValue("csrf")))
}

// correct changes a document, if it has the version still.
func (v *visit) correct(path, version string, in wire.Correction, out any) error {
	header := withToken(v.FormValue("csrf"))
	if version != "" {
		header.Set("If-Match", version)
	}
	return v.call(http.MethodPatch, path, in, out, header)
}

// withToken is the header by which a session proves that a call is its own.
func withToken(token string) http.Header { return http.Header{"X-Csrf-Token": {token}} }

func (v *visit) call(method, path string, in, out any, header http.Header) error {
	var body io.Reader = http.NoBody
	if in != nil {
		sent, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(sent)
	}
	answer, err := v.ask(method, path, body, header)
	if err != nil {
		return err
	}
	if answer.status >= http.StatusBadRequest {
		said := wire.Error{}
		_ = json.Unmarshal(answer.body.Bytes(), &said) // what says nothing gets the status' own text
		if said.Detail == "" {
			said.Detail = http.StatusText(answer.status)
		}
		return &Refusal{Status: answer.status, Detail: said.Detail}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.body.Bytes(), out); err != nil {
		return fmt.Errorf("the answer of %s %s: %w", method, path, err)
	}
	return nil
}

// passed are the headers by which the API knows who asks, and from where.
var passed = []string{"Authorization", "X-Api-Key", "Cookie", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "X-Forwarded-Proto"}

// ask has the API answer a request in the name of the visitor, within the process. What
// changes something needs a header [withToken].
func (v *visit) ask(method, path string, body io.Reader, header http.Header) (*kept, error) {
	inner, err := v.inner(method, path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(inner.Header, header)
	if method != http.MethodGet {
		inner.Header.Set("Content-Type", "application/json")
	}
	answer := &kept{header: http.Header{}}
	v.dashboard.API.ServeHTTP(answer, inner)
	return answer, nil
}

// inner is a request to the API in the name of the visitor.
func (v *visit) inner(method, path string, body io.Reader) (*http.Request, error) {
	inner, err := http.NewRequestWithContext(v.Context(), method, path, body)
	if err != nil {
		return nil, err
	}
	for _, name := range passed {
		if sent := v.Header.Values(name); len(sent) > 0 {
			inner.Header[name] = sent
		}
	}
	inner.Host, inner.RemoteAddr, inner.TLS, inner.RequestURI = v.Host, v.RemoteAddr, v.TLS, path
	return inner, nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (k *kept) Header() http.Header { return k.header }

// WriteHeader implements [http.ResponseWriter].
func (k *kept) WriteHeader(status int) {
	if k.status == 0 && status >= http.StatusOK {
		k.status = status
	}
}

// Write implements [http.ResponseWriter].
func (k *kept) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(p)
}
