// Package sqlite is the index that needs nothing besides the program: rows in the
// SQLite file, words and what tells which vectors are near in memory.
//
// A version is its row and its chunks; the row says whether searches see
// it, and that is all a switch changes. Versions do not change once they were shown, so
// a search takes one snapshot of vectors or words, which knows the versions of one moment,
// and reads of them what it wants at its leisure: [Index.Sweep] waits for the searches
// that may still read a version before it removes it.
//
// Vectors and words follow the rows through [sqlite.AfterCommit], that is in the order of the
// commits, and so they follow only what is written through the same [sqlite.DB]: two
// services of one process share an Index. At the start they are loaded in slices, each read in the writer's turn and
// so in that order too; until the last one the searches are not ready, everything
// else is.
package sqlite

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/word"
	"morag/internal/sqlite"
)

//go:embed migration/*.sql
var migrations embed.FS

// Config is what an index needs.
type Config struct {
	DB *sqlite.DB
	// Model is the name and Dimension the number of dimensions of what makes the
	// vectors of an index that has none. Both must be set.
	Model     string
	Dimension int
	// Folder is where what is held in memory is kept besides, so that a start need not make it
	// of the rows; "" for nowhere. It may be removed at any time.
	Folder string
	// Now is the clock for the age of what is staged, nil for time.Now.
	Now func() time.Time
	// Logger is told of the loading of vectors and words, nil for nobody.
	Logger *slog.Logger
}

// Index is the [index.Index] in a SQLite file. Only one may be open on a file.
type Index struct {
	db      *sqlite.DB
	used    atomic.Pointer[row.Model] // that searches use
	next    atomic.Pointer[row.Model] // that is filled to be used next, nil for none; changes in the writer's turn
	finish  sync.Mutex                // held by what fills next
	staging sync.RWMutex              // held for writing to keep chunks from being staged
	now     func() time.Time
	log     *slog.Logger
	words   *word.Set
	readers row.Readers

	folder string
	growth growth

	background context.CancelFunc    // ends the loading and the saving
	restored   chan struct{}         // closed when the files have been taken over
	loaded     chan struct{}         // closed when the loading has ended
	saved      chan struct{}         // closed when the saving has ended
	ready      atomic.Pointer[error] // why not, nil when it is
}

var (
	_ index.Index     = (*Index)(nil)
	_ index.Reindexer = (*Index)(nil)
)

// maxDimension is where SQLite's and the scan's arithmetic have room to spare; models
// have a few thousand.
const maxDimension = 16384

// Open migrates the file and begins to load vectors and words. An index with documents that
// were embedded with another model than cfg has keeps that, see [Index.Model]. ctx bounds
// Open, not the loading.
func Open(ctx context.Context, cfg Config) (*Index, error) {
	x := &Index{
		db:       cfg.DB,
		now:      cfg.Now,
		log:      cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		words:    word.New(),
		folder:   cfg.Folder,
		growth:   growth{signal: make(chan struct{}, 1)},
		restored: make(chan struct{}),
		loaded:   make(chan struct{}),
		saved:    make(chan struct{}),
	}
	if x.now == nil {
		x.now = time.Now
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
	there, err := x.showAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	notReady := index.ErrNotReady
	x.ready.Store(&notReady)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	x.background = cancel
	go func() {
		defer close(x.saved)
		if x.load(background, there) {
			x.keepSaved(background)
		}
	}()
	return x, nil
}

// Migrate brings the tables of the index up to date, as [Open] does.
func Migrate(ctx context.Context, db *sqlite.DB) error {
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
	<-x.saved
	x.words.Close()
	return nil
}

// Loaded is closed when the loading has ended; [Index.Ready] tells how.
func (x *Index) Loaded() <-chan struct{} { return x.loaded }

// Ready is nil when vectors and words are loaded, else [index.ErrNotReady], with the cause
// when the loading has failed.
func (x *Index) Ready() error {
	if err := x.ready.Load(); err != nil {
		return *err
	}
	return nil
}
