package e2e

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"morag/internal/client"
)

// scratchRoots are the folders that conversions have in the folder for scratch files: one
// of each process that lives.
func (s *server) scratchRoots() []string {
	s.t.Helper()
	return must[[]string](s.t)(filepath.Glob(filepath.Join(s.dir, "morag-scratch-*")))
}

// scratch are the files there, but for locks.
func (s *server) scratch() (files []string) {
	s.t.Helper()
	for _, root := range s.scratchRoots() {
		if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && entry.Name() != ".lock" {
				files = append(files, path)
			}
			if errors.Is(err, fs.ErrNotExist) { // it has just been removed
				return nil
			}
			return err
		}); err != nil {
			s.t.Fatal(err)
		}
	}
	return files
}

// TestScratchIsRemoved: conversions leave nothing, a start removes what a crash has left,
// and a stop its own.
func TestScratchIsRemoved(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for range 2 {
		created, err := s.IngestFile(t.Context(), "../internal/demo/asset/bicycle.pdf", client.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.succeeded(created.TaskID)
		if roots, left := s.scratchRoots(), s.scratch(); len(roots) != 1 || len(left) > 0 {
			t.Errorf("there are %q with %q, want one without a file", roots, left)
		}
		s.crash()
	}
	if err := s.child.Stop(stepTime); err != nil {
		t.Error(err)
	}
	if roots := s.scratchRoots(); len(roots) > 0 {
		t.Errorf("after the stop there are %q", roots)
	}
}
