package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"

	"morag/internal/job"
)

// readers is how many files are read at the same time when a store is opened: enough
// to keep a disk's queue busy.
const readers = 16

// scan reads the head of every record.
func (r *recovery) scan() error {
	names := make(chan string, 4*readers)
	files := make(chan found, 4*readers)
	var reading sync.WaitGroup
	for range readers {
		reading.Go(func() {
			for name := range names {
				files <- r.store.inspect(name)
			}
		})
	}
	var walked error
	go func() {
		walked = r.walk(names)
		close(names)
		reading.Wait()
		close(files)
	}()
	var short error
	for f := range files {
		if exhausted(f.err) {
			short = f.err // a want of the process, not a fault of the file
			continue
		}
		r.take(f)
	}
	return errors.Join(walked, short)
}

// walk sends the names of all files that should be records. Files of other names and
// folders are nobody's business.
func (r *recovery) walk(names chan<- string) error {
	for _, status := range statuses {
		err := r.store.disk.Walk(string(status), func(e fs.DirEntry) {
			name := string(status) + "/" + e.Name()
			if !e.Type().IsRegular() {
				return
			}
			if id, ok := strings.CutSuffix(e.Name(), tempSuffix); ok && job.ValidID(id) {
				r.temps = append(r.temps, name)
			} else if strings.HasSuffix(e.Name(), recordSuffix) {
				names <- name
			}
		})
		if err != nil {
			return fmt.Errorf("read folder %s: %w", status, err)
		}
	}
	return nil
}

func (s *Store) inspect(name string) found {
	f, err := s.disk.Open(name)
	if err != nil {
		return found{name: name, err: err}
	}
	defer f.Close()
	size, _, err := sizeOf(f)
	if err != nil {
		return found{name: name, err: err}
	}
	j, err := readHead(f)
	return found{name: name, job: j, size: size, err: err}
}

// exhausted tells whether err says that the process has too many files open.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
