package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/index/vector"
	"morag/internal/index/word"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

const (
	// lookEvery is how often the log is looked at besides by searches.
	lookEvery = time.Second
	// compareEvery is how often what is held is compared with all that is shown, and the log
	// is forgotten that is older than keepLog.
	compareEvery = 5 * time.Minute
	keepLog      = 30 * time.Minute
	// prepareEvery is how often the vectors of a model that is to come are read that are new.
	prepareEvery = 5 * time.Second
	// retryEvery is how often the loading is tried again while the database is away.
	retryEvery = time.Second
	// sliceBytes is how much of the vectors is read at a time.
	sliceBytes = 1 << 20
)

// followed is how far the log was followed.
type followed struct {
	mu    sync.Mutex // one follows at a time, and has what follows
	from  int64      // the oldest transaction that ran at the last look
	seen  map[int64]bool
	shown map[int64]string // versions, with their owners

	next   *row.Model     // that is prepared, nil for none
	filled map[int64]bool // versions whose vectors it has
}

// entry is one of the log.
type entry struct {
	xid, n, version int64
	shown           bool
	model           bool // another is searched, and it is of no version
}

// load makes vectors and words of all that is shown, and follows the log from before it
// looked what that is. It tries until it succeeds or ctx ends, when it is false.
func (x *Index) load(ctx context.Context) bool {
	defer close(x.loaded)
	for {
		err := x.compare(ctx)
		if err == nil && x.outside != nil {
			err = x.ensure(ctx, storedAs(x.used.Load()))
		}
		if err == nil {
			x.used.Load().Vectors.Publish()
			x.words.Loaded()
			x.ready.Store(nil)
			x.log.Info("index loaded", "chunks", x.used.Load().Vectors.Snapshot().Len())
			return true
		}
		why := fmt.Errorf("%w: load: %w", index.ErrNotReady, err)
		x.ready.Store(&why)
		if ctx.Err() != nil {
			return false
		}
		x.log.Warn("the index cannot be loaded, which is tried again", "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryEvery):
		}
	}
}

// keepUp follows the log until ctx ends.
func (x *Index) keepUp(ctx context.Context) {
	looking, comparing, preparing := time.NewTicker(lookEvery), time.NewTicker(compareEvery), time.NewTicker(prepareEvery)
	defer looking.Stop()
	defer comparing.Stop()
	defer preparing.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-looking.C:
			err = x.follow(ctx)
		case <-x.look:
			err = x.follow(ctx)
		case <-comparing.C:
			err = errors.Join(x.compare(ctx), x.forget(ctx))
		case <-preparing.C:
			err = x.prepare(ctx)
		}
		if err != nil && ctx.Err() == nil {
			x.log.Debug("the index is not followed, which is tried again", "error", err)
		}
	}
}

// change is what searches are to see and no longer to see: versions.
type change struct {
	shown, hidden map[int64]bool
	seen          map[int64]bool // what of the log it was read from
	model         bool           // another may be searched
}

// follow makes searches see what was committed since the last look.
func (x *Index) follow(ctx context.Context) error { return x.take(ctx, x.logged) }

// compare makes searches see all that is shown and nothing else, whatever they saw.
func (x *Index) compare(ctx context.Context) error { return x.take(ctx, x.compared) }

// take makes searches see a change, as a whole: when some of it was undone while it was
// loaded, it is read again.
func (x *Index) take(ctx context.Context, read func(context.Context) (change, error)) error {
	f := &x.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	loaded := map[int64]string{}
	for {
		oldest, _, err := x.db.Running(ctx)
		if err != nil {
			return err
		}
		c, err := read(ctx)
		if err != nil {
			return err
		}
		if c.model {
			if err := x.goOver(ctx); err != nil {
				return err
			}
		}
		whole, err := x.apply(ctx, c.shown, c.hidden, loaded)
		if err != nil {
			return err
		}
		if whole {
			f.from, f.seen = oldest, c.seen
			x.lookedAt.Store(x.db.Time().UnixMicro())
			return nil
		}
	}
}

