package sqlitestore_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
)

// sealed turns each byte of a text around.
type sealed struct{}

func flip(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] ^= 0x1
	}
	return string(b)
}

func (sealed) Seal(plain, purpose string) string { return purpose + "\n" + flip(plain) }

func (sealed) Open(text, purpose string) (string, error) {
	if len(text) <= len(purpose) || text[:len(purpose)+1] != purpose+"\n" {
		return "", errors.New("sealed for another purpose")
	}
	return flip(text[len(purpose)+1:]), nil
}

// What an earlier program kept as it was is sealed, or gone if nothing needs it, and no
// byte of it stays in the folder.
func TestOpensTasksWithReadableSecrets(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	path := filepath.Join(dir, "test.db")
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile("migration/001_task.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, "task", fstest.MapFS{"001_task.sql": {Data: first}}); err != nil {
		t.Fatal(err)
	}
	insert := func(id, phase, status string) {
		t.Helper()
		err := db.Write(ctx, func(ctx context.Context) error {
			_, err := db.Exec(ctx, `INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, body)
				VALUES (?, 'o', ?, ?, 0, 0, '', 0, ?)`, id, phase, status, `{"id":"`+id+`","phase":"`+phase+`","status":"`+status+`",
				"options":{"password":"open sesame","webhook":{"url":"https://example.com","auth_token":"bearer of news","secret":"whsec_abcdefgh"}}}`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	insert("waits", "queued", "PENDING")
	insert("done", "ended", "SUCCESS")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s, opened := open(t, path, time.Now)
	waits, err := s.Get(ctx, "waits")
	if err != nil || waits.Options.Password != "open sesame" || waits.Options.Webhook.Secret != "whsec_abcdefgh" || waits.SecretsGone {
		t.Errorf("%+v (%v)", waits, err)
	}
	if done, err := s.Get(ctx, "done"); err != nil || done.Options.Password != "" {
		t.Errorf("keeps a password that nobody needs: %+v (%v)", done, err)
	}
	if _, err := s.Update(ctx, "waits", func(t *task.Task, now time.Time) error { return t.Revoke(now) }); err != nil {
		t.Error(err)
	}
	nowhere(t, dir, "open sesame", "bearer of news", "whsec_abcdefgh")
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, dir, "open sesame", "bearer of news", "whsec_abcdefgh", flip("open sesame"))
}

// nowhere tells that no file of the folder holds the texts.
func nowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s holds %q", filepath.Base(file), text)
			}
		}
	}
}
