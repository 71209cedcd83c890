// Package postgres is the index in a PostgreSQL database that any number of servers share:
// versions and chunks are rows, and every server holds the words and the vectors of those
// that are shown in memory.
//
// A switch of a document writes to a log in its transaction. Every server follows the log,
// in the background and before each search, so that what was switched at one is found at
// all at once. Log entries are not seen in the order of any number, for transactions end in
// any order. So a look at the log begins where the oldest transaction stood that ran at the
// last one, and passes over what it has seen: nothing depends on the order of two
// transactions, since a version is shown once and hidden once.
package postgres

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/word"
	"morag/internal/postgres"
)

//go:embed migration/*.sql
var migrations embed.FS

// Config is what an index needs.
type Config struct {
	DB *postgres.DB
	// Model is the name and Dimension the number of dimensions of what makes the
	// vectors of an index that has none. Both must be set.
	Model     string
	Dimension int
	// Vectors keep the vectors that are searched; nil for the memory of each server. All
	// servers must have the same.
	Vectors index.Vectors
	// Place names where Vectors are, of which an index may have had others before.
	Place string
	// Logger is told of the loading of vectors and words, nil for nobody.
	Logger *slog.Logger
}

// Index is the [index.Index] in a PostgreSQL database.
type Index struct {
	db       *postgres.DB
	used     atomic.Pointer[row.Model] // that searches use; changes while followed is locked
	finish   sync.Mutex                // held by what finishes
	log      *slog.Logger
	outside  index.Vectors // nil when vectors are held in memory
	place    string        // of outside
	live     live          // versions, when they are not
	words    *word.Set
	readers  row.Readers
	followed followed

	look       chan struct{} // has one element when it is to look before its time
	background context.CancelFunc
	ended      sync.WaitGroup
	loaded     chan struct{}         // closed when the loading has ended
	ready      atomic.Pointer[error] // why not, nil when it is
	lookedAt   atomic.Int64          // see Followed, in microseconds
}

var (
	_ index.Index     = (*Index)(nil)
	_ index.Reindexer = (*Index)(nil)
)

// maxDimension is where the scan's arithmetic has room to spare; models have a few thousand.
const maxDimension = 16384

// Open brings the tables up to date and begins to load vectors and words. An index with
// documents that were embedded with another model than cfg has keeps that, see [Index.Model].
// ctx bounds Open, not the loading.
func Open(ctx context.Context, cfg Config) (*Index, error) {
	x := &Index{
		db:      cfg.DB,
		outside: cfg.Vectors,
		place:   cfg.Place,
		log:     cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		words:   word.New(),
		look:    make(chan struct{}, 1),
		loaded:  make(chan struct{}),
	}
	if cfg.Model == "" || cfg.Dimension < 1 || cfg.Dimension > maxDimension {
		return nil, fmt.Errorf("open index: model %q with %d dimensions: the name must be set, the dimensions from 1 to %d",
			cfg.Model, cfg.Dimension, maxDimension)
	}
	if err := Migrate(ctx, x.db); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := x.adopt(ctx, index.Model{Name: cfg.Model, Dimension: cfg.Dimension}); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := x.forgetPlaces(ctx); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	x.lookedAt.Store(x.db.Time().UnixMicro())
	notReady := index.ErrNotReady
	x.ready.Store(&notReady)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	x.background = cancel
	x.db.Hear(topic, func(string) { x.lookNow() })
	x.ended.Go(func() {
		if x.load(background) {
			x.keepUp(background)
		}
	})
	return x, nil
}

// Migrate brings the tables of the index up to date, as [Open] does.
func Migrate(ctx context.Context, db *postgres.DB) error {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	return db.Migrate(ctx, "index", set)
}

// Close ends the loading, and what goes on in the background. It must be called before the
// database is closed.
func (x *Index) Close() error {
	x.background()
	x.ended.Wait()
	x.words.Close()
	return nil
}

// Loaded is closed when the loading has ended; [Index.Ready] tells how.
func (x *Index) Loaded() <-chan struct{} { return x.loaded }

// Ready is nil when vectors and words are loaded, else [index.ErrNotReady].
func (x *Index) Ready() error {
	if err := x.ready.Load(); err != nil {
		return *err
	}
	return nil
}

// current is nil when searches see everything that is committed.
func (x *Index) current(ctx context.Context) error {
	if err := x.Ready(); err != nil {
		return err
	}
	return x.follow(ctx)
}

// lookNow has the log looked at before its time.
func (x *Index) lookNow() {
	select {
	case x.look <- struct{}{}:
	default:
	}
}
