package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Why a caller is not let in.
var (
	// ErrNoKey: there are keys, and the caller has sent none.
	ErrNoKey = errors.New("no key")
	// ErrBadKey: not a key of this server.
	ErrBadKey = errors.New("wrong key")
	// ErrRevoked: the key was good once.
	ErrRevoked = errors.New("revoked key")
)

// How often the store is looked at for what another process, such as `morag keys`, has
// changed, and how often last uses are written there. Reading all keys takes well
// under a millisecond for a thousand of them.
const (
	reloadEvery = 2 * time.Second
	noteEvery   = time.Minute
)

// Keyring knows the keys without asking the store, and who has used them. It is safe
// for concurrent use. [Keyring.Run] keeps it up to date.
type Keyring struct {
	store   Store
	now     func() time.Time
	log     *slog.Logger
	changed func(ctx context.Context)

	reloading sync.Mutex
	entries   atomic.Pointer[map[string]*entry] // by id; a map is never changed
	workers   atomic.Pointer[map[string]string] // the names of good keys by their worker ids; likewise
	on        atomic.Bool                       // there was a key: it stays on
	open      *lifetime                         // of the callers before that
}

// entry is a key in memory. Of its Key nothing changes; its lifetime ends when it is
// revoked.
type entry struct {
	key      Key
	lifetime *lifetime
	used     atomic.Int64 // seconds since 1970 of the last use here, 0 for none
	told     int64        // of them, what the store knows; of Run alone
}

// KeyringConfig is what a [Keyring] needs.
type KeyringConfig struct {
	Store  Store
	Now    func() time.Time // time.Now
	Logger *slog.Logger     // slog.Default()
}

// NewKeyring reads the keys.
func NewKeyring(ctx context.Context, c KeyringConfig) (*Keyring, error) {
	r := &Keyring{store: c.Store, now: c.Now, log: c.Logger, open: newLifetime()}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	r.entries.Store(&map[string]*entry{})
	r.workers.Store(&map[string]string{})
	return r, r.Reload(ctx)
}

// OnChange names who is told after keys have come or were revoked. It must be called
// before Run.
func (r *Keyring) OnChange(fn func(ctx context.Context)) { r.changed = fn }

// On tells whether callers are asked for a key: whether there is one, revoked or not.
func (r *Keyring) On() bool { return r.on.Load() }

// Caller tells who sends the text of a key, "" for none: [ErrNoKey], [ErrBadKey],
// [ErrRevoked]. While there are no keys anybody is the zero [Caller], whatever is sent.
func (r *Keyring) Caller(text string) (Caller, error) {
	if !r.On() {
		return Caller{lifetime: r.open}, nil
	}
	if text == "" {
		return Caller{}, ErrNoKey
	}
	id, secret, ok := parse(text)
	e := (*r.entries.Load())[id]
	if !ok || e == nil {
		return Caller{}, ErrBadKey
	}
	sum := hash(secret)
	if subtle.ConstantTimeCompare(sum[:], e.key.Hash[:]) != 1 {
		return Caller{}, ErrBadKey
	}
	return r.admit(id, e)
}

// callerOf is who has logged in by a key. [ErrRevoked], also for one that is not there any
// more.
func (r *Keyring) callerOf(id string) (Caller, error) {
	e := (*r.entries.Load())[id]
	if e == nil {
		return Caller{}, ErrRevoked
	}
	return r.admit(id, e)
}

// heardOf tells whether there is or was a key of that id.
func (r *Keyring) heardOf(id string) bool { return (*r.entries.Load())[id] != nil }

// admit is the caller by a key that is known, unless it has been revoked.
func (r *Keyring) admit(id string, e *entry) (Caller, error) {
	if err := e.lifetime.over(); err != nil {
		return Caller{}, err
	}
	if now := r.now().Unix(); e.used.Load() != now {
		e.used.Store(now)
	}
	return Caller{KeyID: id, Name: e.key.Name, Role: e.key.Role, All: e.key.ScopeAll || e.key.Role == Admin, Manage: e.key.Manage || e.key.Role == Admin, lifetime: e.lifetime}, nil
}

// WorkerOf is the name of the keys that alone may speak as the worker, "" when the operator
// has said nothing of it.
func (r *Keyring) WorkerOf(workerID string) string { return (*r.workers.Load())[workerID] }

// MayWork tells whether a good key of that name can convert jobs.
func (r *Keyring) MayWork(name string) bool {
	for _, e := range *r.entries.Load() {
		if e.key.Name == name && e.key.Role != Client && e.lifetime.over() == nil {
			return true
		}
	}
	return false
}

// Reload reads the keys anew. Whoever uses a key that was revoked has lost its
// standing when Reload returns. On an error the keys stay as they were.
func (r *Keyring) Reload(ctx context.Context) error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	keys, err := r.store.List(ctx)
	if err != nil {
		return err
	}
	before, next := *r.entries.Load(), make(map[string]*entry, len(keys))
	changed := false
	for _, k := range keys {
		e := before[k.ID]
		if e == nil {
			e = &entry{key: k, lifetime: newLifetime()}
			changed = true
		}
		if !k.RevokedAt.IsZero() && e.lifetime.over() == nil {
			e.lifetime.end(ErrRevoked)
			changed = true
		}
		next[k.ID] = e
	}
	for id, e := range before {
		if next[id] == nil {
			e.lifetime.end(ErrRevoked)
			changed = true
		}
	}
	r.entries.Store(&next)
	r.workers.Store(workersOf(keys))
	if len(next) > 0 && !r.on.Swap(true) {
		r.open.end(ErrNoKey)
		r.log.Info("there are keys: every caller needs one", "keys", len(next))
	}
	if changed && r.changed != nil {
		r.changed(ctx)
	}
	return nil
}

// workersOf are the names of the good keys by their worker ids.
func workersOf(keys []Key) *map[string]string {
	names := map[string]string{}
	for _, k := range keys {
		if k.RevokedAt.IsZero() {
			for _, id := range k.WorkerIDs {
				names[id] = k.Name
			}
		}
	}
	return &names
}

// Run keeps up with the store until ctx ends, and then notes the last uses.
func (r *Keyring) Run(ctx context.Context) {
	reload, note := time.NewTicker(reloadEvery), time.NewTicker(noteEvery)
	defer reload.Stop()
	defer note.Stop()
	failing := false
	for {
		select {
		case <-reload.C:
			err := r.Reload(ctx)
			if err != nil && !failing && ctx.Err() == nil {
				r.log.Error("keys cannot be read: the ones known before stay good", "err", err)
			}
			failing = err != nil
		case <-note.C:
			r.writeUses(ctx)
		case <-ctx.Done():
			r.writeUses(context.WithoutCancel(ctx))
			return
		}
	}
}

// writeUses writes to the store when keys were used since the last time.
func (r *Keyring) writeUses(ctx context.Context) {
	uses, noted := map[string]time.Time{}, map[*entry]int64{}
	for id, e := range *r.entries.Load() {
		if at := e.used.Load(); at > e.told {
			uses[id], noted[e] = time.Unix(at, 0), at
		}
	}
	if len(uses) == 0 {
		return
	}
	if err := r.store.Used(ctx, uses); err != nil {
		r.log.Warn("last use of keys not noted", "err", err)
		return
	}
	for e, at := range noted {
		e.told = at
	}
}
