package api_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// store ingests a text and returns the task when it has ended.
func store(t *testing.T, c *client.Client, text string, o client.IngestOptions) wire.Task {
	t.Helper()
	file := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := c.IngestFile(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := c.WaitTask(t.Context(), made.TaskID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ended.Status != "SUCCESS" {
		t.Fatalf("task %s ended %s: %v", ended.TaskID, ended.Status, ended.Error)
	}
	return ended
}

func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	keys := map[string]string{
		"alice": apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client}),
		"bob":   apptest.CreateKey(t, set, auth.Spec{Name: "bob", Role: auth.Client}),
		"all":   apptest.CreateKey(t, set, auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true}),
		"admin": apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin}),
	}
	s := apptest.Start(t, set)
	alice, bob := s.As(keys["alice"]), s.As(keys["bob"])

	// The same text, document id and Idempotency-Key are two things with two owners.
	same := client.IngestOptions{Options: option.Options{DocumentID: "plan"}, IdempotencyKey: "monday"}
	first, second := store(t, alice, "the secret of the orchard", same), store(t, bob, "the secret of the orchard", same)
	if first.TaskID == second.TaskID {
		t.Fatal("two callers with one Idempotency-Key got one task")
	}
	for _, task := range []wire.Task{first, second} {
		if strings.Contains(string(task.Result), `"duplicate":true`) {
			t.Errorf("a duplicate of another tenant's: %s", task.Result)
		}
	}
	if again := store(t, alice, "the secret of the orchard", client.IngestOptions{}); !strings.Contains(string(again.Result), `"duplicate":true`) || *again.DocumentID != "plan" {
		t.Errorf("no duplicate among her own: %s", again.Result)
	}
	private := store(t, alice, "nobody else reads of plums", client.IngestOptions{Options: option.Options{DocumentID: "plums"}})

	doc, task := "/api/v1/documents/plums", "/api/v1/status/"+private.TaskID
	for _, tt := range []struct{ method, path string }{
		{"GET", doc}, {"GET", doc + "/content"}, {"GET", doc + "/chunks"}, {"GET", doc + "/source"}, {"DELETE", doc},
		{"GET", doc + "/segments"}, {"GET", doc + "/transcript"},
		{"GET", doc + "?owner=alice"}, {"DELETE", doc + "?owner=alice"},
		{"GET", task}, {"DELETE", "/api/v1/ingest/" + private.TaskID}, {"POST", "/api/v1/tasks/" + private.TaskID + "/retry"},
	} {
		got := with(t, s, keys["bob"], tt.method, tt.path, "")
		got.refused(t, tt.method+" "+tt.path+" by another tenant", http.StatusNotFound)
		// Nothing tells it from what is not there.
		nothing := with(t, s, keys["bob"], tt.method, strings.NewReplacer("plums", "nothing", private.TaskID, "nothing").Replace(tt.path), "")
		if nothing.status != got.status || nothing.body != got.body {
			t.Errorf("%s %s: %q, but %q for what is not there", tt.method, tt.path, got.body, nothing.body)
		}
	}

	seen := func(key string) (found []string, documents, tasks int) {
		c := s.As(keys[key])
		hits, err := c.Search(t.Context(), wire.Search{Query: "plums orchard"})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits.Results {
			found = append(found, h.Owner+"/"+h.DocumentID)
		}
		slices.Sort(found)
		list, err := c.Documents(t.Context(), client.DocumentFilter{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Tasks(t.Context(), client.TaskFilter{})
		if err != nil {
			t.Fatal(err)
		}
		stats, err := c.QueueStats(t.Context())
		if err != nil || stats.Completed != len(all.Tasks) {
			t.Errorf("%s: %d tasks are listed, %+v counted, %v", key, len(all.Tasks), stats, err)
		}
		return found, len(list.Documents), len(all.Tasks)
	}
	for key, want := range map[string]string{
		"alice": "[/plan /plums] 2 3", "bob": "[/plan] 1 1",
		"all": "[alice/plan alice/plums bob/plan] 3 4", "admin": "[alice/plan alice/plums bob/plan] 3 4",
	} {
		found, documents, tasks := seen(key)
		if got := fmt.Sprint(found, documents, tasks); got != want {
			t.Errorf("%s finds, and sees documents and tasks: %s, want %s", key, got, want)
		}
	}

	// Who sees all names the owner where the id alone does not tell.
	for _, key := range []string{"all", "admin"} {
		with(t, s, keys[key], "GET", "/api/v1/documents/plan", "").refused(t, "one of two by "+key, http.StatusConflict)
		if got := with(t, s, keys[key], "GET", "/api/v1/documents/plan?owner=bob", ""); got.status != 200 || !strings.Contains(got.body, `"owner":"bob"`) {
			t.Errorf("bob's by %s: %d %s", key, got.status, got.body)
		}
		for _, at := range []string{doc, doc + "/content", task} {
			if got := with(t, s, keys[key], "GET", at, ""); got.status != 200 {
				t.Errorf("GET %s by %s: %d %s", at, key, got.status, got.body)
			}
		}
		with(t, s, keys[key], "GET", "/api/v1/documents/nothing", "").refused(t, "what is not there by "+key, http.StatusNotFound)
	}
	if got := with(t, s, keys["admin"], "DELETE", "/api/v1/documents/plan?owner=bob", ""); got.status != 200 {
		t.Errorf("delete by an admin: %d %s", got.status, got.body)
	}
	if got := with(t, s, keys["alice"], "GET", "/api/v1/documents/plan", ""); got.status != 200 || strings.Contains(got.body, "owner") {
		t.Errorf("alice's after bob's was deleted: %d %s", got.status, got.body)
	}
}

func TestNewKeyOfANameHasItsThings(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	old := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	fresh := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	s := apptest.Start(t, set)
	store(t, s.As(old), "hello", client.IngestOptions{Options: option.Options{DocumentID: "hello"}})
	if _, err := s.As(fresh).Document(t.Context(), "hello"); err != nil {
		t.Error(err)
	}
}

// What a server kept before it had keys is for a key of the name default, and for those
// that see all.
func TestWhatWasKeptWithoutKeysStaysReachable(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	store(t, s.Client, "from the first days", client.IngestOptions{Options: option.Options{DocumentID: "old"}})
	s.Stop()
	for _, tt := range []struct {
		spec auth.Spec
		want int
	}{
		{auth.Spec{Name: "default", Role: auth.Client}, 200},
		{auth.Spec{Name: "alice", Role: auth.Client}, 404},
		{auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true}, 200},
		{auth.Spec{Name: "ops", Role: auth.Admin}, 200},
	} {
		key := apptest.CreateKey(t, s.Settings, tt.spec)
		s := apptest.Start(t, s.Settings)
		if got := with(t, s, key, "GET", "/api/v1/documents/old", ""); got.status != tt.want {
			t.Errorf("%s: %d %s, want %d", tt.spec.Name, got.status, got.body, tt.want)
		}
		s.Stop()
	}
}

