// Package verify reads everything in a data folder on which no server runs, tells what is
// wrong, and mends what can be mended: every row of the database, every record of a job and
// every file, each by itself and against the others.
package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"morag/internal/seal"
	"morag/internal/sqlite"
)

// Fault is something that is wrong.
type Fault struct {
	// Part is database, tasks, documents, index, files, jobs, keys, workers or folder; Kind
	// names what is wrong there, in words that do not change.
	Part string `json:"part"`
	Kind string `json:"kind"`
	// What says which row or file it is, and Why what is wrong with it.
	What string `json:"what"`
	Why  string `json:"why"`
	// Remedy is what a repair does about it, or what the operator can do when Repairable is
	// false.
	Remedy     string `json:"remedy"`
	Repairable bool   `json:"repairable"`
	Repaired   bool   `json:"repaired"`

	fix func(context.Context) error
}

// MaxFaults is how many faults are told one by one.
const MaxFaults = 10_000

// Report is what was found.
type Report struct {
	Checked map[string]int `json:"checked"` // how many of each kind of thing were read
	Faults  []Fault        `json:"faults"`
	More    int            `json:"more"` // faults besides those
}

// Left is how many faults are not repaired.
func (r Report) Left() int {
	left := r.More
	for _, f := range r.Faults {
		if !f.Repaired {
			left++
		}
	}
	return left
}

// Config says what is read. All fields must be set but Tidy.
type Config struct {
	Dir      string // the data folder, which nobody else has open
	Database string // the path of the database in it
	Uploads  string // that of its files
	Jobs     string // the folder of the jobs
	KeyFile  string // the path of the key that seals secrets
	Marker   string // the path of the file that a restore leaves that was cut off
	Repair   bool
	// Tidy brings the folder of the jobs into order, as the start of a server does; for a repair.
	Tidy func() error
}

// Run reads everything. An error means that it could not go on; what is wrong with the folder
// is no error.
func Run(ctx context.Context, c Config) (Report, error) {
	k := &check{Config: c, report: Report{Checked: map[string]int{}, Faults: []Fault{}}}
	k.folder()
	if err := k.database(ctx); err != nil {
		return k.report, err
	}
	if err := k.jobs(ctx); err != nil {
		return k.report, err
	}
	if err := k.files(ctx); err != nil {
		return k.report, err
	}
	if !c.Repair {
		return k.report, k.close()
	}
	if err := k.repair(ctx); err != nil {
		return k.report, fmt.Errorf("repair: %w", err)
	}
	return k.report, k.close()
}

// check is one run.
type check struct {
	Config
	report Report
	db     *sqlite.DB // nil when it cannot be opened
	sealer *seal.Key  // nil when it is not there
	uses   map[string][]use
}

// use is what needs a file.
type use struct {
	part, what string
	sha256     string // that it must have, "" when that is not known
}

func (k *check) close() error {
	if k.db == nil {
		return nil
	}
	return k.db.Close()
}

// found adds a fault.
func (k *check) found(f Fault) {
	if f.Repairable = f.fix != nil; len(k.report.Faults) < MaxFaults {
		k.report.Faults = append(k.report.Faults, f)
		return
	}
	k.report.More++
}

// read counts something that was read.
func (k *check) read(what string) { k.report.Checked[what]++ }

// folder checks what lies in the data folder itself.
func (k *check) folder() {
	if _, err := os.Stat(k.Marker); err == nil {
		k.found(Fault{Part: "folder", Kind: "restore unfinished", What: k.Marker, Why: "a backup was restored here and not to its end",
			Remedy: "empty the folder and restore the backup again"})
	}
	raw, err := os.ReadFile(k.KeyFile)
	if err == nil {
		k.sealer, err = seal.NewKey(filepath.Base(k.KeyFile), raw)
	}
	if err != nil {
		k.found(Fault{Part: "folder", Kind: "key unreadable", What: k.KeyFile, Why: err.Error(),
			Remedy: "bring the file back from a backup; without it passwords and secrets of webhooks are lost, and nothing else"})
	}
	for _, path := range []string{k.Dir, k.Database, k.KeyFile, k.Uploads, k.Jobs} {
		info, err := os.Stat(path)
		if err != nil || !open(info.Mode()) {
			continue
		}
		k.found(Fault{Part: "folder", Kind: "not private", What: path, Why: "others than its owner may read it", Remedy: "its rights are set",
			fix: func(context.Context) error { return os.Chmod(path, info.Mode().Perm()&^0o077) }})
	}
}

// repair mends what can be mended.
func (k *check) repair(ctx context.Context) error {
	tidied := false
	for i := range k.report.Faults {
		f := &k.report.Faults[i]
		if f.fix == nil {
			continue
		}
		if f.Part == partJobs && !tidied {
			if tidied = true; k.Tidy == nil {
				continue
			}
			if err := k.Tidy(); err != nil {
				return err
			}
		}
		if err := f.fix(ctx); err != nil {
			return fmt.Errorf("%s: %w", f.What, err)
		}
		f.Repaired = true
	}
	return nil
}