// Followed is when all was seen that had been shown and hidden by then, or this was opened.
func (x *Index) Followed() time.Time { return sqlrow.Time(x.lookedAt.Load()) }

// logged is what the log has that was not seen.
func (x *Index) logged(ctx context.Context) (change, error) {
	fresh, seen, err := x.entries(ctx)
	c := change{shown: map[int64]bool{}, hidden: map[int64]bool{}, seen: seen}
	for _, e := range fresh {
		switch {
		case e.model:
			c.model = true
		case e.shown:
			c.shown[e.version] = true
		default:
			c.hidden[e.version] = true
		}
	}
	return c, err
}

// compared is what differs between what is shown and what searches see. followed.mu is held.
func (x *Index) compared(ctx context.Context) (change, error) {
	versions, err := x.numbers(ctx, `SELECT id FROM index_version WHERE state = 1`)
	c := change{shown: map[int64]bool{}, hidden: map[int64]bool{}, model: true}
	for _, v := range versions {
		c.shown[v] = true
	}
	for v := range x.followed.shown {
		if !c.shown[v] {
			c.hidden[v] = true
		}
	}
	return c, err
}

// entries are those of the log that were not seen, and all that were by now.
func (x *Index) entries(ctx context.Context) (fresh []entry, seen map[int64]bool, err error) {
	rows, err := x.db.Query(ctx, `SELECT xid, n, version, shown, model <> 0 FROM index_log WHERE xid >= $1 ORDER BY xid, n`, x.followed.from)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	seen = map[int64]bool{}
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.xid, &e.n, &e.version, &e.shown, &e.model); err != nil {
			return nil, nil, err
		}
		if !x.followed.seen[e.n] {
			fresh = append(fresh, e)
		}
		seen[e.n] = true
	}
	return fresh, seen, rows.Err()
}

// apply makes searches see some versions and no longer others. What was hidden since it was
// shown is not loaded. It is false, and searches see what they saw, when one that is to be
// shown was hidden meanwhile: what came in its place is not known yet, and without either a
// document would be missing. loaded are the owners of versions that were loaded for it
// already, and gets to know of more. followed.mu is held.
func (x *Index) apply(ctx context.Context, shown, hidden map[int64]bool, loaded map[int64]string) (whole bool, err error) {
	f := &x.followed
	if f.shown == nil {
		f.shown = map[int64]string{}
	}
	var show, hide []int64
	for v := range shown {
		if _, already := f.shown[v]; !hidden[v] && !already {
			show = append(show, v)
		}
	}
	for v := range hidden {
		if _, there := f.shown[v]; there {
			hide = append(hide, v)
		}
	}
	if len(show)+len(hide) == 0 {
		return true, nil
	}
	slices.Sort(show)
	if whole, err := x.fill(ctx, show, loaded); err != nil || !whole {
		return false, err
	}
	vectors, words := make([]vector.Shown, 0, len(show)), make([]word.Shown, 0, len(show))
	for _, v := range show {
		vectors = append(vectors, vector.Shown{Group: v, Owner: loaded[v]})
		words = append(words, word.Shown{Group: v, Owner: loaded[v]})
		f.shown[v] = loaded[v]
	}
	used := x.used.Load()
	used.Vectors.Switch(vectors, hide)
	x.words.Switch(words, hide)
	if x.outside != nil {
		x.live.change(show, hide)
	}
	for v := range hidden { // those too that were loaded and never shown
		delete(f.shown, v)
		used.Vectors.Drop(v)
		x.words.Drop(v)
		if f.next != nil {
			f.next.Vectors.Drop(v)
			delete(f.filled, v)
		}
	}
	return true, nil
}

