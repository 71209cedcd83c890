package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// drainFile keeps the names of drained workers in a file, a JSON list.
type drainFile string

// Load answers what was saved, nothing when nothing ever was.
func (f drainFile) Load() ([]string, error) {
	raw, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var workers []string
	if err := json.Unmarshal(raw, &workers); err != nil {
		return nil, fmt.Errorf("%s: %w", f, err)
	}
	return workers, nil
}

// Save replaces the file as a whole.
func (f drainFile) Save(workers []string) error {
	raw, err := json.Marshal(workers)
	if err != nil {
		return err
	}
	next := string(f) + ".tmp"
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(next, string(f))
}
