package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
)

func TestServerSpeaksTLS(t *testing.T) {
	t.Parallel()
	set, dir := apptest.Settings(t), t.TempDir()
	set.TLSCert, set.TLSKey = filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	chain, key := app.NewPair(t, 1)
	for path, text := range map[string][]byte{set.TLSCert: chain, set.TLSKey: key} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := apptest.Start(t, set)
	if !strings.HasPrefix(s.URL, "https://") || !strings.Contains(s.Log(), "addr="+s.URL) {
		t.Errorf("the server says that it is at %s\n%s", s.URL, s.Log())
	}
	if text := ingest(t, s, write(t, "a.txt", "words over TLS"), client.IngestOptions{}); text.ChunksStored != 1 {
		t.Errorf("ingested: %+v", text)
	}
	// Who does not trust the certificate does not connect, and does not try for ever.
	stranger, err := client.New(client.Config{BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.CloseIdle()
	if _, err := stranger.Health(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") || client.IsTemporary(err) {
		t.Errorf("without trust: %v", err)
	}
	if _, err := client.New(client.Config{BaseURL: s.URL, CAFile: set.TLSKey}); err == nil || !strings.Contains(err.Error(), "MORAG_CA_FILE") {
		t.Errorf("a CA file without a certificate: %v", err)
	}
	plain, err := client.New(client.Config{BaseURL: strings.Replace(s.URL, "https", "http", 1), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.CloseIdle()
	if _, err := plain.Health(t.Context()); err == nil {
		t.Error("it answers without TLS, too")
	}
}

// A server that anybody can reach has keys, or an operator who has said otherwise.
func TestListeningForStrangersTakesKeys(t *testing.T) {
	t.Parallel()
	try := func(t *testing.T, s config.Server) error {
		t.Helper()
		s.Addr = "0.0.0.0:0"
		server, err := app.NewServer(t.Context(), app.ServerConfig{Settings: s, Version: "test", Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			ctx, stop := context.WithCancel(t.Context())
			stop()
			err = server.Run(ctx)
		}
		return err
	}
	for name, tt := range map[string]struct {
		prepare func(s *config.Server)
		refused bool
	}{
		"nothing":        {func(*config.Server) {}, true},
		"MORAG_INSECURE": {func(s *config.Server) { s.Insecure = true }, false},
		"a key":          {func(s *config.Server) { apptest.CreateKey(t, *s, auth.Spec{Name: "a", Role: auth.Client}) }, false},
		"only revoked keys": {func(s *config.Server) {
			apptest.CreateKey(t, *s, auth.Spec{Name: "a", Role: auth.Client})
			apptest.RevokeKey(t, *s, "a")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.Settings(t)
			tt.prepare(&s)
			err := try(t, s)
			var setting *app.SettingError
			if errors.As(err, &setting) != tt.refused || (err != nil) != tt.refused {
				t.Fatalf("%v; refused should be %v", err, tt.refused)
			}
			if tt.refused && (!strings.Contains(err.Error(), "MORAG_ADDR") || !strings.Contains(err.Error(), "morag keys create")) {
				t.Errorf("the sentence is %q", err)
			}
		})
	}
}
