package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"morag/internal/job"
)

const (
	recordSuffix = ".json"
	// tempSuffix marks a file that is to replace its namesake; Open removes it.
	tempSuffix = ".json.tmp"
)

// fileOf is the name of a job's file.
func fileOf(s job.Status, id string) string { return string(s) + "/" + id + recordSuffix }

func (s *Store) folder(status job.Status) *folder { return s.folders[statusIndex(status)] }

// put makes j the durable record of its job, which had the status from until now, ""
// for none, and returns its size. On an error the old record stands, unless it is
// [job.ErrInDoubt]. The old file, if the status has changed, is left for [Store.discard].
func (s *Store) put(j *job.Job, from job.Status) (int64, error) {
	data, err := encode(j)
	if err != nil {
		return 0, err
	}
	name := fileOf(j.Status, j.ID)
	if j.Status == from {
		if err := s.replace(name, data); err != nil {
			return 0, err
		}
		if err := s.folder(j.Status).sync(); err != nil {
			return 0, s.fail(err)
		}
		return data.size(), nil
	}
	err = s.write(name, data)
	if errors.Is(err, fs.ErrExist) {
		// Not a file of this job as far as memory knows: a removal that did not succeed,
		// or somebody else's doing.
		if err = s.quarantine(name, "another file has the job's name"); err == nil {
			err = s.write(name, data)
		}
	}
	if err != nil {
		return 0, err
	}
	if err := s.folder(j.Status).sync(); err != nil {
		return 0, s.undo(name, s.fail(err))
	}
	return data.size(), nil
}

// replace puts a new content in the place of a file's old one, at once and durably;
// only that it has done so needs a sync of the folder.
func (s *Store) replace(name string, data record) error {
	temp := strings.TrimSuffix(name, recordSuffix) + tempSuffix
	err := s.write(temp, data)
	if errors.Is(err, fs.ErrExist) {
		if err = s.disk.Remove(temp); err == nil {
			err = s.write(temp, data)
		}
	}
	if err != nil {
		return err
	}
	if err := s.disk.Rename(temp, name); err != nil {
		return s.undo(temp, noSpace(err))
	}
	return nil
}

// write makes a new file and syncs it, but not its folder. If that fails there is no
// file, unless it is [job.ErrInDoubt].
func (s *Store) write(name string, data record) error {
	f, err := s.disk.Create(name)
	if err != nil {
		return noSpace(err)
	}
	if err := data.writeTo(f); err != nil {
		return s.undo(name, errors.Join(noSpace(err), f.Close()))
	}
	if err := f.Sync(); err != nil {
		return s.undo(name, errors.Join(s.fail(err), f.Close()))
	}
	if err := f.Close(); err != nil {
		return s.undo(name, s.fail(err))
	}
	return nil
}

// undo removes what was written before cause, and returns cause. If it cannot, the
// file may count when the store is opened again, so nothing may build on the old
// record: [job.ErrInDoubt].
func (s *Store) undo(name string, cause error) error {
	if err := s.disk.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.fail(errors.Join(cause, err))
	}
	return cause
}

func noSpace(err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: %w", job.ErrNoSpace, err)
	}
	return err
}

// discard removes the file that a job had under an earlier status, and tells whether it
// is gone. If not, it loses against the newer one whenever the store is opened.
func (s *Store) discard(status job.Status, id string) bool {
	err := s.folder(status).remove(id + recordSuffix)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return true
	}
	s.log.Warn("an outdated job file could not be removed", "job_id", id, "file", fileOf(status, id), "error", err)
	return false
}

// erase removes a job from the disk for good: first whatever older copies there may
// be, so that none comes back. Those that were removed before may only not be durably so.
func (s *Store) erase(status job.Status, id string, stray bool) error {
	for _, f := range append(s.others(status), s.folder(status)) {
		if stray || f == s.folder(status) {
			if err := f.remove(id + recordSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := f.syncRemovals(); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

// others are the folders of all statuses but one.
func (s *Store) others(status job.Status) []*folder {
	var list []*folder
	for _, f := range s.folders {
		if f != s.folder(status) {
			list = append(list, f)
		}
	}
	return list
}

// quarantine moves a file to the corrupt folder, under a name that is free there, and
// logs that.
func (s *Store) quarantine(name, why string) error {
	s.quarantineMu.Lock()
	defer s.quarantineMu.Unlock()
	folder, file := path.Split(name)
	stem := strings.TrimSuffix(file, recordSuffix)
	// The longest name of a file is 255 bytes nearly everywhere.
	stem = stem[:min(len(stem), 200)] + "." + path.Clean(folder)
	to := corruptFolder + "/" + stem + recordSuffix
	for i := 1; ; i++ {
		if _, err := s.disk.Stat(to); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return fmt.Errorf("quarantine %s: %w", name, err)
		}
		to = fmt.Sprintf("%s/%s.%d%s", corruptFolder, stem, i, recordSuffix)
	}
	if err := s.disk.Rename(name, to); err != nil {
		return fmt.Errorf("quarantine %s: %w", name, err)
	}
	s.log.Error("job file quarantined", "file", name, "to", to, "reason", why)
	return nil
}
