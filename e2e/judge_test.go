package e2e

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"

	"morag/internal/client"
	"morag/internal/openapi/openapitest"
)

// undocumented are the answers that were not as the document has them. They fail the whole
// run: which test had them is in what they say.
var undocumented struct {
	sync.Mutex
	all []error
}

// maxTold is how many of them are told: one mistake may show in every answer.
const maxTold = 20

func noteUndocumented(err error) {
	undocumented.Lock()
	defer undocumented.Unlock()
	undocumented.all = append(undocumented.all, err)
}

// judged fails a run whose answers were not as documented.
func judged(code int) int {
	undocumented.Lock()
	defer undocumented.Unlock()
	for _, err := range undocumented.all[:min(len(undocumented.all), maxTold)] {
		fmt.Fprintln(os.Stderr, "not as documented:", err)
		code = 1
	}
	return code
}

// newWatch carries requests and holds the answers against the document, but in a
// benchmark, which measures the server and not the judge.
func newWatch() (http.RoundTripper, error) {
	plain, err := client.NewTransport("")
	if err != nil || flag.Lookup("test.bench").Value.String() != "" {
		return plain, err
	}
	document, err := os.ReadFile("../internal/api/testdata/openapi.json")
	if err != nil {
		return nil, err
	}
	return openapitest.Transport(plain, document, noteUndocumented)
}

// watch is one that tests share.
var watch = sync.OnceValues(newWatch)

// watched is a client whose answers are held against the document.
func watched() (*http.Client, error) {
	carrier, err := newWatch()
	return &http.Client{Transport: carrier}, err
}

// proxy is another address of the server, for programs whose answers are to be held
// against the document.
func (s *server) proxy() string {
	s.t.Helper()
	at := must[*url.URL](s.t)(url.Parse(s.url))
	front := httptest.NewServer(&httputil.ReverseProxy{
		Transport: must[http.RoundTripper](s.t)(watch()),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(at) },
	})
	s.t.Cleanup(front.Close)
	return front.URL
}
