package apptest

import (
	"context"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/config"
)

// CreateKey makes a key in the data folder of s, as `morag keys create` does. A server
// that runs there asks for keys within seconds, one that is started later at once.
func CreateKey(t testing.TB, s config.Server, spec auth.Spec) string {
	t.Helper()
	text := ""
	withKeys(t, s, func(store auth.Store) (err error) {
		text, _, err = auth.Create(t.Context(), store, spec, time.Now())
		return err
	})
	return text
}

// RevokeKey ends the keys of that name or id, as `morag keys revoke` does.
func RevokeKey(t testing.TB, s config.Server, nameOrID string) {
	t.Helper()
	withKeys(t, s, func(store auth.Store) error {
		_, err := auth.Revoke(t.Context(), store, nameOrID, time.Now())
		return err
	})
}

// Keys lists the keys in the data folder of s.
func Keys(t testing.TB, s config.Server) (keys []auth.Key) {
	t.Helper()
	withKeys(t, s, func(store auth.Store) (err error) {
		keys, err = store.List(t.Context())
		return err
	})
	return keys
}

func withKeys(t testing.TB, s config.Server, fn func(auth.Store) error) {
	t.Helper()
	store, done, err := app.OpenKeys(context.WithoutCancel(t.Context()), s.DataDir, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := fn(store); err != nil {
		t.Error(err)
	}
	if err := done(); err != nil {
		t.Fatal(err)
	}
}

// As is a client that sends the key.
func (s *Server) As(key string) *client.Client {
	s.t.Helper()
	c, err := client.New(client.Config{BaseURL: s.URL, APIKey: key, CAFile: s.Settings.TLSCert, UserAgent: "apptest"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.CloseIdle)
	return c
}
