package dashboard_test

import (
	"net/url"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
)

// TestHostileStrings: whatever a worker calls itself is text on a page.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: evil, ContentTypes: []string{"audio"}, MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	for _, path := range []string{"/ui"} {
		if got := b.get(path); got.status != 200 || !strings.Contains(got.body, "&lt;x-evil onmouseover=alert(1)&gt;") {
			t.Errorf("%s does not show it: %d", path, got.status)
		}
	}
}

// TestOutcomes: what a form has done, or why not, is told once on the page it leads to.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: evil, ContentTypes: []string{"audio"}, MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	for worker, want := range map[string]string{evil: `<p class="told">The worker &#34;&#39;&gt;&lt;x-evil`, "nobody": `<p class="told bad">`} {
		if got := b.post("/ui/workers/drain", url.Values{"worker": {worker}, "back": {"/ui?span=day"}}); got.status != 303 || got.header.Get("Location") != "/ui?span=day" {
			t.Errorf("drain %s: %d %q", worker, got.status, got.header.Get("Location"))
		}
		if got := b.get("/ui?span=day"); !strings.Contains(got.body, want) {
			t.Errorf("the page does not tell %q: %s", want, got.body)
		}
		if got := b.get("/ui?span=day"); strings.Contains(got.body, "told") && strings.Contains(got.body, `class="told`) {
			t.Error("the outcome is told twice")
		}
	}
	if w, err := s.Workers(t.Context(), client.List{}); err != nil || !w.Workers[0].Drained {
		t.Errorf("the worker is %+v (%v)", w.Workers, err)
	}
}
