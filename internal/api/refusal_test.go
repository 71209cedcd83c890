package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/api"
	"morag/internal/app/apptest"
	"morag/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a call that follows nothing.
func ask(t *testing.T, s *apptest.Server, method, path, contentType, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := readAnswer(resp)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// readAnswer reads a body; of one that has no end, a stream of events, the first event.
func readAnswer(resp *http.Response) ([]byte, error) {
	if resp.Header.Get("Content-Type") != "text/event-stream" || resp.Request.Method == http.MethodHead {
		return io.ReadAll(resp.Body)
	}
	var text []byte
	for piece := make([]byte, 4096); ; {
		n, err := resp.Body.Read(piece)
		if text = append(text, piece[:n]...); err == io.EOF {
			return text, nil
		} else if err != nil || bytes.Contains(text, []byte("\n\n")) {
			return text, err
		}
	}
}

const jsonType = "application/json"

// refused checks an answer that is not a success: JSON, one sentence, no inside told.
func (a answer) refused(t *testing.T, what string, status int) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d, want %d: %s", what, a.status, status, a.body)
		return
	}
	if strings.HasPrefix(what, http.MethodHead+" ") { // whose answers have no body
		return
	}
	var body map[string]any
	mediaType, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || mediaType != jsonType {
		t.Errorf("%s: %s %q, want JSON", what, mediaType, a.body)
		return
	}
	detail, _ := body["detail"].(string)
	for _, same := range []string{"error", "error_code", "error_msg"} { // the members that others' clients know
		delete(body, same)
	}
	if detail == "" || len(body) != 1 || len(detail) > 300 || strings.ContainsAny(detail, "\n\t") {
		t.Errorf("%s: %q, want one sentence in detail alone", what, a.body)
	}
	for _, inside := range []string{"goroutine", ".go:", "panic", "sql", "internal error", "/uploads", "remote_jobs/"} {
		if strings.Contains(strings.ToLower(detail), inside) {
			t.Errorf("%s: %q tells of the server's inside", what, detail)
		}
	}
}

// path is a route's with an id for its parameter.
func path(r api.Route, id string) string {
	return strings.NewReplacer("{$}", "", "{id}", id).Replace(r.Path)
}

// methods by path, as the table has them.
func methods() map[string][]string {
	all := map[string][]string{}
	for _, r := range api.Routes() {
		all[r.Path] = append(all[r.Path], r.Method)
	}
	return all
}

func TestWrongMethodsAreRefused(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for route, takes := range methods() {
		at := path(api.Route{Path: route}, "nobody")
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} {
			if slices.Contains(takes, method) {
				continue
			}
			// What takes the path of a list for an id is another route's matter.
			if len(takes) == 1 && matchesAnother(method, at, route) {
				continue
			}
			got := ask(t, s, method, at, "", "")
			got.refused(t, method+" "+at, http.StatusMethodNotAllowed)
			allow := strings.Split(got.header.Get("Allow"), ", ")
			for _, m := range takes {
				if !slices.Contains(allow, m) {
					t.Errorf("%s %s: Allow is %q, want %s in it", method, at, allow, m)
				}
			}
		}
	}
}

// matchesAnother tells whether a path is also one of a route with a parameter.
func matchesAnother(method, at, route string) bool {
	mux := http.NewServeMux()
	for _, r := range api.Routes() {
		if r.Path != route {
			mux.Handle(r.Method+" "+r.Path, http.NotFoundHandler())
		}
	}
	req, err := http.NewRequest(method, at, nil)
	if err != nil {
		return false
	}
	_, pattern := mux.Handler(req)
	return pattern != ""
}

func TestHeadIsAnsweredLikeGetWithoutItsBody(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, r := range api.Routes() {
		if r.Method != "GET" {
			continue
		}
		at := path(r, "nobody")
		head := ask(t, s, "HEAD", at, "", "")
		want := ask(t, s, "GET", at, "", "").status
		if strings.HasSuffix(at, "/poll") {
			want = http.StatusMethodNotAllowed // it would claim a job and drop it
		}
		if head.status != want || head.body != "" {
			t.Errorf("HEAD %s: status %d and %d bytes, want %d and none", at, head.status, len(head.body), want)
		}
	}
}

