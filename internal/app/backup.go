package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"morag/internal/backup"
	"morag/internal/blob"
	"morag/internal/config"
	"morag/internal/metrics"
	"morag/internal/seal"
)

// backupFolder is where the data folder has a backup that is being fetched.
func (s *stores) backupFolder() string { return filepath.Join(s.dir, "backup") }

// openBackup makes what backs the data folder up; nil when the stores are not in it.
func (s *Server) openBackup(version string) (*backup.Service, error) {
	if s.stores.embedded == nil {
		return nil, nil
	}
	service, err := backup.New(s.stores.backupSource(version), s.stores.backupFolder(), s.log, s.metrics)
	if err == nil {
		s.stores.cleanup.add("backup", service.Close)
	}
	return service, err
}

func (s *stores) backupSource(version string) backup.Source {
	return backup.Source{
		Folder: s.name, KeyFile: filepath.Join(s.dir, keyFile), Jobs: s.jobs, Database: s.embedded, Blobs: s.blobs, Version: version, Now: s.now,
	}
}

// BackupConfig says what [Backup] reads. All fields must be set but JobsDir.
type BackupConfig struct {
	DataDir string
	JobsDir string // "" for remote_jobs in the data folder
	Version string
	Logger  *slog.Logger
}

// Backup writes an archive of a data folder on which no server runs.
func Backup(ctx context.Context, c BackupConfig, w io.Writer) (err error) {
	if _, err := os.Stat(filepath.Join(c.DataDir, databaseFile)); err != nil {
		return fmt.Errorf("MORAG_DATA_DIR: no server has kept anything in %s", c.DataDir)
	}
	s, err := openKept(ctx, config.Server{DataDir: c.DataDir, RemoteJobsDir: c.JobsDir}, c.Logger)
	if err != nil {
		return err
	}
	defer s.close()
	if err := os.RemoveAll(s.backupFolder()); err != nil {
		return err
	}
	archive, err := s.backupSource(c.Version).Make(ctx, s.backupFolder(), backup.NewID())
	if err != nil {
		return err
	}
	return errors.Join(archive.WriteTo(ctx, w), archive.Close(), os.Remove(s.backupFolder()))
}

// openKept opens what a data folder keeps, without what searches it.
func openKept(ctx context.Context, set config.Server, log *slog.Logger) (_ *stores, err error) {
	dir, err := filepath.Abs(set.DataDir)
	if err != nil {
		return nil, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	s := &stores{dir: dir, files: dir, log: log, now: time.Now, policy: jobPolicy(set)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.name, err = s.lockFolder(); err != nil {
		return nil, err
	}
	measure := metrics.New()
	if err := s.openJobs(set, measure); err != nil {
		return nil, err
	}
	key := sync.OnceValues(func() (*seal.Key, error) { return seal.OpenKey(filepath.Join(dir, keyFile)) })
	if _, err := s.openDatabase(ctx, set, measure, key); err != nil {
		return nil, err
	}
	bucket, err := s.openUploads(ctx)
	if err != nil {
		return nil, err
	}
	s.blobs = blob.Track(bucket, s.references, s.now, log)
	return s, nil
}
