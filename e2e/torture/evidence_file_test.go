package torture

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/job"
	"morag/internal/sqlite"
)

// records reads the folder of the jobs.
func (s *server) records(e *evidence) {
	for _, name := range files(s.t, s.jobs()) {
		folder := filepath.Dir(name)
		if folder == "." {
			continue // the lock
		}
		raw, err := os.ReadFile(filepath.Join(s.jobs(), name))
		if err != nil {
			s.t.Fatal(err)
		}
		f := recordFile{name: name, job: new(job.Job)}
		if json.Unmarshal(raw, f.job) != nil {
			f.job = nil
		}
		switch {
		case folder == "corrupt":
			e.corrupt = append(e.corrupt, f)
		case !strings.HasSuffix(name, ".json"):
			e.litter = append(e.litter, name)
		default:
			e.records = append(e.records, f)
		}
	}
}

// age makes every upload old enough to be an orphan: its file, and what holds it until
// somebody uses it.
func (s *server) age() {
	db, err := sqlite.Open(s.t.Context(), sqlite.Config{Path: filepath.Join(s.data, "morag.db")})
	if err != nil {
		s.t.Fatal(err)
	}
	err = db.Write(s.t.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, `UPDATE blob_reference SET until = 1 WHERE user LIKE 'hold:%'`)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		s.t.Fatal(err)
	}
	then := time.Now().Add(-3 * time.Hour)
	for _, name := range files(s.t, s.uploads()) {
		if err := os.Chtimes(filepath.Join(s.uploads(), name), then, then); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *server) uploads() string { return filepath.Join(s.data, "uploads") }

// blobs reads the folder of the uploads.
func (s *server) blobs(e *evidence) {
	for _, name := range files(s.t, s.uploads()) {
		raw, err := os.ReadFile(filepath.Join(s.uploads(), name))
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.HasPrefix(name, "incoming/") {
			e.litter = append(e.litter, name)
		}
		e.blobs[sum(raw)]++
	}
}