func TestClientSeesTheJobsOfItsOwnTasks(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	alice := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	bob := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "bob", Role: auth.Client})
	auditor := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true})
	f.obeys(auditor, 403)
	file := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(file, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := f.As(alice).IngestFile(t.Context(), file, client.IngestOptions{Options: option.Options{Remote: true}, ContentType: "selftest"})
	if err != nil {
		t.Fatal(err)
	}
	p := f.claim(f.first, "w1", "selftest")
	f.says(200, f.first, "PUT", jobsPath+"/"+p.JobID+"/result", `{"success": true, "content": "spoken words", "worker_id": "w1", "attempt": 1}`)
	if ended, err := f.As(alice).WaitTask(t.Context(), made.TaskID, nil); err != nil || ended.Status != "SUCCESS" {
		t.Fatal(ended.Status, err)
	}
	at := jobsPath + "/" + p.JobID + "/status"
	for key, want := range map[string]int{alice: 200, bob: 404, auditor: 200, f.admin: 200} {
		got := f.says(want, key, "GET", at, "")
		if want == 200 && !strings.Contains(got.body, "spoken words") {
			t.Errorf("no result in %s", got.body)
		}
	}
	// A job that an operator has made by its path belongs to the operator.
	id := f.create("type-a")
	f.claim(f.first, "w1", "type-a")
	f.says(200, f.first, "PUT", jobsPath+"/"+id+"/result", `{"success": true, "content": "an operator's", "worker_id": "w1", "attempt": 1}`)
	f.says(404, alice, "GET", jobsPath+"/"+id+"/status", "")
	var record struct {
		TaskID    string `json:"ingestion_task_id"`
		CreatedBy string `json:"created_by"`
	}
	decode(t, f.says(200, f.admin, "GET", jobsPath+"/"+id, ""), &record)
	if record.CreatedBy != "ops" {
		t.Errorf("created by %q", record.CreatedBy)
	}
	ended, err := f.As(f.admin).WaitTask(t.Context(), record.TaskID, nil)
	if err != nil || ended.Owner != "ops" {
		t.Errorf("the task is %q's, %v", ended.Owner, err)
	}
}

