package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"morag/internal/client"
	"morag/internal/option"
)

// A field that is almost called as a known one is told of; the extra fields of the documented
// clients are not.
func TestMisspeltFieldsAreTold(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	for name, tt := range map[string]struct{ path, body, told string }{
		"a filter that filters nothing": {"/api/v1/search", `{"query": "lamp", "filter": {"shelf": 3}}`, `the field \"filter\" is unknown and was ignored: is filters meant?`},
		"another search":                {"/search", `{"query": "lamp", "limits": 3}`, `the field \"limits\" is unknown`},
		"an option":                     {"/api/v1/ingest/url", `{"url": %q, "chunkSize": 600}`, `is chunk_size meant?`},
		"an option of the all-in-one call": {"/api/v1/process", `{"mode": "ingest", "source_type": "url", "url": %q, "processing_options": {"chunk_sise": 600}}`,
			`the field \"chunk_sise\" is unknown and was ignored: is chunk_size meant?`},
		"one that is converted at once": {"/api/v1/process", `{"mode": "convert", "source_type": "url", "url": %q, "langauge": "de"}`, `is language meant?`},
		"fields of other programs":      {"/api/v1/search", `{"query": "lamp", "user": "ada", "collection": "all", "include_vectors": false}`, ""},
		"fields of the documents": {"/api/v1/process", `{"mode": "ingest", "source_type": "url", "url": %q, "document_id": null, "replace_existing": false,
			"processing_options": {"chunk_size": 4000, "chunk_overlap": 200, "chunking_strategy": "paragraph", "language": null, "include_thumbnails": false},
			"metadata": {"filter": 1, "remote": false}}`, ""},
	} {
		body := tt.body
		if strings.Contains(body, "%q") {
			body = fmt.Sprintf(body, l.URL+"/page/one")
		}
		status, text := v.post(tt.path, body)
		if status != http.StatusOK || tt.told == "" && strings.Contains(text, "is unknown") || !strings.Contains(text, tt.told) {
			t.Errorf("%s: %d %s, want %q", name, status, text, tt.told)
		}
	}
}

// Lists, jobs and what changes them tell it, too: a list is longer than who sent a parameter
// that is unknown believes.
func TestUnknownParametersAndFieldsOfJobsAreTold(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	for path, told := range map[string]string{
		"/api/v1/tasks?state=FAILURE":          `the parameter \"state\" is unknown and was ignored: is status meant?"`,
		"/api/v1/tasks?statuss=FAILURE":        `the parameter \"statuss\" is unknown and was ignored: is status meant?`,
		"/api/v1/documents?sort=name":          `the parameter \"sort\" is unknown`,
		"/api/v1/remote-jobs?contenttype=a":    `is content_type meant?`,
		"/api/v1/tasks?status=FAILURE&limit=3": "",
		"/api/v1/remote-jobs?limit=1":          "",
	} {
		status, text := v.call(http.MethodGet, path, "", "")
		if status != http.StatusOK || strings.Contains(text, "warnings") && told == "" || !strings.Contains(text, told) {
			t.Errorf("%s: %d %s, want %q", path, status, text, told)
		}
	}
	status, text := v.post("/api/v1/ingest/url?remote=true", fmt.Sprintf(`{"url": %q}`, l.URL+"/page/one"))
	if status != http.StatusOK || !strings.Contains(text, `the parameter \"remote\" of the address was ignored: what is asked for are fields of the body`) {
		t.Errorf("an option in the address: %d %s", status, text)
	}
	status, text = v.post("/api/v1/ingest/batch", fmt.Sprintf(`{"items": [{"url": %q}], "langauge": "de"}`, l.URL+"/page/one"))
	if status != http.StatusOK || !strings.Contains(text, "is language meant?") {
		t.Errorf("a batch: %d %s", status, text)
	}
	status, text = v.post("/process/url", fmt.Sprintf(`{"url": %q, "langauge": "de"}`, l.URL+"/page/one"))
	if status != http.StatusOK || !strings.Contains(text, "is language meant?") {
		t.Errorf("a conversion: %d %s", status, text)
	}
	status, text = v.post("/api/v1/remote-jobs/cleanup", `{"daysold": 7}`)
	if status != http.StatusOK || !strings.Contains(text, "is days_old meant?") {
		t.Errorf("a cleanup: %d %s", status, text)
	}
}

// Answers that have no room for warnings, since they are texts, files or as the original has
// them, tell it in a header; those that have room send none.
func TestUnknownParametersAreToldByHeader(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	const id = "one"
	made, err := v.IngestURL(t.Context(), l.URL+"/page/one", client.IngestOptions{Options: option.Options{DocumentID: id}})
	if err != nil {
		t.Fatal(err)
	}
	if done, err := v.WaitTask(t.Context(), made.TaskID, nil); err != nil || done.Status != "SUCCESS" {
		t.Fatalf("%+v, %v", done, err)
	}
	for path, told := range map[string]string{
		"/api/v1/documents/" + id + "/content?formt=md":                       `the parameter "formt" is unknown and was ignored`,
		"/api/v1/documents/" + id + "/transcript?fromat=md":                   `the parameter "fromat" is unknown and was ignored: is format meant?`,
		"/api/v1/documents/" + id + "?owners=ann":                             "",
		"/api/v1/documents/" + id + "/source?a%0d%0ab=1":                      `the parameter "a\r\nb" is unknown and was ignored`,
		"/api/v1/documents/" + id + "/source?\u00fc=1":                        `the parameter "\u00fc" is unknown and was ignored`,
		"/api/v1/remote-jobs/poll?worker_id=w&content_types=selftest&waits=1": `the parameter "waits" is unknown and was ignored: is wait meant?`,
		"/health?verbose=1":                           `the parameter "verbose" is unknown and was ignored`,
		"/openapi.json?x=1":                           `the parameter "x" is unknown and was ignored`,
		"/api/v1/documents/" + id + "/content?owner=": "",
		"/api/v1/tasks?state=FAILURE":                 "",
	} {
		resp, err := http.Get(v.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := strings.Join(resp.Header.Values("Morag-Warning"), "; "); got != told {
			t.Errorf("%s: %d %q, want %q", path, resp.StatusCode, got, told)
		}
	}
}
