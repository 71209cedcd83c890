package pgstore_test

import (
	"os"
	"testing"

	"morag/internal/auth"
	"morag/internal/auth/authtest"
	"morag/internal/auth/pgstore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func open(t *testing.T, address string) *pgstore.Store {
	t.Helper()
	s, err := pgstore.New(t.Context(), postgrestest.Open(t, postgres.Config{URL: address, Quiet: true}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// two are stores at one place, by way of a pooler.
func two(t *testing.T) (a, b *pgstore.Store) {
	address := postgrestest.Bounced(t, postgrestest.Used(t))
	return open(t, address), open(t, address)
}

func TestStore(t *testing.T) {
	t.Parallel()
	authtest.Run(t, func(t *testing.T) auth.Store { a, _ := two(t); return a })
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	authtest.RunSecrets(t, func(t *testing.T) (a, b auth.Secrets) { return two(t) })
}

func TestSessions(t *testing.T) {
	t.Parallel()
	authtest.RunSessions(t, func(t *testing.T) (a, b auth.SessionStore) { return two(t) })
}
