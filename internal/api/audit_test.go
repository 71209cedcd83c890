package api_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
)

// TestChangesAreAuditedAndSecretsAreNot runs a day's work with the log at its most
// talkative, and reads it.
func TestChangesAreAuditedAndSecretsAreNot(t *testing.T) {
	t.Parallel()
	f := newFarm(t, func(s *config.Server) { s.Engines.AllowPrivateURLs = []string{"127.0.0.1"} })
	alice := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	f.obeys(alice, 403)
	api := f.As(alice)
	file := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(file, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	const hookSecret, hookToken, password = "whsec_c2VjcmV0LW9mLXRoZS1ob29r", "token-of-the-hook", "password-of-the-file"
	made, err := api.IngestFile(t.Context(), file, client.IngestOptions{
		Options:     option.Options{Remote: true, DocumentID: "talk", Webhook: &option.Webhook{URL: "http://127.0.0.1:9/hook", Secret: hookSecret, AuthToken: hookToken}},
		ContentType: "selftest",
	})
	if err != nil {
		t.Fatal(err)
	}
	store(t, api, "locked words", client.IngestOptions{Options: option.Options{DocumentID: "locked", Conversion: option.Conversion{Password: password}}})
	p := f.claim(f.first, "w1", "selftest")
	at := jobsPath + "/" + p.JobID
	_, token, _ := strings.Cut(p.SourceFileURL, "?token=")
	f.says(200, f.first, "GET", p.SourceFileURL, "")
	f.says(200, f.first, "POST", at+"/heartbeat", `{"worker_id": "w1"}`)
	f.says(403, f.second, "PUT", at+"/result", `{"success": true, "content": "forged", "attempt": 1}`)
	f.says(401, "morag_wrong_"+f.first, "PUT", at+"/result", `{"success": true}`)
	f.says(403, "", "GET", p.SourceFileURL+"x", "")
	f.says(200, f.first, "PUT", at+"/result", `{"success": true, "content": "words", "worker_id": "w1", "attempt": 1}`)
	if ended, err := api.WaitTask(t.Context(), made.TaskID, nil); err != nil || ended.Status != "SUCCESS" {
		t.Fatal(ended.Status, err)
	}
	f.says(403, "", "GET", p.SourceFileURL, "")
	f.says(409, alice, "DELETE", "/api/v1/ingest/"+made.TaskID, "")
	f.says(200, alice, "POST", "/search", `{"query": "words"}`)
	listings := []string{
		f.says(200, f.admin, "GET", at, "").body, f.says(200, f.admin, "GET", jobsPath, "").body,
		f.says(200, f.admin, "GET", "/api/v1/tasks", "").body, f.says(200, alice, "GET", "/api/v1/status/"+made.TaskID, "").body,
		f.says(200, f.admin, "GET", "/api/v1/workers", "").body, f.says(200, f.admin, "GET", "/metrics", "").body,
	}
	f.says(200, alice, "DELETE", "/api/v1/documents/talk", "")
	f.says(200, f.admin, "POST", "/api/v1/workers/w1/drain", "")
	created := f.create("type-a")
	f.Stop()

	log := f.Log()
	audits := []string{}
	for line := range strings.Lines(log) {
		if strings.Contains(line, " msg=audit ") {
			audits = append(audits, line)
		}
	}
	for _, want := range []string{
		`key=alice .*role=client route="POST /api/v1/ingest/file" status=200 .*task_id=` + made.TaskID + ` document_id=talk`,
		`key=first .*role=worker route="GET /api/v1/remote-jobs/poll" status=200 .*job_id=` + p.JobID + ` worker_id=w1`,
		`key=second .*role=worker route="PUT /api/v1/remote-jobs/{id}/result" status=403 .*job_id=` + p.JobID,
		`key="" key_id="" role="" route="PUT /api/v1/remote-jobs/{id}/result" status=401 remote=127.0.0.1:\d+ job_id=` + p.JobID,
		`key=first .*role=worker route="PUT /api/v1/remote-jobs/{id}/result" status=200 .*job_id=` + p.JobID,
		`key=alice .*route="DELETE /api/v1/ingest/{id}" status=409 .*task_id=` + made.TaskID,
		`key=alice .*route="DELETE /api/v1/documents/{id}" status=200 .*document_id=talk`,
		`key=ops .*role=admin route="POST /api/v1/workers/{id}/drain" status=200 .*worker_id=w1`,
		`key=ops .*role=admin route="POST /api/v1/remote-jobs" status=200 .*job_id=` + created + ` task_id=`,
	} {
		pattern, found := regexp.MustCompile(want), 0
		for _, line := range audits {
			if pattern.MatchString(line) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d audit lines are like %s, want one", found, want)
		}
	}
	if len(audits) != 10 {
		t.Errorf("%d audit lines, want 10:\n%s", len(audits), strings.Join(audits, ""))
	}

	secrets := map[string]string{"the download token": token, "webhook_secret": hookSecret, "webhook_auth_token": hookToken, "password": password}
	for name, key := range map[string]string{"admin": f.admin, "first": f.first, "second": f.second, "alice": alice} {
		secrets["the key of "+name] = key[strings.LastIndex(key, "_")+1:]
	}
	for what, secret := range secrets {
		for where, text := range map[string]string{"the log": log, "a listing": strings.Join(listings, "\n")} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s is in %s: …%s…", what, where, text[max(i-100, 0):i+len(secret)])
			}
		}
	}
	if strings.Contains(log, "token=") {
		t.Error("an address with a token is in the log")
	}
}

// What is kept of a key cannot be used in its place.
func TestDataFolderHoldsNoKey(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	f.says(200, f.admin, "GET", "/api/v1/tasks", "")
	f.Stop()
	secret := f.admin[strings.LastIndex(f.admin, "_")+1:]
	err := filepath.WalkDir(f.Settings.DataDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), secret) {
			t.Errorf("the key's secret is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range apptest.Keys(t, f.Settings) {
		if k.Name == "ops" && (k.LastUsed.IsZero() || strings.Contains(fmt.Sprint(k.Hash), secret)) {
			t.Errorf("kept: %+v", k)
		}
	}
}
