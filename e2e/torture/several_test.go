package torture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"morag/internal/blob/s3/s3test"
	"morag/internal/postgres/postgrestest"
)

// several are servers that share a PostgreSQL and an S3 server, behind a proxy.
type several struct {
	t        testing.TB
	members  []*member
	role     string // whose schema is theirs
	database *postgrestest.Server
	bucket   *s3test.Server
	front    *front
	future   future
}

// member is one of the servers.
type member struct {
	*server
	relay *relay // its way to the database
	down  bool   // killed on purpose
}

// newSeveral prepares servers, which are those programs.
func newSeveral(t testing.TB, programs ...string) *several {
	t.Helper()
	all := &several{t: t, bucket: s3test.Start(t)}
	var err error
	if all.database, err = postgrestest.Start(); err != nil {
		t.Fatalf("start PostgreSQL (tools/install tests brings it): %v", err)
	}
	t.Cleanup(func() {
		if err := all.database.Stop(); err != nil {
			t.Error(err)
		}
	})
	address, err := all.database.URL()
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	all.role = at.User.Username()
	all.makeClock()
	dir := t.TempDir()
	var addrs []string
	for i, path := range programs {
		relay := newRelay(t, all.database.Socket())
		s := newServerOn(t, filepath.Join(dir, fmt.Sprint(i)), filepath.Join(dir, "sources"),
			"--database-url", fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable&connect_timeout=2", all.role, relay.listener.Addr()),
			"--blob-url", "s3://"+s3test.Bucket+"/"+prefix+"?endpoint="+all.bucket.URL)
		s.path = path
		all.members = append(all.members, &member{server: s, relay: relay})
		addrs = append(addrs, s.addr)
	}
	all.front = newFront(t, addrs)
	return all
}

// prefix is that of the objects in the bucket.
const prefix = "torture"

func (s *several) base() string { return s.front.URL }

func (s *several) start() {
	s.t.Helper()
	for _, m := range s.members {
		m.start()
	}
}

func (s *several) stop() error {
	var errs []error
	for _, m := range s.members {
		errs = append(errs, m.stop())
	}
	return errors.Join(errs...)
}

func (s *several) crash() {
	s.t.Helper()
	for _, m := range s.members {
		m.kill()
	}
	s.start()
}

func (s *several) alive() {
	s.t.Helper()
	for _, m := range s.members {
		if !m.down {
			m.alive()
		}
	}
}

func (s *several) logged(words ...string) (lines string) {
	for i, m := range s.members {
		lines += fmt.Sprintf("    server %d:\n%s", i, m.logged(words...))
	}
	return lines
}

// calm ends all troubles.
func (s *several) calm() {
	s.front.calm()
	for _, m := range s.members {
		m.relay.join()
	}
}

// welcome has all workers given jobs again that were set aside.
func (w *world) welcome(ctx context.Context) {
	for _, name := range w.names {
		_, _, _ = w.ask(ctx, "POST", "/api/v1/workers/"+name+"/resume", nil, nil) // 404 before its first poll
	}
}
