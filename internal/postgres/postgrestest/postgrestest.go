// Package postgrestest gives tests a real PostgreSQL: Debian's programs, in a folder of the
// test's, with fsync on, beside it a pgbouncer that gives a connection away after each
// transaction. Each test has a schema of its own. Both end with the test process, however
// that ends.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/postgres"
)

// Main runs the tests of a package that needs PostgreSQL, and ends it after them:
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }
func Main(run func() int) int {
	code := run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

// Server is a PostgreSQL that runs.
type Server struct {
	dir     string // has the sockets of both
	mu      sync.Mutex
	postgre *process // guarded by mu
	bouncer *process // likewise, nil until it is asked for
	// admitted are who may log in there; guarded by mu
	admitted map[string]bool
}

// conns is more than the tests of a package have open at a time.
const conns = 400

var settings = []string{
	"listen_addresses=", "max_connections=" + strconv.Itoa(conns), "shared_buffers=64MB", "fsync=on",
	"synchronous_commit=on", "max_wal_size=256MB", "autovacuum_naptime=10s", "log_min_messages=warning",
}

// shared is the server of this process, which the first test that wants one starts.
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

func server(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = Start()
	}
	if shared.err != nil {
		t.Fatalf("start PostgreSQL (tools/install tests brings it): %v", shared.err)
	}
	return shared.server
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	return shared.server.Stop()
}

