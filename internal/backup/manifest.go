package backup

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// The names in an archive, in this order. Records of jobs and files lie in between, where a
// data folder has them.
const (
	manifestName = "morag-backup.json"
	sealName     = "seal.key"
	databaseName = "morag.db"
	jobsFolder   = "remote_jobs"
	filesFolder  = "uploads"
	sumsName     = "SHA256SUMS"
)

// format is the number of the layout of archives. It goes up when an older program could not
// restore one.
const format = 1

// manifest is the first file of an archive: what it is of.
type manifest struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`
	Version   string    `json:"version"` // of the program
	CreatedAt time.Time `json:"created_at"`
	Folder    string    `json:"folder"` // the name of the data folder, which its runs are known by
	Jobs      int       `json:"jobs"`
	Files     int       `json:"files"`
}

// maxManifest is more than a manifest has.
const maxManifest = 64 << 10

func (m manifest) encode() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	return append(data, '\n'), err
}

func readManifest(r io.Reader) (m manifest, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return m, fmt.Errorf("%w: %s ends too early", ErrDamaged, manifestName)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %s cannot be read: %w", ErrDamaged, manifestName, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("%w: it has the layout %d, this program knows %d: use a newer program", ErrNoBackup, m.Format, format)
	}
	return m, nil
}