// fill adds the chunks of versions to vectors and words, hidden, unless they were loaded
// already. It is false when one of them is not shown any more: of that, chunks may have been
// removed.
func (x *Index) fill(ctx context.Context, versions []int64, loaded map[int64]string) (whole bool, err error) {
	for _, id := range versions {
		if _, already := loaded[id]; already {
			continue
		}
		var v index.Version
		var shared []byte
		err := x.db.QueryRow(ctx, `SELECT owner, source_name, metadata FROM index_version WHERE id = $1 AND state = 1`, id).
			Scan(&v.Owner, &v.SourceName, &shared)
		if errors.Is(err, postgres.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if err := json.Unmarshal(shared, &v.Metadata); err != nil {
			return false, fmt.Errorf("metadata of version %d: %w", id, err)
		}
		if err := x.fillVersion(ctx, id, v); err != nil {
			return false, err
		}
		loaded[id] = v.Owner
	}
	var still int
	err = x.db.QueryRow(ctx, `SELECT count(*) FROM index_version WHERE id = ANY ($1::bigint[]) AND state = 1`, versions).Scan(&still)
	return still == len(versions), err
}

// fillVersion adds the chunks of a version.
func (x *Index) fillVersion(ctx context.Context, id int64, v index.Version) error {
	used := x.used.Load()
	for from := 0; from >= 0; {
		slice, err := x.readSlice(ctx, used, id, from, x.outside == nil, true)
		if err != nil {
			return err
		}
		used.Vectors.Add(slice.vectors)
		for !x.words.Add(x.words.Prepare(row.Texts(v, slice.chunks)).Number(id, slice.ids)) {
		}
		from = slice.next
	}
	return nil
}

// slice is some chunks of a version.
type slice struct {
	vectors vector.Batch
	chunks  []index.Chunk // when they are asked for
	ids     []int64
	next    int // position, -1 when there is none
}

// readSlice reads chunks of a version from a position on, their vectors of a model, their texts
// or both.
func (x *Index) readSlice(ctx context.Context, m *row.Model, version int64, from int, embedded, texts bool) (s slice, err error) {
	n := max(1, sliceBytes/(4*m.Dimension))
	vectors, of, what := `c.vector`, ``, `'', '{}'`
	args := []any{version, from, n}
	switch {
	case !embedded:
		vectors = `''::bytea`
	case m.ID != row.FirstModel:
		vectors, of = `coalesce(x.vector, '')`, `LEFT JOIN index_vector x ON x.chunk = c.id AND x.model = $4`
		args = append(args, m.ID)
	}
	if texts {
		what = `c.content, c.metadata`
	}
	rows, err := x.db.Query(ctx, `SELECT c.id, c.position, `+vectors+`, `+what+` FROM index_chunk c `+of+`
		WHERE c.version = $1 AND c.position >= $2 ORDER BY c.position LIMIT $3`, args...)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	s = slice{vectors: vector.Batch{Group: version}, next: -1}
	for rows.Next() {
		var id int64
		var c index.Chunk
		var blob, own []byte
		if err := rows.Scan(&id, &c.Index, &blob, &c.Content, &own); err != nil {
			return s, err
		}
		if err := json.Unmarshal(own, &c.Metadata); err != nil {
			return s, fmt.Errorf("metadata of chunk %d: %w", id, err)
		}
		s.ids = append(s.ids, id)
		if embedded {
			stored := vector.Row{ID: id, Vector: make([]float32, m.Dimension)}
			if err := row.DecodeVector(stored.Vector, blob); err != nil {
				return s, fmt.Errorf("chunk %d: %w", id, err)
			}
			s.vectors.Rows = append(s.vectors.Rows, stored)
		}
		if texts {
			s.chunks = append(s.chunks, c)
		}
		if len(s.ids) == n {
			s.next = c.Index + 1
		}
	}
	return s, rows.Err()
}

// forget removes what is old of the log.
func (x *Index) forget(ctx context.Context) error {
	return x.db.Write(ctx, func(ctx context.Context) error {
		_, err := x.db.Exec(ctx, `DELETE FROM index_log WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM index_log WHERE noted < clock_timestamp() - $1 * interval '1 second' FOR UPDATE SKIP LOCKED))`, keepLog.Seconds())
		return err
	})
}
