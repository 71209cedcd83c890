package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Shelf is a folder that holds models, each in a folder that has its name.
type Shelf struct{ Dir string }

// Entry describes a model of a shelf, or one that could be fetched.
type Entry struct {
	Name      string `json:"name"`
	There     bool   `json:"there"`
	Known     bool   `json:"known"`     // its checksums are
	Dimension int    `json:"dimension"` // 0 while it is not there
	Bytes     int64  `json:"bytes"`     // of the weights
	Checksum  string `json:"sha256"`    // of the weights, "" while it is not there
	Problem   string `json:"problem,omitempty"`
}

// The errors of a shelf.
var (
	ErrName     = errors.New("the name of a model is made of letters, digits, dots, dashes and underscores")
	ErrUnknown  = errors.New("the model is not among those whose checksums are known")
	ErrThere    = errors.New("the model is there already")
	ErrMissing  = errors.New("there is no such model")
	ErrChecksum = errors.New("the checksum is another")
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// List describes the models that are there and those that are known, by their names.
func (s Shelf) List() ([]Entry, error) {
	folders, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Entry
	for _, f := range folders {
		if f.IsDir() && nameForm.MatchString(f.Name()) {
			all = append(all, s.describe(f.Name()))
		}
	}
	for _, k := range known {
		if !slices.ContainsFunc(all, func(e Entry) bool { return e.Name == k.name }) {
			all = append(all, Entry{Name: k.name, Known: true})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return compareNames(a.Name, b.Name) })
	return all, nil
}

// describe reads a model as the embedder does.
func (s Shelf) describe(name string) Entry {
	entry := Entry{Name: name, There: true, Known: knownModel(name) != nil}
	e, err := open(filepath.Join(s.Dir, name))
	if err != nil {
		entry.Problem = err.Error()
		return entry
	}
	defer e.Close()
	entry.Dimension, entry.Bytes, entry.Checksum = e.model.Dimension, e.weights.size, e.checksum
	return entry
}

// Remove deletes a model. [ErrMissing].
func (s Shelf) Remove(name string) error {
	folder, err := s.folder(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrMissing, folder)
	}
	return os.RemoveAll(folder)
}

func (s Shelf) folder(name string) (string, error) {
	if !nameForm.MatchString(name) {
		return "", fmt.Errorf("%w: not %.64q", ErrName, name)
	}
	return filepath.Join(s.Dir, name), nil
}

// Pull puts a model on the shelf: a known one from its publisher, or from a folder or an
// address that has its files, as from says. Of a known one every file must have its
// checksum; of another one the weights must have sum, and from an address sum has to be
// given. What could not be used by the embedder is not kept, and a pull that fails leaves
// nothing. [ErrName], [ErrUnknown], [ErrThere], [ErrChecksum].
func (s Shelf) Pull(ctx context.Context, name, from, sum string, told func(file string, bytes int64)) error {
	folder, err := s.folder(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("%w: %s", ErrThere, folder)
	}
	src, err := newSource(name, from, sum)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(s.Dir, ".pull-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := src.copy(ctx, work, told); err != nil {
		return err
	}
	e, err := open(work)
	if err != nil {
		return fmt.Errorf("the model cannot be used: %w", err)
	}
	e.Close()
	if err := src.note(work); err != nil {
		return err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return err
	}
	return os.Rename(work, folder)
}

// note keeps where a model is from, beside its files.
func (s *source) note(folder string) error {
	raw, err := json.MarshalIndent(map[string]any{"from": s.from, "sha256": s.had}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "pulled.json"), append(raw, '\n'), 0o644)
}
