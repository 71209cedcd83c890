package api_test

import (
	"encoding/json"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// bulk makes a bulk call that is answered.
func bulk(t *testing.T, s *apptest.Server, key, path, body string) (out wire.BulkDone) {
	t.Helper()
	got := with(t, s, key, "POST", "/api/v1/"+path+"/bulk", body)
	if err := json.Unmarshal([]byte(got.body), &out); got.status != 200 || err != nil {
		t.Fatalf("%s: %d %s", body, got.status, got.body)
	}
	return out
}

func counts(d wire.BulkDone) [3]int { return [3]int{d.Matched, d.Done, d.Failed} }

func TestBulk(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	alice := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "bob", Role: auth.Client})
	auditor := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true})
	f.obeys(auditor, 403)

	// Tasks: each key's own, and of those the ones that can be called off.
	for _, key := range []string{alice, alice, alice, bob} {
		_, err := f.As(key).IngestFile(t.Context(), saved(t, "sound"), client.IngestOptions{ContentType: "selftest", Options: option.Options{Remote: true, DocumentID: ""}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := bulk(t, f.Server, alice, "tasks", `{"action": "cancel", "filter": {}, "dry_run": true}`); counts(got) != [3]int{3, 0, 0} || !got.DryRun {
		t.Errorf("a dry run: %+v", got)
	}
	if got := bulk(t, f.Server, auditor, "tasks", `{"action": "cancel", "filter": {}}`); counts(got) != [3]int{4, 0, 4} || len(got.Failures) != 4 || got.Failures[0].Detail == "" {
		t.Errorf("by who sees all and may change nothing: %+v", got)
	}
	if got := bulk(t, f.Server, alice, "tasks", `{"action": "cancel", "filter": {"id_prefix": "zz"}}`); counts(got) != [3]int{} {
		t.Errorf("of what is not there: %+v", got)
	}
	if got := bulk(t, f.Server, alice, "tasks", `{"action": "cancel", "filter": {}}`); counts(got) != [3]int{3, 3, 0} || got.DryRun || got.More {
		t.Errorf("all of alice's: %+v", got)
	}
	if got := bulk(t, f.Server, alice, "tasks", `{"action": "cancel", "filter": {}}`); counts(got) != [3]int{} {
		t.Errorf("again: %+v", got)
	}
	if got := bulk(t, f.Server, bob, "tasks", `{"action": "retry", "filter": {"status": "PENDING"}}`); got.Done != 0 {
		t.Errorf("of what cannot be retried: %+v", got)
	}

	// Jobs.
	for range 3 {
		f.create("type-a")
	}
	f.create("type-b")
	if got := bulk(t, f.Server, f.admin, "remote-jobs", `{"action": "cancel", "filter": {"content_type": "type-a"}}`); counts(got) != [3]int{3, 3, 0} {
		t.Errorf("jobs of one type: %+v", got)
	}
	if got := bulk(t, f.Server, f.admin, "remote-jobs", `{"action": "retry", "filter": {"status": "cancelled", "content_type": "type-a"}}`); counts(got) != [3]int{3, 3, 0} {
		t.Errorf("the same once more: %+v", got)
	}
	if got := bulk(t, f.Server, f.admin, "remote-jobs", `{"action": "cancel", "filter": {"content_type": "type-b", "status": "pending"}}`); counts(got) != [3]int{1, 1, 0} {
		t.Errorf("the other: %+v", got)
	}
	with(t, f.Server, alice, "POST", "/api/v1/remote-jobs/bulk", `{"action": "cancel", "filter": {}}`).refused(t, "jobs by a client", 403)

	// Documents.
	for key, id := range map[string]string{alice: "draft-a", bob: "draft-b"} {
		store(t, f.As(key), "words of "+id, client.IngestOptions{Options: option.Options{DocumentID: id}})
	}
	store(t, f.As(alice), "other words", client.IngestOptions{Options: option.Options{DocumentID: "final"}})
	if got := bulk(t, f.Server, alice, "documents", `{"action": "delete", "filter": {"id_prefix": "draft-"}}`); counts(got) != [3]int{1, 1, 0} {
		t.Errorf("alice's drafts: %+v", got)
	}
	if got := bulk(t, f.Server, f.admin, "documents", `{"action": "delete", "filter": {}}`); counts(got) != [3]int{2, 2, 0} {
		t.Errorf("everybody's: %+v", got)
	}

	for body, path := range map[string]string{
		`{"action": "delete", "filter": {}}`:                       "tasks",
		`{"action": "cancel", "filter": {}}`:                       "documents",
		`{"action": "delete"}`:                                     "documents",
		`{"action": "delete", "filter": null}`:                     "documents",
		`{"action": "delete", "filter": {"id-prefix": "a"}}`:       "documents",
		`{"action": "delete", "filter": {"status": "x"}}`:          "documents",
		`{"action": "cancel", "filter": {"status": "pending"}}`:    "tasks",
		`{"filter": {}}`:                                           "tasks",
		`{"action": "cancel", "filter": {"stauts": "PENDING"}}`:    "tasks",
		`{"action": "cancel", "filter": {"status": 5}}`:            "tasks",
		`{"action": "cancel", "filter": {}, "dry_run": "perhaps"}`: "tasks",
	} {
		with(t, f.Server, alice, "POST", "/api/v1/"+path+"/bulk", body).refused(t, body, 422)
	}
}
