package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// Socket is the path of the socket that the server listens at.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

// Standby starts a server that follows this one synchronously: from its return on, what is
// committed here is there, too, and nothing is committed while it is away. It is to be
// stopped after this one, or promoted.
func (s *Server) Standby() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	standby := &Server{dir: dir, admitted: map[string]bool{}}
	if err := standby.copy(bin, s.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = standby.Run()
	if err == nil {
		err = s.attach(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

// copy makes the files of a standby of the server with that folder.
func (s *Server) copy(bin, primary string) error {
	if err := own(s.dir); err != nil {
		return err
	}
	base := exec.Command(filepath.Join(bin, "pg_basebackup"), "-D", s.data(), "-d", "host="+primary+" user=postgres",
		"-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
	unprivileged(base)
	base.Dir = s.dir
	if out, err := base.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	return nil
}

// attach has commits wait for the standby from now on, once it has caught up.
func (s *Server) attach(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.address("postgres", "postgres", 5432))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	for {
		var attached bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming')").Scan(&attached)
		if err != nil || attached {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the standby does not follow: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Promote makes a standby the server that is written to. The one that it has followed must
// have ended for good.
func (s *Server) Promote() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.address("postgres", "postgres", 5432))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	err = conn.QueryRow(ctx, "SELECT pg_promote(true, 60)").Scan(&done)
	if err == nil && !done {
		err = errors.New("the standby was not promoted in time")
	}
	return err
}