// TestWorkersOfAnyName: what may be a worker's name can also be part of a path.
func TestWorkersOfAnyName(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, name := range []string{"gpu/1", "a b", "50%", "a//b", "Übung", "?x=1", "#", "w/drain", "%2F", "+"} {
		if _, err := s.Poll(t.Context(), client.Poll{WorkerID: name, ContentTypes: []string{"selftest"}, MaxJobs: 1}); err != nil {
			t.Fatal(err)
		}
		if err := s.DrainWorker(t.Context(), name); err != nil {
			t.Errorf("drain %q: %v", name, err)
		}
		if err := s.ResumeWorker(t.Context(), name); err != nil {
			t.Errorf("resume %q: %v", name, err)
		}
	}
}

// bodies are good ones for the routes that want one.
var bodies = map[string]string{
	"POST /api/v1/remote-jobs/{id}/heartbeat": `{"worker_id": "w"}`,
	"PUT /api/v1/remote-jobs/{id}/result":     `{"success": false, "error_message": "no"}`,
}

func TestUnknownIdsAreNotFound(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, r := range api.Routes() {
		if !strings.Contains(r.Path, "{id}") {
			continue
		}
		for _, id := range []string{
			"nobody", "00000000-0000-0000-0000-000000000000", "-", strings.Repeat("x", 200), "a.b", "a%20b", "%00", "%ff", "%C3%BC",
			"*", "a:b", "CON", "%25", "..%5c..%5cx", "a%0ab",
		} {
			at := path(r, id)
			got := ask(t, s, r.Method, at, jsonType, bodies[r.Method+" "+r.Path])
			got.refused(t, r.Method+" "+at, http.StatusNotFound)
		}
	}
}

// TestPathsThatClimb: whatever a path comes to, it is answered, and by no file.
func TestPathsThatClimb(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, at := range []string{
		"/nothing", "/api", "/api/v1", "/api/v2/documents", "/api/v1/documents/x/y/z", "/api/v1/documents/..%2f..%2f..%2fetc%2fpasswd",
		"/api/v1/remote-jobs/..%2f..%2fdownload.key", "/%2e%2e/%2e%2e/etc/passwd", "/download.key", "/data/morag.db", "/api/v1/status/x/events/y",
	} {
		ask(t, s, "GET", at, "", "").refused(t, at, http.StatusNotFound)
	}
}

// takesJSON are the routes whose body is a JSON object.
var takesJSON = []string{
	"POST /api/v1/remote-jobs", "POST /api/v1/remote-jobs/cleanup", "PUT /api/v1/remote-jobs/{id}/result",
	"POST /api/v1/remote-jobs/{id}/heartbeat", "POST /api/v1/remote-jobs/{id}/release", "POST /api/v1/remote-jobs/{id}/cancel",
	"POST /api/v1/remote-jobs/{id}/retry", "POST /api/v1/remote-jobs/{id}/reassign", "POST /search", "POST /api/v1/search",
}

func TestBadJSONIsRefused(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, route := range takesJSON {
		method, at, _ := strings.Cut(route, " ")
		at = strings.Replace(at, "{id}", "nobody", 1)
		for body, status := range map[string]int{
			`{"query": `: 400, `{]`: 400, `nothing`: 400, "\xff\xfe{\x00}\x00": 400, `{} {}`: 400,
			`[]`: 422, `"text"`: 422, `7`: 422,
			strings.Repeat("[", 100_000): 400,
		} {
			ask(t, s, method, at, jsonType, body).refused(t, fmt.Sprintf("%s with %.20q", route, body), status)
		}
	}
	for _, days := range []string{"-1", "0.5", "1e9", `"week"`} {
		ask(t, s, "POST", "/api/v1/remote-jobs/cleanup", jsonType, `{"days_old": `+days+`}`).refused(t, "days_old "+days, 422)
		ask(t, s, "POST", "/api/v1/remote-jobs/cleanup?days_old="+url.QueryEscape(days), "", "").refused(t, "?days_old="+days, 422)
	}
	large := `{"query": "` + strings.Repeat("x", 1<<20) + `"}`
	ask(t, s, "POST", "/search", jsonType, large).refused(t, "a large body", http.StatusRequestEntityTooLarge)
}

