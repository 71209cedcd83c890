package wire

import "time"

// Backup answers the calls of /api/v1/admin/backups.
type Backup struct {
	ID        string     `json:"backup_id" doc:"the backup's id"`
	State     string     `json:"state" enum:"preparing ready failed" doc:"it can be downloaded once it is ready"`
	CreatedAt *time.Time `json:"created_at"`
	Size      int64      `json:"size" doc:"bytes of the download; 0 until it is ready"`
	Jobs      int        `json:"jobs"`
	Files     int        `json:"files" doc:"sources, pictures and the like"`
	Failure   string     `json:"failure,omitempty" doc:"why it could not be made"`
}

// BackupRemoved answers that a backup is gone from the server.
type BackupRemoved struct {
	ID      string `json:"backup_id" doc:"the backup's id"`
	Removed bool   `json:"removed" doc:"true"`
}
