package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/task"
)

type everything struct {
	page
	repeatable
	ID    string `path:"id"`
	Exact int    `query:"exact" default:"7" min:"0" max:"9" exact:""`
	Maybe *int   `query:"maybe" min:"1" max:"5"`
	Kind  string `query:"kind" enum:"ONE TWO"`
	Body  struct {
		Text  string `json:"text"`
		Count *int   `json:"count"`
	} `body:""`
}

// call makes the request through a row of the table and returns what the row was given.
func (in everything) call(t *testing.T, path, body string, header ...string) (got everything, refused *Problem) {
	t.Helper()
	row := endpoint("POST", "/{id}", open, func(_ context.Context, _ *call, in everything) (none, error) {
		got = in
		return none{}, nil
	}, about{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := row.serve(w, r); err != nil && !errors.As(err, &refused) {
			t.Errorf("%s %s: %v is no answer", path, body, err)
		}
	})
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	mux.ServeHTTP(httptest.NewRecorder(), r)
	return got, refused
}

func TestInput(t *testing.T) {
	t.Parallel()
	got, refused := everything{}.call(t, "/x%2Fy?kind=two&maybe=3&cursor=c&unknown=1", `{"text": "a", "count": null, "more": 1}`, "Idempotency-Key", "k")
	if refused != nil {
		t.Fatal(refused)
	}
	if got.ID != "x/y" || got.Limit != 100 || got.Cursor != "c" || got.Exact != 7 || got.Maybe == nil || *got.Maybe != 3 || got.Kind != "TWO" ||
		got.Key != "k" || got.Body.Text != "a" || got.Body.Count != nil {
		t.Errorf("%+v", got)
	}
	got, _ = everything{}.call(t, "/x?limit=&exact=&maybe=&kind=", " ")
	if got.Limit != 100 || got.Exact != 7 || got.Maybe != nil || got.Kind != "" || got.Body.Text != "" {
		t.Errorf("of empty values: %+v", got)
	}
}

// A number is brought into its bounds, or refused when it has to be exact.
func TestInputBounds(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]int{"limit=0": 1, "limit=-1e9": 1, "limit=2.9": 2, "limit=1001": 1000, "limit=1e300": 1000, "limit=Inf": 1000} {
		if got, refused := (everything{}).call(t, "/x?"+query, ""); refused != nil || got.Limit != want {
			t.Errorf("%s: %d, %v, want %d", query, got.Limit, refused, want)
		}
	}
	const exact = "exact must be a whole number from 0 to 9"
	for query, want := range map[string]string{
		"limit=many": "limit must be a number", "limit=NaN": "limit must be a number",
		"exact=10": exact, "exact=-1": exact, "exact=1.5": exact, "exact=x": exact, "exact=NaN": exact,
		"kind=three": "kind must be one of ONE, TWO",
		// The body is read first, and the first thing that is wrong is told.
		"kind=three&limit=many": "limit must be a number",
	} {
		if _, refused := (everything{}).call(t, "/x?"+query, ""); refused == nil || refused.Status != 422 || refused.Detail != want {
			t.Errorf("%s: %v, want %q", query, refused, want)
		}
	}
	for body, want := range map[string]string{
		`{"text": 1}`: "text must be a string, not a JSON number", `{"count": "x"}`: "count must be a whole number, not a JSON string", `[]`: "the body must be a JSON object",
	} {
		if _, refused := (everything{}).call(t, "/x?limit=many", body); refused == nil || refused.Status != 422 || refused.Detail != want {
			t.Errorf("%s: %v, want %q", body, refused, want)
		}
	}
	if _, refused := (everything{}).call(t, "/x", `{`); refused == nil || refused.Status != 400 {
		t.Errorf("no JSON: %v", refused)
	}
}

// The tags of the table are what the domains have.
func TestTagsAreTheDomains(t *testing.T) {
	t.Parallel()
	enum := func(in any, field string) string {
		f, _ := reflect.TypeOf(in).FieldByName(field)
		return f.Tag.Get("enum")
	}
	var jobs, tasks []string
	for _, s := range job.Statuses() {
		jobs = append(jobs, string(s))
	}
	for _, s := range []task.Status{task.Pending, task.Progress, task.Success, task.Failure, task.Revoked} {
		tasks = append(tasks, string(s))
	}
	if got := enum(jobFilter{}, "Status"); got != strings.Join(jobs, " ") {
		t.Errorf("statuses of jobs: %q", got)
	}
	if got := enum(taskFilter{}, "Status"); got != strings.Join(tasks, " ") {
		t.Errorf("statuses of tasks: %q", got)
	}
	for _, p := range inputOf(reflect.TypeFor[polled]()).params {
		want, is := map[string][2]int{
			"max_jobs": {1, dispatch.MaxPollJobs}, "wait": {0, int(dispatch.MaxWait.Seconds())},
			"lease": {int(dispatch.MinLease.Seconds()), int(dispatch.MaxLease.Seconds())},
		}[p.name]
		if is && (p.min != want[0] || p.max != want[1]) {
			t.Errorf("%s is from %d to %d, want %v", p.name, p.min, p.max, want)
		}
	}
	for _, p := range inputOf(reflect.TypeFor[page]()).params {
		if p.name == "limit" && p.max != maxList {
			t.Errorf("a page has at most %d, want %d", p.max, maxList)
		}
	}
}

// What cannot be read is a mistake of the table, told when it is made.
func TestInputOfNoParameter(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a list is a parameter")
		}
	}()
	inputOf(reflect.TypeFor[struct {
		Names []string `query:"names"`
	}]())
}
