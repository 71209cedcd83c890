package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"morag/internal/postgres"
)

// State is how far a copy to a place is. While it is not done no server may use the place.
type State struct {
	Source string    `json:"source"`
	Blob   string    `json:"blob"`  // the last that was copied and compared, with all before it
	Blobs  int64     `json:"blobs"` // how many those are
	Done   time.Time `json:"done"`  // zero while it is under way
}

// Mark keeps the state with the place that is copied to.
type Mark interface {
	// Load is false when nothing was ever copied there.
	Load(ctx context.Context) (State, bool, error)
	// Save returns when the state is on stable storage.
	Save(ctx context.Context, s State) error
}

// ErrUnfinished: a copy to the place was cut off.
var ErrUnfinished = errors.New("morag migrate has not finished copying to it: run it again")

// Finished is [ErrUnfinished] while a copy to the place is under way or was cut off.
func Finished(ctx context.Context, m Mark) error {
	s, marked, err := m.Load(ctx)
	if err == nil && marked && s.Done.IsZero() {
		err = fmt.Errorf("%w (it copied %s)", ErrUnfinished, s.Source)
	}
	return err
}

// decode reads a state as it is kept.
func decode(data []byte) (s State, marked bool, err error) {
	if err := json.Unmarshal(data, &s); err != nil {
		return s, false, fmt.Errorf("the mark of morag migrate cannot be read: %w", err)
	}
	return s, true, nil
}

// FileMark is the mark of a data folder: a file in it.
func FileMark(dir string) Mark { return fileMark(filepath.Join(dir, "migrate.json")) }

type fileMark string

func (m fileMark) Load(context.Context) (State, bool, error) {
	data, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	return decode(data)
}

func (m fileMark) Save(_ context.Context, s State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(string(m)), ".migrate-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), string(m)); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(string(m)))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not on Windows, where NTFS keeps a journal of names
	return dir.Close()
}

// PostgresMark is the mark of a PostgreSQL database.
func PostgresMark(db *postgres.DB) Mark { return postgresMark{db} }

type postgresMark struct{ db *postgres.DB }

// setting is the name under which the state is kept.
const setting = "morag migrate"

func (m postgresMark) Load(ctx context.Context) (State, bool, error) {
	var data string
	err := m.db.QueryRow(ctx, "SELECT value FROM postgres_setting WHERE name = $1", setting).Scan(&data)
	if errors.Is(err, postgres.ErrNoRows) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	return decode([]byte(data))
}

func (m postgresMark) Save(ctx context.Context, s State) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return m.db.Write(ctx, func(ctx context.Context) error {
		_, err := m.db.Exec(ctx, `INSERT INTO postgres_setting (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, setting, string(data))
		return err
	})
}
