package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/wire"
)

// corrected sends a correction of the document at a path.
func corrected(t *testing.T, s *apptest.Server, key, at, version, body string) (answer, wire.Corrected) {
	t.Helper()
	got := with(t, s, key, "PATCH", at+"/segments", body, "If-Match", version)
	var out wire.Corrected
	if got.status == http.StatusOK {
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Fatal(err)
		}
	}
	return got, out
}

// What people correct is found at once, by its new words and not by the old ones, which are
// kept; and there is no moment in which the document is not found.
func TestCorrection(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client})
	worker := apptest.CreateKey(t, set, auth.Spec{Name: "gpu", Role: auth.Worker})
	s := apptest.Start(t, set)
	api := s.As(alice)
	at := recorded(t, s, api, worker, "talk", "audio", "[00:00:01] Speaker_00: The tight turns.\n\n[00:00:03] Speaker_01: The heron sleeps.",
		`[{"start":1,"end":2.5,"text":"The tight turns.","speaker":"Speaker_00","original":"forged"},{"start":3,"end":5,"text":"The heron sleeps.","speaker":"Speaker_01"}]`)
	d, err := api.Document(t.Context(), "talk")
	if err != nil {
		t.Fatal(err)
	}

	stop := make(chan struct{})
	var searching sync.WaitGroup
	searching.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			found, err := api.Search(t.Context(), wire.Search{Query: "heron"})
			if err != nil || len(found.Results) != 1 {
				t.Errorf("a search beside corrections: %+v, %v", found, err)
				return
			}
		}
	})
	got, done := corrected(t, s, alice, at, `"`+d.Version+`"`, `{"changes":[{"index":0,"text":"The tide turns."}],"speakers":{"Speaker_00":"Ada"}}`)
	if got.status != http.StatusOK || done.Changed != 1 || done.Version == d.Version || done.ChunkCount != 1 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, text := range []string{"The tide turned.", "The tide turns."} {
		if got, done = corrected(t, s, alice, at, done.Version, `{"changes":[{"index":0,"text":"`+text+`"}]}`); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	close(stop)
	searching.Wait()

	after := with(t, s, alice, "GET", at+"/segments", "")
	if want := `{"index":0,"start":1,"end":2.5,"text":"The tide turns.","speaker":"Ada","original":"The tight turns."}`; !strings.Contains(after.body, want) || strings.Contains(after.body, "forged") || !strings.Contains(after.body, done.Version) {
		t.Errorf("segments %s", after.body)
	}
	text := with(t, s, alice, "GET", at+"/content", "")
	if text.body != "[00:00:01] Ada: The tide turns.\n\n[00:00:03] Speaker_01: The heron sleeps." {
		t.Errorf("text %s", text.body)
	}
	for word, want := range map[string]int{"tide": 1, "tight": 0} {
		found, err := api.Search(t.Context(), wire.Search{Query: word, Mode: "words"})
		if err != nil || len(found.Results) != want {
			t.Errorf("%s: %+v, %v", word, found, err)
		}
		if want == 1 && found.Results[0].Speaker != "Ada" {
			t.Errorf("who says it: %+v", found.Results[0])
		}
	}
	if now, err := api.Document(t.Context(), "talk"); err != nil || now.Checksum != d.Checksum || *now.TaskID != *d.TaskID || *now.SourceRef != *d.SourceRef || !now.CreatedAt.Equal(*d.CreatedAt) {
		t.Errorf("the document was %+v and is %+v, %v", d, now, err)
	}

	for name, tt := range map[string]struct {
		key, at, version, body string
		status                 int
	}{
		"somebody was faster":   {alice, at, d.Version, `{"changes":[{"index":0,"text":"x"}]}`, http.StatusPreconditionFailed},
		"no version":            {alice, at, "", `{"changes":[{"index":0,"text":"x"}]}`, http.StatusUnprocessableEntity},
		"another tenant":        {bob, at, "*", `{"changes":[{"index":0,"text":"x"}]}`, http.StatusNotFound},
		"a segment that is not": {alice, at, "*", `{"changes":[{"index":2,"text":"x"}]}`, http.StatusUnprocessableEntity},
		"no document":           {alice, "/api/v1/documents/none", "*", `{}`, http.StatusNotFound},
		"a worker":              {worker, at, "*", `{}`, http.StatusForbidden},
	} {
		got, _ := corrected(t, s, tt.key, tt.at, tt.version, tt.body)
		got.refused(t, name, tt.status)
	}
	if got, same := corrected(t, s, alice, at, "*", `{"changes":[{"index":0,"text":"The tide turns."}]}`); got.status != http.StatusOK || same.Changed != 0 || same.Version != done.Version {
		t.Errorf("what is so already: %d %s", got.status, got.body)
	}
}
