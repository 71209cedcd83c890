package blob

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Tracked is a [Store] that knows who uses what is in a bucket, and so what may go.
type Tracked struct {
	bucket     Bucket
	references References
	now        func() time.Time
	log        *slog.Logger

	// keeping is held for reading while a blob is deleted, and for writing while what it
	// guards changes: how many want everything kept.
	keeping sync.RWMutex
	keepers int

	walking sync.Mutex // held by who walks, guards what follows
	walked  time.Time  // when the whole bucket was looked at
	after   string     // the blob after which the walk goes on, "" when none is under way
}

var _ Store = (*Tracked)(nil)

// walkEvery is how often a sweep looks at the whole bucket, besides at the first.
const walkEvery = 24 * time.Hour

// sweepPage is how many blobs a sweep asks for at a time.
const sweepPage = 500

// Track makes a store of a bucket.
func Track(bucket Bucket, references References, now func() time.Time, log *slog.Logger) *Tracked {
	return &Tracked{bucket: bucket, references: references, now: now, log: log}
}

// Put implements [Store]. The hold is there before the blob is, so that a server that
// dies in between leaves nothing that is not known.
func (t *Tracked) Put(ctx context.Context, r io.Reader, limit int64) (Info, error) {
	ref := NewRef()
	began := t.now()
	if err := t.hold(ctx, ref); err != nil {
		return Info{}, err
	}
	defer t.Hold(ctx, ref)() // a slow stream may take longer than a hold lasts
	info, err := t.bucket.Write(ctx, ref, r, limit)
	if err != nil {
		return Info{}, err
	}
	if t.now().Sub(began) > Grace/2 {
		if err := t.hold(ctx, ref); err != nil {
			return Info{}, err
		}
	}
	return info, nil
}

func (t *Tracked) hold(ctx context.Context, ref string) error {
	return t.references.Refer(ctx, Hold(ref), Grace, ref)
}

// Open implements [Store].
func (t *Tracked) Open(ctx context.Context, ref string) (Reader, Info, error) {
	return t.bucket.Open(ctx, ref)
}

// Stat implements [Store].
func (t *Tracked) Stat(ctx context.Context, ref string) (Info, error) { return t.bucket.Stat(ctx, ref) }

// File implements [Store].
func (t *Tracked) File(ctx context.Context, ref string) (string, func(), error) {
	return t.bucket.File(ctx, ref)
}

// Delete implements [Store]. What is known of the blob stays until a sweep, which spares
// a write here.
func (t *Tracked) Delete(ctx context.Context, ref string) error {
	used, err := t.references.Used(ctx, ref)
	if err != nil || used {
		return err
	}
	if err = t.remove(ctx, ref); errors.Is(err, errKept) {
		return nil // a sweep finds it later
	}
	return err
}

// Keep has no blob deleted, whoever lets it go, until release is called. What was let go of
// meanwhile is swept later. It is for this process alone.
func (t *Tracked) Keep() (release func()) {
	t.keep(1)
	return sync.OnceFunc(func() { t.keep(-1) })
}

func (t *Tracked) keep(change int) {
	t.keeping.Lock()
	defer t.keeping.Unlock()
	t.keepers += change
}

// errKept: nothing is deleted at the moment.
var errKept = errors.New("all files are kept")

// remove deletes a blob. [errKept].
func (t *Tracked) remove(ctx context.Context, ref string) error {
	t.keeping.RLock()
	defer t.keeping.RUnlock()
	if t.keepers > 0 {
		return errKept
	}
	return t.bucket.Delete(ctx, ref)
}

// Each calls fn with every blob, in the order of references.
func (t *Tracked) Each(ctx context.Context, fn func(Info) error) error {
	return t.bucket.List(ctx, "", forever, fn)
}

// forever is later than any blob was changed.
var forever = time.Unix(1<<40, 0)

// Hold implements [Store]: it renews the hold as long as it is not released.
func (t *Tracked) Hold(ctx context.Context, ref string) (release func()) {
	if !Is(ref) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(Grace / 4)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := t.hold(ctx, ref); err != nil && ctx.Err() == nil {
					t.log.Error("hold a file", "err", err)
				}
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

// Sweep deletes, in pages, the blobs that nobody uses any more and tells how many: an
// upload whose server died before its task was made, a source whose document went while
// the server did. The first sweep, and one a day, also looks at the whole bucket for what
// nobody knows of. After about the time that it is given it stops, and more tells that
// the next one goes on.
func (t *Tracked) Sweep(ctx context.Context, atMost time.Duration) (removed int, more bool, err error) {
	begun := t.now()
	late := func() bool { return t.now().Sub(begun) >= atMost }
	defer func() {
		if removed > 0 {
			t.log.Info("orphaned files removed", "count", removed)
		}
	}()
	for {
		refs, err := t.references.Unused(ctx, sweepPage)
		if err != nil {
			return removed, false, err
		}
		if len(refs) == 0 {
			break
		}
		n, err := t.sweep(ctx, refs)
		removed += n
		if errors.Is(err, errKept) {
			return removed, false, nil
		}
		if err != nil || late() {
			return removed, err == nil, err
		}
	}
	n, more, err := t.walk(ctx, late)
	return removed + n, more, err
}

// sweep deletes blobs, tells how many there were, and forgets them.
func (t *Tracked) sweep(ctx context.Context, refs []string) (removed int, err error) {
	for _, ref := range refs {
		_, missing := t.bucket.Stat(ctx, ref)
		if err := t.remove(ctx, ref); err != nil {
			return removed, err
		}
		if missing == nil {
			removed++
		}
	}
	return removed, t.references.Forget(ctx, refs...)
}

// errLate ends a walk whose time is over.
var errLate = errors.New("the time for a sweep is over")

// walk deletes, when it is due, what is in the bucket and nobody knows of: what came back
// after a power failure, or was put there by hand. It goes on where the last one stopped.
func (t *Tracked) walk(ctx context.Context, late func() bool) (removed int, more bool, err error) {
	t.walking.Lock()
	defer t.walking.Unlock()
	if t.after == "" {
		now := t.now()
		if !t.walked.IsZero() && now.Sub(t.walked) < walkEvery {
			return 0, false, nil
		}
		t.walked = now
	}
	var page []string
	flush := func() error {
		n, err := t.removeUnknown(ctx, page)
		removed += n
		if err == nil && len(page) > 0 {
			t.after, page = page[len(page)-1], page[:0]
		}
		return err
	}
	err = t.bucket.List(ctx, t.after, t.now().Add(-Grace), func(i Info) error {
		if page = append(page, i.Ref); len(page) < sweepPage {
			return nil
		}
		if err := flush(); err != nil || !late() {
			return err
		}
		return errLate
	})
	if errors.Is(err, errLate) {
		return removed, true, nil
	}
	if err == nil {
		err = flush()
	}
	if errors.Is(err, errKept) {
		t.walked = time.Time{}
		return removed, false, nil
	}
	if err == nil {
		t.after = ""
	}
	return removed, false, err
}

// removeUnknown deletes those of a page that nobody knows of.
func (t *Tracked) removeUnknown(ctx context.Context, page []string) (removed int, err error) {
	known, err := t.references.Known(ctx, page)
	if err != nil {
		return 0, err
	}
	for _, ref := range page {
		if known[ref] {
			continue
		}
		if err := t.remove(ctx, ref); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
