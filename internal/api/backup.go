package api

import (
	"context"
	"net/http"

	"morag/internal/backup"
	"morag/internal/wire"
)

var backupExample = wire.Backup{ID: "5f0c1e9a7b21d3c4", State: backup.Ready, Size: 4_096_000, Jobs: 12, Files: 310}

// backupPath is a path that names a backup.
type backupPath struct {
	ID string `path:"id" doc:"the backup's id"`
}

func shownBackup(b backup.Status, err error) (wire.Backup, error) {
	return wire.Backup{
		ID: b.ID, State: b.State, CreatedAt: wire.At(b.CreatedAt), Size: b.Size, Jobs: b.Jobs, Files: b.Files, Failure: b.Failure,
	}, err
}

func (s *Server) startBackup(context.Context, *call, none) (wire.Backup, error) {
	if s.Backup == nil {
		return wire.Backup{}, backup.ErrUnable
	}
	return shownBackup(s.Backup.Start())
}

func (s *Server) showBackup(_ context.Context, _ *call, in backupPath) (wire.Backup, error) {
	if s.Backup == nil {
		return wire.Backup{}, backup.ErrUnable
	}
	return shownBackup(s.Backup.Status(in.ID))
}

func (s *Server) deleteBackup(_ context.Context, _ *call, in backupPath) (wire.BackupRemoved, error) {
	if s.Backup == nil {
		return wire.BackupRemoved{}, backup.ErrUnable
	}
	return wire.BackupRemoved{ID: in.ID, Removed: true}, s.Backup.Delete(in.ID)
}

// downloadBackup answers a backup, or the range of it that is asked for.
func (s *Server) downloadBackup(w http.ResponseWriter, r *http.Request, in backupPath) error {
	if s.Backup == nil {
		return backup.ErrUnable
	}
	archive, b, err := s.Backup.Open(r.Context(), in.ID)
	if err != nil {
		return err
	}
	defer archive.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", attachment("morag-"+b.CreatedAt.Format("20060102-150405")+".tar"))
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", `"`+b.ID+`"`)
	serveBytes(w, r, b.CreatedAt, archive)
	return nil
}
