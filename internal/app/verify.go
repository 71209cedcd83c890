package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"morag/internal/backup"
	"morag/internal/config"
	"morag/internal/job/filestore"
	"morag/internal/verify"
)

// Verify reads everything in a data folder on which no server runs, and tells what is wrong;
// with repair it mends what can be mended. jobsDir is "" for remote_jobs in the folder.
func Verify(ctx context.Context, dataDir, jobsDir string, repair bool) (report verify.Report, err error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return report, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".lock")); err != nil {
		return report, fmt.Errorf("MORAG_DATA_DIR: no server has kept anything in %s", dataDir)
	}
	set := config.Server{DataDir: dir, RemoteJobsDir: jobsDir}
	for _, at := range []string{dir, set.JobsDir()} {
		if _, err := os.Stat(at); err != nil {
			continue // what is missing nobody has open
		}
		lock := flock.New(filepath.Join(at, ".lock"), flock.SetPermissions(0o600))
		if held, err := lock.TryLock(); err != nil || !held {
			return report, errors.Join(fmt.Errorf("MORAG_DATA_DIR: %s is in use by another server: stop it first", dir), err)
		}
		if at == dir {
			defer lock.Close()
		} else if err := lock.Close(); err != nil { // a repair opens the jobs as a server does
			return report, err
		}
	}
	return verify.Run(ctx, verify.Config{
		Dir:      dir,
		Database: filepath.Join(dir, databaseFile),
		Uploads:  filepath.Join(dir, "uploads"),
		Jobs:     set.JobsDir(),
		KeyFile:  filepath.Join(dir, keyFile),
		Marker:   filepath.Join(dir, backup.UnfinishedName),
		Repair:   repair,
		Tidy: func() error {
			jobs, err := filestore.Open(filestore.Config{Dir: set.JobsDir(), Policy: jobPolicy(set), Now: time.Now})
			if err != nil {
				return err
			}
			return jobs.Close()
		},
	})
}
