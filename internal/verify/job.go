package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"morag/internal/blob"
	"morag/internal/job"
)

const partJobs = "jobs"

// corrupt is the folder of what cannot be read.
const corrupt = "corrupt"

// maxRecord is up to which size a record is read.
const maxRecord = 1 << 30

// jobs reads every record of a job.
func (k *check) jobs(ctx context.Context) error {
	places := map[string]string{} // the file of a job that was read
	for _, status := range job.Statuses() {
		entries, err := os.ReadDir(filepath.Join(k.Jobs, string(status)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a server makes it
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			k.job(status, e, places)
		}
	}
	return nil
}

// tidied is the fix of what [Config.Tidy] brings into order.
func tidied(context.Context) error { return nil }

// job checks one file of a folder.
func (k *check) job(folder job.Status, e fs.DirEntry, places map[string]string) {
	name := path.Join(string(folder), e.Name())
	if strings.HasSuffix(e.Name(), ".tmp") && e.Type().IsRegular() {
		k.found(Fault{Part: partJobs, Kind: "unfinished write", What: name, Why: "a change was cut off", Remedy: "it is removed", fix: tidied})
		return
	}
	id, ok := strings.CutSuffix(e.Name(), ".json")
	if !ok || !e.Type().IsRegular() {
		k.found(Fault{Part: partJobs, Kind: "not a record", What: name, Why: "nothing but records of jobs belongs there", Remedy: "look at it and move it away"})
		return
	}
	k.read("jobs")
	j, err := k.record(name)
	switch {
	case err != nil:
		k.found(Fault{Part: partJobs, Kind: "record unreadable", What: name, Why: err.Error(), Remedy: "it is moved to " + corrupt,
			fix: func(context.Context) error { return k.quarantine(name) }})
	case places[j.ID] != "":
		k.found(Fault{Part: partJobs, Kind: "job twice", What: name, Why: "the job has the file " + places[j.ID] + ", too",
			Remedy: "the newer one stays, the other is moved to " + corrupt, fix: tidied})
	case j.ID != id || j.Status != folder:
		k.found(Fault{Part: partJobs, Kind: "record misplaced", What: name, Why: fmt.Sprintf("it is of the job %s, which is %s", j.ID, j.Status),
			Remedy: "it is moved to its place", fix: tidied})
		places[j.ID] = name
	default:
		places[j.ID] = name
	}
	if err == nil && !j.Status.Terminal() && blob.Is(j.SourceFilePath) && k.uses != nil {
		k.uses[j.SourceFilePath] = append(k.uses[j.SourceFilePath], use{part: partJobs, what: j.ID, sha256: j.SourceSHA256})
	}
}

// record reads a file to its end.
func (k *check) record(name string) (*job.Job, error) {
	file := filepath.Join(k.Jobs, filepath.FromSlash(name))
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRecord {
		return nil, fmt.Errorf("it has %d bytes", info.Size())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	j := new(job.Job)
	return j, j.UnmarshalJSON(data)
}

// quarantine moves a file away, unless it has gone already.
func (k *check) quarantine(name string) error {
	to := filepath.Join(k.Jobs, corrupt)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	err := os.Rename(filepath.Join(k.Jobs, filepath.FromSlash(name)), filepath.Join(to, strings.ReplaceAll(name, "/", "-")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