// Start starts a server. It is for tests that kill it; others use [URL].
func Start() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, admitted: map[string]bool{}}
	if err := s.init(bin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.Run(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// programs is the folder with the newest of Debian's PostgreSQL, or of the one in PATH.
func programs() (string, error) {
	if dir := os.Getenv("MORAG_TEST_POSTGRES"); dir != "" { // of another build, with an extension for example
		return dir, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return major(a) - major(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) init(bin string) error {
	if err := own(s.dir); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=4")
	unprivileged(initdb)
	initdb.Dir = s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// Run starts the server again that [Server.Kill] has ended. What is left of that may need a
// moment to notice, in which the database lets no other in.
func (s *Server) Run() error {
	late := time.After(time.Minute)
	for {
		err := s.run()
		if !errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-late:
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) run() error {
	bin, err := programs()
	if err != nil {
		return err
	}
	args := []string{"-D", s.data(), "-k", s.dir}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	p, err := start(s.dir, filepath.Join(bin, "postgres"), args...)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.postgre = p
	s.mu.Unlock()
	return s.await(s.address("postgres", "postgres", 5432), p)
}

// errEnded says that a server has ended instead of answering.
var errEnded = errors.New("it has ended")

// await waits until an address answers.
func (s *Server) await(address string, p *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w: %s", err, p.said())
		case <-p.ended:
			return fmt.Errorf("%w: %s", errEnded, p.said())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server as a power failure would.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.postgre.kill()
}

// Stop ends the server and removes its files.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range []*process{s.bouncer, s.postgre} {
		if p != nil {
			errs = append(errs, p.end())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// URL is the address of a schema that is new.
func (s *Server) URL() (string, error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.address("postgres", "postgres", 5432))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := "t" + strings.ToLower(rand.Text()[:16])
	_, err = conn.Exec(ctx, "CREATE ROLE "+name+" LOGIN; CREATE SCHEMA AUTHORIZATION "+name)
	return s.address(name, "postgres", 5432), err
}

// bouncerPort names the socket of pgbouncer.
const bouncerPort = 6432

// Bounced is an address of [Server.URL] by way of pgbouncer.
func (s *Server) Bounced(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bouncer == nil {
		if err := s.bounce(); err != nil {
			return "", err
		}
	}
	// Who may log in is known to it by a list, which it reads again when it is told to.
	if name := u.User.Username(); !s.admitted[name] {
		if err := s.admit(name); err != nil {
			return "", err
		}
		s.admitted[name] = true
	}
	return s.address(u.User.Username(), "postgres", bouncerPort), nil
}

func (s *Server) address(user, database string, port int) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.dir}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// bounce starts pgbouncer. s.mu is held.
func (s *Server) bounce() (err error) {
	ini := fmt.Sprintf(`[databases]
* = host=%[1]s port=5432
[pgbouncer]
listen_addr =
unix_socket_dir = %[1]s
listen_port = %[2]d
auth_type = trust
auth_file = %[1]s/users
admin_users = admin
pool_mode = transaction
max_client_conn = 2000
default_pool_size = 4
max_db_connections = %[3]d
server_idle_timeout = 5
`, s.dir, bouncerPort, conns/2)
	if err := os.WriteFile(filepath.Join(s.dir, "pgbouncer.ini"), []byte(ini), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "users"), []byte("\"admin\" \"\"\n"), 0o644); err != nil {
		return err
	}
	path := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("pgbouncer"); err != nil {
			return err
		}
	}
	if s.bouncer, err = start(s.dir, path, filepath.Join(s.dir, "pgbouncer.ini")); err != nil {
		return err
	}
	return s.awaitBouncer()
}

func (s *Server) awaitBouncer() error {
	for range 3000 {
		if err := s.console("SHOW VERSION"); err == nil {
			return nil
		}
		select {
		case <-s.bouncer.ended:
			return fmt.Errorf("pgbouncer has ended: %s", s.bouncer.said())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("pgbouncer does not answer: %s", s.bouncer.said())
}

// admit lets a user log in at pgbouncer. s.mu is held.
func (s *Server) admit(user string) error {
	f, err := os.OpenFile(filepath.Join(s.dir, "users"), os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%q \"\"\n", user)
	return errors.Join(err, f.Close(), s.console("RELOAD"))
}

// console runs a command of pgbouncer's.
func (s *Server) console(command string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	config, err := pgx.ParseConfig(s.address("admin", "pgbouncer", bouncerPort))
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, command)
	return err
}

// URL is the address of a schema that is new, on the server of this test process.
func URL(t testing.TB) string {
	t.Helper()
	address, err := server(t).URL()
	if err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	return address
}

// used are schemas that earlier tests of this process are done with.
var used struct {
	sync.Mutex
	free []string // their addresses
}

// Used is the address of a schema without rows, which may have the tables that an earlier
// test of this process has made: to make them anew for each test takes longer than most
// tests. Its connections by way of pgbouncer are warm.
func Used(t testing.TB) string {
	t.Helper()
	used.Lock()
	address := ""
	if n := len(used.free); n > 0 {
		address, used.free = used.free[n-1], used.free[:n-1]
	}
	used.Unlock()
	if address == "" {
		address = URL(t)
	}
	t.Cleanup(func() {
		if err := empty(address); err != nil {
			t.Errorf("empty a schema: %v", err)
			return
		}
		used.Lock()
		defer used.Unlock()
		used.free = append(used.free, address)
	})
	return address
}

// empty removes all rows but those that migrations have made, and has numbers begin anew.
func empty(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
        AND tablename NOT IN ('postgres_version', 'postgres_clock') AND tablename NOT LIKE '%\_dropped'
        ORDER BY tablename -- who refers is before what it refers to, and what triggers fill comes last
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences WHERE schemaname = current_schema();
    UPDATE postgres_clock SET shift = 0;
END $$`)
	return err
}

// Bounced is an address of [URL] or [Used] by way of pgbouncer.
func Bounced(t testing.TB, address string) string {
	t.Helper()
	bounced, err := server(t).Bounced(address)
	if err != nil {
		t.Fatalf("start pgbouncer (tools/install tests brings it): %v", err)
	}
	return bounced
}

// Open opens a database until the test has ended. Its connections are few, since many tests
// run at the same time.
func Open(t testing.TB, cfg postgres.Config) *postgres.DB {
	t.Helper()
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 4
	}
	db, err := postgres.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
