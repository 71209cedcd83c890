package app

import (
	"context"
	"errors"
	"time"

	"morag/internal/blob"
	"morag/internal/config"
	"morag/internal/space"
)

// watchDisks has room stay on the disks that grow full.
func (s *Server) watchDisks(set config.Server) *space.Guard {
	return space.Watch(int64(set.MinFreeSpace), time.Now, s.stores.onDisk(set)...)
}

// databaseReady asks the database something small.
func (s *stores) databaseReady(ctx context.Context) error {
	_, err := s.references.Any(ctx)
	return err
}

// filesReady asks for a file that there is not.
func (s *stores) filesReady(ctx context.Context) error {
	_, err := s.blobs.Stat(ctx, blob.NewRef())
	if errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	return err
}

// onDisk are the folders that grow.
func (s *stores) onDisk(set config.Server) []string {
	folders := []string{s.dir}
	if !s.shared {
		return append(folders, set.JobsDir())
	}
	if s.bucket == nil {
		folders = append(folders, s.files)
	}
	return folders
}
