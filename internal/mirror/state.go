package mirror

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"morag/internal/sqlite"
	"morag/internal/sqlrow"
)

//go:embed migration/*.sql
var migrations embed.FS

// ErrBusy: another process keeps the same folder and server in step.
var ErrBusy = errors.New("another morag sync is at work on this folder and server")

// file is what is known of a file that the server has.
type file struct {
	path     string // below the folder, with slashes
	stat     stat
	apart    bool // on another file system than the folder
	told     bool // known from the server alone: it may be another machine's
	sum      string
	document string
	task     string // "" once it is known to have ended
	failure  string
	sent     bool // and the answer was not heard
}

// state remembers what the server has, in a database file of its own. It may be lost: the
// server is asked then.
type state struct {
	db    *sqlite.DB
	lock  *flock.Flock
	files map[string]file
	asked bool
	feed  feedVersion
	dry   bool // nothing is written
}

// stateFile is where the state of a folder is kept that is mirrored under a prefix to a
// server for a key.
func stateFile(folder, server, key, prefix string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", server, key, prefix))
	return filepath.Join(folder, hex.EncodeToString(sum[:16])+".db")
}

// openState reads what is remembered at a path. [ErrBusy].
func openState(ctx context.Context, path string, dry bool) (*state, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	s := &state{lock: flock.New(path + ".lock"), files: map[string]file{}, dry: dry}
	switch locked, err := s.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case !locked:
		return nil, ErrBusy
	}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("what is known of the folder: %w", err), s.close())
	}
	return s, nil
}

func (s *state) open(ctx context.Context, path string) (err error) {
	if s.db, err = sqlite.Open(ctx, sqlite.Config{Path: path}); err != nil {
		return err
	}
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	if err := s.db.Migrate(ctx, "mirror", set); err != nil {
		return err
	}
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM asked)`).Scan(&s.asked); err != nil {
		return err
	}
	err = s.db.QueryRow(ctx, `SELECT etag, modified FROM feed`).Scan(&s.feed.etag, &s.feed.modified)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	rows, err := s.db.Query(ctx, `SELECT path, size, modified, changed, apart, told, sum, document, task, failure, sent FROM file`)
	all, err := sqlrow.All(rows, err, func(scan sqlrow.Scan) (f file, err error) {
		err = scan(&f.path, &f.stat.size, &f.stat.modified, &f.stat.changed, &f.apart, &f.told, &f.sum, &f.document, &f.task, &f.failure, &f.sent)
		return f, err
	})
	for _, f := range all {
		s.files[f.path] = f
	}
	return err
}

func (s *state) close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, s.lock.Unlock())
}

// put remembers files, all of them or none. It is on stable storage then.
func (s *state) put(ctx context.Context, files ...file) error {
	return s.write(ctx, func(ctx context.Context) error {
		for _, f := range files {
			_, err := s.db.Exec(ctx, `INSERT OR REPLACE INTO file (path, size, modified, changed, apart, told, sum, document, task, failure, sent)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
				f.path, f.stat.size, f.stat.modified, f.stat.changed, f.apart, f.told, f.sum, f.document, f.task, f.failure, f.sent)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// move remembers that what was one file is another one now.
func (s *state) move(ctx context.Context, from string, to file) error {
	return s.write(ctx, func(ctx context.Context) error {
		if err := s.remove(ctx, from); err != nil {
			return err
		}
		return s.put(ctx, to)
	})
}

func (s *state) remove(ctx context.Context, path string) error {
	return s.write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `DELETE FROM file WHERE path = ?1`, path)
		return err
	})
}

// learn remembers what the server has told of, and that it was asked.
func (s *state) learn(ctx context.Context, files []file) error {
	err := s.write(ctx, func(ctx context.Context) error {
		if err := s.put(ctx, files...); err != nil {
			return err
		}
		_, err := s.db.Exec(ctx, `INSERT INTO asked (at) VALUES (unixepoch())`)
		return err
	})
	s.asked = err == nil
	return err
}

// noteFeed remembers which version of the feed was taken.
func (s *state) noteFeed(ctx context.Context, v feedVersion) error {
	s.feed = v
	return s.write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `DELETE FROM feed`)
		if err == nil {
			_, err = s.db.Exec(ctx, `INSERT INTO feed (etag, modified) VALUES (?1, ?2)`, v.etag, v.modified)
		}
		return err
	})
}

// forget has the server be asked anew.
func (s *state) forget(ctx context.Context) error {
	clear(s.files)
	s.asked, s.feed = false, feedVersion{}
	return s.write(ctx, func(ctx context.Context) error {
		for _, table := range []string{"file", "asked", "feed"} {
			if _, err := s.db.Exec(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *state) write(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.dry {
		return nil
	}
	// What the server has done is remembered even when the command is being ended.
	return s.db.Write(context.WithoutCancel(ctx), fn)
}

// remember notes what is known of files, in place of what was known of the same paths.
func (m *Mirror) remember(ctx context.Context, files ...file) error {
	if err := m.state.put(ctx, files...); err != nil {
		return err
	}
	m.know(files...)
	return nil
}

// replace remembers a file in place of what was at a path.
func (m *Mirror) replace(ctx context.Context, before string, f file) error {
	if err := m.state.move(ctx, before, f); err != nil {
		return err
	}
	m.unknow(before)
	m.know(f)
	return nil
}

// erase forgets what was at a path.
func (m *Mirror) erase(ctx context.Context, path string) error {
	if err := m.state.remove(ctx, path); err != nil {
		return err
	}
	m.unknow(path)
	return nil
}

func (m *Mirror) know(files ...file) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range files {
		m.state.files[f.path] = f
	}
}

func (m *Mirror) unknow(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.state.files, path)
}