func TestBadFormsAreRefused(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, at := range []string{"/api/v1/ingest/file", "/api/v1/process"} {
		for name, c := range map[string]struct {
			contentType, body string
			status            int
		}{
			"text":               {"text/plain", "x", http.StatusUnsupportedMediaType},
			"no type at all":     {"; charset", "x", 400},
			"no boundary":        {"multipart/form-data", "x", 400},
			"no part":            {"multipart/form-data; boundary=b", "", 400},
			"cut off":            {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\n\r\nsome te", 400},
			"cut off in headers": {"multipart/form-data; boundary=b", "--b\r\nContent-Dispo", 400},
			"two files": {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\n\r\nx\r\n" +
				"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"y.txt\"\r\n\r\ny\r\n--b--\r\n", 400},
			"JSON that is none": {jsonType, "{", 400},
			"JSON, a list":      {jsonType, "[]", 422},
			"large fields":      {"application/x-www-form-urlencoded", "language=" + strings.Repeat("x", 2<<20), http.StatusRequestEntityTooLarge},
			"many fields":       {"application/x-www-form-urlencoded", manyFields(101), 400},
		} {
			ask(t, s, "POST", at, c.contentType, c.body).refused(t, at+" with "+name, c.status)
		}
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d=1&", i)
	}
	return strings.TrimSuffix(b.String(), "&")
}

// TestBadQueriesAreRefused goes through what lists and polls are asked for.
func TestBadQueriesAreRefused(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	const jobs = "/api/v1/remote-jobs"
	for at, status := range map[string]int{
		jobs + "?limit=many": 422, jobs + "?status=asleep": 422, jobs + "?cursor=x": 422,
		"/api/v1/tasks?limit=many": 422, "/api/v1/tasks?status=asleep": 422, "/api/v1/tasks?cursor=none-of-ours": 422,
		"/api/v1/documents?limit=many": 422, "/api/v1/documents?cursor=x": 422,
		jobs + "/poll": 422, jobs + "/poll?worker_id=w": 422, jobs + "/poll?content_types=audio": 422,
		jobs + "/poll?worker_id=w&content_types=,,": 422, jobs + "/poll?worker_id=w&content_types=a%20b": 422,
		jobs + "/poll?worker_id=w%0a&content_types=audio": 422, jobs + "/poll?worker_id=" + strings.Repeat("w", 129) + "&content_types=audio": 422,
		jobs + "/poll?worker_id=w&content_types=audio&max_jobs=many": 422, jobs + "/poll?worker_id=w&content_types=audio&wait=soon": 422,
		jobs + "/poll?worker_id=w&content_types=audio&lease=long": 422, jobs + "/poll?worker_id=w&content_types=" + strings.Repeat("audio,", 70) + manyTypes(70): 422,
		jobs + "/nobody/download?token=x": 403,
	} {
		ask(t, s, "GET", at, "", "").refused(t, at, status)
	}
	// Numbers out of range are brought to the nearest.
	for _, at := range []string{jobs + "?limit=0", jobs + "?limit=1e9", jobs + "/poll?worker_id=w&content_types=audio&max_jobs=1e99&lease=-5&wait=-1"} {
		if got := ask(t, s, "GET", at, "", ""); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", at, got.status, got.body)
		}
	}
}

func manyTypes(n int) string {
	types := make([]string, n)
	for i := range types {
		types[i] = fmt.Sprintf("type-%d", i)
	}
	return strings.Join(types, ",")
}

// TestASlashAtTheEndNeverMatters asks every route for the same with and without.
func TestASlashAtTheEndNeverMatters(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, r := range api.Routes() {
		if strings.HasSuffix(r.Path, "/{$}") || r.Method == "POST" && strings.HasSuffix(r.Path, "/backups") { // one at a time
			continue
		}
		at := path(r, "nobody")
		without := ask(t, s, r.Method, at, jsonType, bodies[r.Method+" "+r.Path])
		for _, end := range []string{"/", "//"} {
			with := ask(t, s, r.Method, at+end, jsonType, bodies[r.Method+" "+r.Path])
			if with.status != without.status || with.status/100 == 3 {
				t.Errorf("%s %s: %d, with %q at its end %d", r.Method, at, without.status, end, with.status)
			}
		}
	}
}
