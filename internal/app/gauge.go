package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"morag/internal/index"
	"morag/internal/metrics"
)

// watchMachine has the metrics tell of this server's program, its converter processes, its
// data folder and what can be found.
func (s *Server) watchMachine(version string) {
	s.metrics.Tell(version)
	s.metrics.WatchStorage(s.stored)
	if sized, ok := s.stores.index.(index.Sized); ok {
		s.metrics.WatchIndex(sized.Size)
	}
	if s.converters.pool != nil {
		s.metrics.WatchEngines(func() metrics.Engines { return metrics.Engines(s.converters.pool.Usage()) })
	}
}

// stored is what the data folder has of files that no other part counts, and its disk's room.
func (s *Server) stored(ctx context.Context) (metrics.Storage, error) {
	room, err := s.storage(ctx)
	if err != nil {
		return metrics.Storage{}, err
	}
	out := metrics.Storage{Parts: map[string]int64{"database": room.Database}, Free: room.Free, All: room.All}
	out.Parts["index"], err = folderSize(filepath.Join(s.stores.dir, "index"))
	return out, err
}

// folderSize is how many bytes the files of a folder without folders have, 0 when there is none.
func folderSize(dir string) (sum int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil { // else it was removed just now
			sum += info.Size()
		}
	}
	return sum, nil
}
