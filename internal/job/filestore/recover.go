package filestore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"morag/internal/job"
)

// recovery is what is found out while a store is opened.
type recovery struct {
	store *Store

	places  map[string][]string // of jobs that have several files, or one elsewhere
	bad     []found             // files without a record
	temps   []string            // files that were to replace another
	working []*job.Job          // jobs in processing, without their long fields
	newest  time.Time           // the latest moment on record
}

// recover reads the folders into the index, and brings them into order.
func (s *Store) recover(wall func() time.Time) error {
	r := &recovery{store: s, places: map[string][]string{}}
	if err := r.scan(); err != nil {
		return err
	}
	s.index.sort()
	if err := r.tidy(); err != nil {
		return err
	}
	if wall == nil {
		wall = time.Now
	}
	if ahead := r.newest.Sub(wall()); ahead > time.Minute {
		s.log.Warn("the newest job is dated in the future: this store's clock starts there", "ahead", ahead, "newest", r.newest)
	}
	s.clock = job.NewClock(wall, r.newest)
	r.resume(s.clock.Now())
	return nil
}

// found is a file that is or should be a record.
type found struct {
	name string
	job  *job.Job
	size int64
	err  error
}

// take enters a file that was found.
func (r *recovery) take(f found) {
	x := r.store.index
	switch {
	case errors.Is(f.err, fs.ErrNotExist):
		return // removed by somebody since the folder was read
	case f.err != nil:
		r.bad = append(r.bad, f)
		return
	case x.jobs[f.job.ID] != nil:
		h := x.jobs[f.job.ID]
		if r.places[h.id] == nil {
			r.places[h.id] = []string{fileOf(statuses[h.status], h.id)}
		}
		r.places[h.id] = append(r.places[h.id], f.name)
		return
	case f.name != fileOf(f.job.Status, f.job.ID):
		r.places[f.job.ID] = []string{f.name}
	}
	x.load(f.job, f.size)
	r.observe(f.job)
}

// observe keeps what the store's clock and the jobs in work need.
func (r *recovery) observe(j *job.Job) {
	for _, t := range []time.Time{j.CreatedAt, j.StartedAt, j.CompletedAt} {
		if t.After(r.newest) {
			r.newest = t
		}
	}
	if j.Status == job.Processing {
		c := *j
		c.History, c.TaskOptions, c.ErrorMessage = nil, nil, ""
		r.working = append(r.working, &c)
	}
}

// tidy moves everything to where it belongs, and makes that durable.
func (r *recovery) tidy() error {
	s := r.store
	for _, f := range r.bad {
		if err := s.quarantine(f.name, f.err.Error()); err != nil {
			return err
		}
	}
	for _, name := range r.temps {
		if err := s.disk.Remove(name); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	for id, names := range r.places {
		if err := r.resolve(id, names); err != nil {
			return err
		}
	}
	if len(r.bad)+len(r.temps)+len(r.places) == 0 {
		return nil
	}
	for _, name := range folderNames() {
		if err := s.disk.Sync(name); err != nil {
			return fmt.Errorf("sync folder %s: %w", name, err)
		}
	}
	return nil
}

// candidate is one of several files of a job.
type candidate struct {
	name    string
	job     *job.Job
	size    int64
	written time.Time
}

// resolve gives the job id, of which there are files of these names, the true one of
// them, at its place.
func (r *recovery) resolve(id string, names []string) error {
	s := r.store
	var whole []candidate
	for _, name := range names {
		c, err := s.candidate(name)
		if err == nil && c.job.ID == id {
			whole = append(whole, c)
			continue
		}
		if err := s.quarantine(name, fmt.Sprintf("one of several files of job %s, and damaged: %v", id, err)); err != nil {
			return err
		}
	}
	s.index.remove(s.index.jobs[id])
	r.working = slices.DeleteFunc(r.working, func(j *job.Job) bool { return j.ID == id })
	if len(whole) == 0 {
		return nil
	}
	slices.SortFunc(whole, newestFirst)
	for _, loser := range whole[1:] {
		if err := s.quarantine(loser.name, fmt.Sprintf("revision %d of job %s, which has a newer file", loser.job.Revision, id)); err != nil {
			return err
		}
	}
	best := whole[0]
	s.index.add(best.job, best.size)
	r.observe(best.job)
	place := fileOf(best.job.Status, id)
	if place == best.name {
		return nil
	}
	if _, err := s.disk.Stat(place); err == nil {
		if err := s.quarantine(place, "it has the name of a job's file, but is none"); err != nil {
			return err
		}
	}
	if err := s.disk.Rename(best.name, place); err != nil {
		return fmt.Errorf("move %s to its place: %w", best.name, err)
	}
	s.log.Warn("job file moved to the folder of its status", "job_id", id, "file", best.name, "to", place)
	return nil
}

// candidate reads a file to its end, unless it is too large for that: where several
// claim to be true, each must be whole.
func (s *Store) candidate(name string) (candidate, error) {
	f, err := s.disk.Open(name)
	if err != nil {
		return candidate{}, err
	}
	defer f.Close()
	size, written, err := sizeOf(f)
	if err != nil {
		return candidate{}, err
	}
	read := readWhole
	if size > maxRecord {
		read = readHead
	}
	j, err := read(f)
	return candidate{name, j, size, written}, err
}

// newestFirst sorts the files of one job: the true one first.
func newestFirst(a, b candidate) int {
	rank := func(s job.Status) int {
		switch {
		case s.Terminal():
			return 2
		case s == job.Processing:
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(b.job.Revision, a.job.Revision),
		cmp.Compare(rank(b.job.Status), rank(a.job.Status)),
		b.written.Compare(a.written),
		strings.Compare(a.name, b.name),
	)
}

// resume lets leases and confirmations run anew and makes the pending jobs claimable.
func (r *recovery) resume(now time.Time) {
	s := r.store
	for _, j := range r.working {
		s.policy.Resume(j, now)
		h := s.index.jobs[j.ID]
		h.live.take(j)
		h.schedule(s.policy, j)
		s.index.watch(h)
	}
	s.index.byAge.Ascend(func(h *header) bool {
		s.offer(h, micro(now))
		return true
	})
}
