package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/auth"
	authpostgres "morag/internal/auth/pgstore"
	blobpostgres "morag/internal/blob/pgstore"
	"morag/internal/blob/s3"
	"morag/internal/config"
	"morag/internal/document"
	documentpostgres "morag/internal/document/pgstore"
	"morag/internal/fleet"
	fleetpostgres "morag/internal/fleet/pgstore"
	indexpostgres "morag/internal/index/postgres"
	"morag/internal/ingest"
	jobpostgres "morag/internal/job/pgstore"
	dutypostgres "morag/internal/maintain/pgstore"
	"morag/internal/metrics"
	"morag/internal/postgres"
	"morag/internal/seal"
	"morag/internal/task"
	taskpostgres "morag/internal/task/pgstore"
	"morag/internal/transfer"
)

// several is a [transactor] over a PostgreSQL database.
type several struct{ db *postgres.DB }

func (t several) Write(ctx context.Context, fn func(ctx context.Context) error) error {
	err := t.db.Write(ctx, fn)
	switch {
	case errors.Is(err, task.ErrNoSpace), errors.Is(err, task.ErrUnavailable):
		return err
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%w: %w", task.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%w: %w", task.ErrUnavailable, err)
	}
	return err
}

// openShared opens what servers keep together: all rows in one PostgreSQL, and files in a
// folder that each of them has or in a bucket, with the key that seals secrets beside them, so that the
// database alone gives none away.
func (s *stores) openShared(ctx context.Context, set config.Server) (err error) {
	if err := s.openPlace(ctx, set); err != nil {
		return fmt.Errorf("MORAG_BLOB_URL: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: set.DatabaseURL, Logger: s.log})
	if err != nil {
		return fmt.Errorf("MORAG_DATABASE_URL: %w", err)
	}
	s.cleanup.add("database", db.Close)
	s.db, s.now, s.shares = several{db}, db.Time, db
	outage := newOutage(s.log, db.Ping)
	s.cleanup.add("watch of the database", outage.close)
	s.log = outage.watched()
	if err := s.openEmbedder(ctx, set); err != nil {
		return err
	}
	workers, err := fleetpostgres.New(ctx, db, fleet.Limits{})
	if err != nil {
		return fmt.Errorf("open the worker store: %w", err)
	}
	s.fleet = workers
	if err := transfer.Finished(ctx, transfer.PostgresMark(db)); err != nil {
		return &SettingError{fmt.Errorf("MORAG_DATABASE_URL: %w", err)}
	}
	if err := s.agree(ctx, db, workers, set); err != nil {
		return err
	}
	keys, err := authpostgres.New(ctx, db)
	if err != nil {
		return fmt.Errorf("open the keys: %w", err)
	}
	s.auth = keys
	if s.sealer, err = s.openSeal(ctx, keys); err != nil {
		return err
	}
	if err := s.openRows(ctx, db, set); err != nil {
		return err
	}
	return s.openSharedIndex(ctx, db, set)
}

// openPlace finds the folder of the files, or opens their bucket.
func (s *stores) openPlace(ctx context.Context, set config.Server) error {
	place, err := set.Blobs()
	if err != nil {
		return err
	}
	if place.Bucket == "" {
		s.files = place.Dir
		return os.MkdirAll(s.files, 0o700)
	}
	copies := filepath.Join(s.dir, "copies") // what a crash has left there is nobody's
	if err := errors.Join(os.RemoveAll(copies), os.MkdirAll(copies, 0o700)); err != nil {
		return err
	}
	s.bucket, err = s3.Open(ctx, s3.Config{
		Endpoint: place.Endpoint, Region: place.Region, Bucket: place.Bucket, Prefix: place.Prefix,
		Dir: copies, MaxCopies: int64(set.Engines.ScratchLimit),
	})
	if err == nil {
		s.cleanup.add("bucket", s.bucket.Close)
	}
	return err
}

// openRows opens the stores that are rows of the database.
func (s *stores) openRows(ctx context.Context, db *postgres.DB, set config.Server) error {
	references, err := blobpostgres.Open(ctx, db)
	if err != nil {
		return fmt.Errorf("open the references to files: %w", err)
	}
	s.references = references
	documents, err := documentpostgres.Open(ctx, db)
	if err != nil {
		return fmt.Errorf("open the documents: %w", err)
	}
	s.documents = &document.Referring{Store: documents, DB: s.db, References: references}
	tasks, err := taskpostgres.New(ctx, db, s.sealer)
	if err != nil {
		return fmt.Errorf("open the task store: %w", err)
	}
	s.tasks = &ingest.Referring{Store: tasks, DB: s.db, References: references, Retention: set.Retention.Duration()}
	if s.duties, err = dutypostgres.New(ctx, db); err != nil {
		return fmt.Errorf("open the duties: %w", err)
	}
	jobs, err := jobpostgres.Open(ctx, jobpostgres.Config{DB: db, Policy: s.policy, Logger: s.log})
	if err != nil {
		return fmt.Errorf("open the job store: %w", err)
	}
	s.cleanup.add("job store", jobs.Close)
	s.jobs, s.health = jobs, jobs.Health
	return nil
}

func (s *stores) openSharedIndex(ctx context.Context, db *postgres.DB, set config.Server) error {
	model := s.embedder.Model()
	vectors, err := s.openVectors(ctx, db, set)
	if err != nil {
		return fmt.Errorf("MORAG_VECTOR_URL: %w", err)
	}
	found, err := indexpostgres.Open(ctx, indexpostgres.Config{
		DB: db, Model: model.Name, Dimension: model.Dimension, Vectors: vectors, Place: set.VectorURL, Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("open the index: %w", err)
	}
	s.cleanup.add("index", found.Close)
	s.useIndex(ctx, set, found)
	return nil
}

// watchDatabase has the metrics tell how the shared database fares, if there is one.
func (s *Server) watchDatabase() {
	db := s.stores.shares
	if db == nil {
		return
	}
	s.metrics.WatchDatabase(func(ctx context.Context) (metrics.Database, error) {
		state, err := db.State(ctx)
		d := metrics.Database{Snapshot: state.Snapshot, Rows: map[string]metrics.Rows{}}
		for table, rows := range state.Rows {
			d.Rows[table] = metrics.Rows(rows)
		}
		if followed, ok := s.stores.index.(interface{ Followed() time.Time }); ok {
			d.IndexLag = max(0, s.stores.now().Sub(followed.Followed()))
		}
		return d, err
	}, db.Connections)
}

// agree refuses settings that other servers have otherwise: each would undo what another
// decides.
func (s *stores) agree(ctx context.Context, db *postgres.DB, workers *fleetpostgres.Store, set config.Server) error {
	model := s.embedder.Model()
	settings := map[string]string{
		"MORAG_RETRY_BACKOFF":         set.RetryBackoff.Duration().String(),
		"MORAG_CLAIM_CONFIRM_TIMEOUT": set.ClaimConfirmTimeout.Duration().String(),
		"MORAG_RETENTION":             set.Retention.Duration().String(),
		"MORAG_EMBEDDER":              fmt.Sprintf("%s with %d dimensions", model.Name, model.Dimension),
		"MORAG_VECTOR_URL":            cmp.Or(set.VectorURL, "memory"),
	}
	for contentType, of := range map[string]config.Seconds{
		"AUDIO": set.RemoteTimeoutAudio, "VIDEO": set.RemoteTimeoutVideo, "YOUTUBE": set.RemoteTimeoutYoutube,
		"DOCUMENT": set.RemoteTimeoutDocument, "WEB": set.RemoteTimeoutWeb, "IMAGE": set.RemoteTimeoutImage,
	} {
		settings["MORAG_REMOTE_TIMEOUT_"+contentType] = of.Duration().String()
	}
	different, err := db.Agree(ctx, settings, func(ctx context.Context) (bool, error) {
		others, err := workers.Others(ctx, s.name)
		return !others, err
	})
	if err != nil {
		return fmt.Errorf("compare the settings with those of the other servers: %w", err)
	}
	if len(different) == 0 {
		return nil
	}
	parts := make([]string, len(different))
	for i, d := range different {
		parts[i] = fmt.Sprintf("%s is %s here and %s at the others", d.Name, d.Here, d.There)
	}
	return &SettingError{fmt.Errorf("servers that share a database must agree: %s; to change it, stop all of them first", strings.Join(parts, ", "))}
}

// sealCheck is what a server must be able to open to have the key of the others.
const sealCheck = "seal check"

// openSeal opens the key that seals secrets, which lies with the files. Another one than the
// other servers have is refused: the folder is not theirs.
func (s *stores) openSeal(ctx context.Context, secrets auth.Secrets) (*seal.Key, error) {
	key, err := s.key(ctx)
	if err != nil {
		return nil, fmt.Errorf("MORAG_BLOB_URL: %w", err)
	}
	sealed, err := secrets.Secret(ctx, sealCheck, []byte(key.Seal(rand.Text(), sealCheck)))
	if err != nil {
		return nil, fmt.Errorf("compare the key with that of the other servers: %w", err)
	}
	if _, err := key.Open(string(sealed), sealCheck); err != nil {
		return nil, &SettingError{fmt.Errorf("MORAG_BLOB_URL: its %s is not the key that secrets in the database are sealed with: "+
			"all servers must name the same place", keyFile)}
	}
	return key, nil
}

// key is the one beside the files, which the first server makes.
func (s *stores) key(ctx context.Context) (*seal.Key, error) {
	if s.bucket == nil {
		return seal.OpenKey(filepath.Join(s.files, keyFile))
	}
	raw, err := s.bucket.Once(ctx, keyFile, seal.Random())
	if err != nil {
		return nil, err
	}
	return seal.NewKey(keyFile, raw)
}