// To see everybody's things is not to change them. Every route that changes a document or
// a task of another, by every kind of caller.
func TestChangingOthersThingsTakesARight(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	alice := apptest.CreateKey(t, set, auth.Spec{Name: "alice", Role: auth.Client})
	for _, tt := range []struct {
		spec auth.Spec
		want int // of what is alice's
	}{
		{auth.Spec{Name: "bob", Role: auth.Client}, http.StatusNotFound},
		{auth.Spec{Name: "auditor", Role: auth.Client, ScopeAll: true}, http.StatusForbidden},
		{auth.Spec{Name: "gpu", Role: auth.Worker}, http.StatusForbidden},
		{auth.Spec{Name: "keeper", Role: auth.Client, ScopeAll: true, Manage: true}, http.StatusOK},
		{auth.Spec{Name: "ops", Role: auth.Admin}, http.StatusOK},
		{auth.Spec{Name: "alice", Role: auth.Client}, http.StatusOK},
	} {
		key := apptest.CreateKey(t, set, tt.spec)
		s := apptest.Start(t, set)
		done := store(t, s.As(alice), "plums for "+tt.spec.Name, client.IngestOptions{Options: option.Options{DocumentID: "plums"}})
		conflict := tt.want
		if conflict == http.StatusOK {
			conflict = http.StatusConflict // it is over, and a success, and has no webhook
		}
		for _, call := range []struct {
			method, path string
			want         int
		}{
			{"DELETE", "/api/v1/ingest/" + done.TaskID, conflict},
			{"POST", "/api/v1/tasks/" + done.TaskID + "/retry", conflict},
			{"POST", "/api/v1/tasks/" + done.TaskID + "/redeliver", conflict},
			{"DELETE", "/api/v1/documents/plums?owner=alice", tt.want},
		} {
			if got := with(t, s, key, call.method, call.path, ""); got.status != call.want {
				t.Errorf("%s %s by %s: %d %s, want %d", call.method, call.path, tt.spec.Name, got.status, got.body, call.want)
			}
		}
		left := with(t, s, alice, "GET", "/api/v1/documents/plums", "").status
		if (left == http.StatusNotFound) != (tt.want == http.StatusOK) {
			t.Errorf("after %s it is answered %d", tt.spec.Name, left)
		}
		// What is its own it deletes, whatever it may else.
		if tt.spec.Role == auth.Client {
			store(t, s.As(key), "pears", client.IngestOptions{Options: option.Options{DocumentID: "pears"}})
			if got := with(t, s, key, "DELETE", "/api/v1/documents/pears", ""); got.status != http.StatusOK {
				t.Errorf("%s deletes its own: %d %s", tt.spec.Name, got.status, got.body)
			}
		}
		with(t, s, alice, "DELETE", "/api/v1/documents/plums", "")
		s.Stop()
	}
}
