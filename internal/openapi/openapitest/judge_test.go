package openapitest_test

import (
	"net/http"
	"net/url"
	"os"
	"testing"

	"morag/internal/openapi/openapitest"
)

func judge(t *testing.T) *openapitest.Judge {
	t.Helper()
	document, err := os.ReadFile("../../api/testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	j, err := openapitest.New(document)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJudge(t *testing.T) {
	t.Parallel()
	j := judge(t)
	const active, refusal = `{"active_tasks": ["a"], "count": 1}`, `{"detail": "no"}`
	json := "application/json"
	for name, tt := range map[string]struct {
		method, path string
		status       int
		media, body  string
		fits         bool
	}{
		"as documented":             {"GET", "/api/v1/status", 200, json, active, true},
		"a slash at the end":        {"GET", "/api/v1/status/", 200, json, active, true},
		"without a body":            {"HEAD", "/api/v1/status", 200, json, "", true},
		"a member too many":         {"GET", "/api/v1/status", 200, json, `{"active_tasks": [], "count": 0, "more": 1}`, false},
		"a member too few":          {"GET", "/api/v1/status", 200, json, `{"count": 0}`, false},
		"null for a list":           {"GET", "/api/v1/status", 200, json, `{"active_tasks": null, "count": 0}`, false},
		"no JSON":                   {"GET", "/api/v1/status", 200, json, `{`, false},
		"another content type":      {"GET", "/api/v1/status", 200, "text/html", active, false},
		"another status":            {"GET", "/api/v1/status", 201, json, active, false},
		"a refusal":                 {"GET", "/api/v1/status/x", 404, json, refusal, true},
		"a refusal of another kind": {"GET", "/api/v1/status", 409, json, refusal, false},
		"a refusal with more":       {"GET", "/api/v1/status/x", 404, json, `{"detail": "no", "at": "x.go:1"}`, false},
		"without Retry-After":       {"GET", "/api/v1/status", 503, json, refusal, false},
		"no such path":              {"GET", "/nowhere", 404, json, refusal, true},
		"no such path, answered":    {"GET", "/nowhere", 200, json, refusal, false},
		"no such method":            {"PUT", "/api/v1/status", 405, json, refusal, true},
	} {
		u, err := url.Parse(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		err = j.Answer(&http.Request{Method: tt.method, URL: u}, tt.status, http.Header{"Content-Type": {tt.media}}, []byte(tt.body))
		if (err == nil) != tt.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The examples of the document are as it says itself.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, err := range judge(t).Examples() {
		t.Error(err)
	}
}
