package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	authpostgres "morag/internal/auth/pgstore"
	"morag/internal/blob"
	"morag/internal/blob/disk"
	"morag/internal/config"
	"morag/internal/fleet"
	fleetpostgres "morag/internal/fleet/pgstore"
	indexpostgres "morag/internal/index/postgres"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/metrics"
	"morag/internal/postgres"
	"morag/internal/seal"
	"morag/internal/transfer"
)

// Migration says what is copied where.
type Migration struct {
	// Settings name the folder and, by DatabaseURL and BlobURL, what servers share.
	Settings config.Server
	// ToFolder copies what servers share into the folder, in place of the other way round.
	ToFolder bool
	// Tell is told of progress, Warn of what is left out.
	Tell func(transfer.Line)
	Warn func(string)
}

// Migrate copies all that a server keeps between its data folder and the database and files
// of servers that share theirs. It goes on with what was cut off; already tells that it was
// done before. Nobody may use either of them meanwhile.
func Migrate(ctx context.Context, m Migration) (already bool, err error) {
	folder := &stores{dir: m.Settings.DataDir, files: m.Settings.DataDir, log: slog.New(slog.DiscardHandler), now: time.Now, policy: jobPolicy(m.Settings)}
	if folder.dir, err = filepath.Abs(folder.dir); err != nil {
		return false, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	folder.files = folder.dir
	shared := &stores{dir: folder.dir, shared: true, log: folder.log, now: time.Now, policy: folder.policy}
	defer folder.close()
	defer shared.close()
	if !m.ToFolder {
		if _, err := os.Stat(filepath.Join(folder.dir, databaseFile)); err != nil {
			return false, fmt.Errorf("MORAG_DATA_DIR: no server has kept anything in %s: --data-dir names the folder of one", folder.dir)
		}
	}
	name, err := folder.lockFolder()
	if err != nil {
		return false, err
	}
	from, err := openMigrated(ctx, folder, shared, m)
	if err != nil {
		return false, err
	}
	c := transfer.Copy{From: from.folder, To: from.shared, Source: "the folder " + name, Mark: from.there, Tell: m.Tell, Now: time.Now}
	if m.ToFolder {
		c.From, c.To, c.Source, c.Mark = c.To, c.From, from.source, from.here
	}
	if already, err = c.Run(ctx); err == nil {
		m.leftOut(folder)
	}
	return already, err
}

// leftOut tells what of the folder was not copied.
func (m Migration) leftOut(folder *stores) {
	if m.ToFolder {
		return
	}
	if parts, err := os.ReadDir(filepath.Join(folder.dir, "resumable")); err == nil && len(parts) > 0 {
		m.Warn("uploads in pieces that were not ingested yet are left in " + filepath.Join(folder.dir, "resumable") + ": their clients begin them anew")
	}
}

// migrated is both places, open.
type migrated struct {
	folder, shared transfer.Place
	here, there    transfer.Mark // of the folder, and of what is shared
	source         string        // what is shared, as people are told
}

// openMigrated opens both places, and gives the one that is copied to the key of the other.
func openMigrated(ctx context.Context, folder, shared *stores, m Migration) (p migrated, err error) {
	if err := shared.openPlace(ctx, m.Settings); err != nil {
		return p, fmt.Errorf("MORAG_BLOB_URL: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: m.Settings.DatabaseURL, Quiet: true})
	if err != nil {
		return p, fmt.Errorf("MORAG_DATABASE_URL: %w", err)
	}
	shared.cleanup.add("database", db.Close)
	shared.db = several{db}
	workers, err := fleetpostgres.New(ctx, db, fleet.Limits{})
	if err != nil {
		return p, fmt.Errorf("open the worker store: %w", err)
	}
	if alive, err := workers.Others(ctx, ""); err != nil || alive {
		if err == nil {
			err = fmt.Errorf("MORAG_DATABASE_URL: a server uses it: stop all that do; one that was killed counts as alive for %s", fleet.Gap)
		}
		return p, err
	}
	p.here, p.there = transfer.FileMark(folder.dir), transfer.PostgresMark(db)
	p.source = "the database " + databaseName(m.Settings.DatabaseURL)
	source := p.here
	if m.ToFolder {
		source = p.there
	}
	if err := transfer.Finished(ctx, source); err != nil {
		return p, fmt.Errorf("what is to be copied is not whole: %w", err)
	}
	if err := shareKey(ctx, folder, shared, m.ToFolder); err != nil {
		return p, err
	}
	if p.folder, err = openFolderPlace(ctx, folder, m.Settings); err != nil {
		return p, err
	}
	p.shared, err = openSharedPlace(ctx, shared, db, m.Settings)
	return p, err
}

// databaseName is an address without what is secret.
func databaseName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "of that address"
	}
	return u.Host + u.Path
}

func openFolderPlace(ctx context.Context, s *stores, set config.Server) (p transfer.Place, err error) {
	measure := metrics.New()
	if err := s.openJobs(set, measure); err != nil {
		return p, err
	}
	db, err := s.openDatabase(ctx, set, measure, func() (*seal.Key, error) { return s.sealer, nil })
	if err != nil {
		return p, err
	}
	if err := indexsqlite.Migrate(ctx, db); err != nil {
		return p, fmt.Errorf("open the index: %w", err)
	}
	p.Rows = transfer.SQLite(db)
	p.Jobs, p.Blobs, err = s.jobsAndBlobs()
	return p, err
}

func openSharedPlace(ctx context.Context, s *stores, db *postgres.DB, set config.Server) (p transfer.Place, err error) {
	if _, err := authpostgres.New(ctx, db); err != nil {
		return p, fmt.Errorf("open the keys: %w", err)
	}
	if err := s.openRows(ctx, db, set); err != nil {
		return p, err
	}
	if err := indexpostgres.Migrate(ctx, db); err != nil {
		return p, fmt.Errorf("open the index: %w", err)
	}
	p.Rows = transfer.Postgres(db)
	p.Jobs, p.Blobs, err = s.jobsAndBlobs()
	return p, err
}

func (s *stores) jobsAndBlobs() (transfer.Jobs, blob.Bucket, error) {
	jobs, ok := s.jobs.(transfer.Jobs)
	if !ok {
		return nil, nil, errors.New("the jobs cannot be copied")
	}
	if s.bucket != nil {
		return jobs, s.bucket, nil
	}
	files, err := disk.Open(s.uploads())
	if err != nil {
		return nil, nil, fmt.Errorf("open the upload folder: %w", err)
	}
	s.cleanup.add("uploads", files.Close)
	return jobs, files, nil
}

// shareKey gives both places one key, that of the one that is copied. What is sealed by another
// is other data.
func shareKey(ctx context.Context, folder, shared *stores, toFolder bool) error {
	from, to := folder, shared
	if toFolder {
		from, to = shared, folder
	}
	key, err := from.rawKey(ctx, nil)
	if err != nil {
		return err
	}
	there, err := to.rawKey(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, key) {
		return fmt.Errorf("%w: the %s there is another than the one to be copied", transfer.ErrUsed, keyFile)
	}
	from.sealer, err = seal.NewKey(keyFile, key)
	to.sealer = from.sealer
	return err
}

// rawKey is the key beside the files, which is made when there is none: of fresh, or at random.
func (s *stores) rawKey(ctx context.Context, fresh []byte) ([]byte, error) {
	if fresh == nil {
		fresh = seal.Random()
	}
	if s.bucket != nil {
		return s.bucket.Once(ctx, keyFile, fresh)
	}
	path := filepath.Join(s.files, keyFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := seal.WriteKey(path, fresh); err != nil {
			return nil, fmt.Errorf("make the key %s: %w", path, err)
		}
		raw, err = os.ReadFile(path)
	}
	return raw, err
}
