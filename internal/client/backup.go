package client

import (
	"context"
	"net/http"
	"net/url"

	"morag/internal/wire"
)

const backupsPath = "/api/v1/admin/backups"

// StartBackup has the server make a backup of all that it keeps.
func (c *Client) StartBackup(ctx context.Context) (wire.Backup, error) {
	return ask[wire.Backup](ctx, c, (&request{method: http.MethodPost, path: backupsPath}).only())
}

// Backup tells how a backup is.
func (c *Client) Backup(ctx context.Context, id string) (wire.Backup, error) {
	return ask[wire.Backup](ctx, c, about(http.MethodGet, backupsPath+"/", id, ""))
}

// DeleteBackup removes a backup from the server.
func (c *Client) DeleteBackup(ctx context.Context, id string) error {
	_, err := ask[wire.BackupRemoved](ctx, c, about(http.MethodDelete, backupsPath+"/", id, ""))
	return err
}

// BackupArchive is the path of a backup for [Client.Download], and BackupETag what the server
// names its bytes.
func BackupArchive(id string) string { return backupsPath + "/" + url.PathEscape(id) + "/download" }

// BackupETag is the ETag of a backup's bytes.
func BackupETag(id string) string { return `"` + id + `"` }
