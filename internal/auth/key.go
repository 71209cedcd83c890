package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Key is what is kept of a key. Its secret is not: whoever reads the store learns no
// key.
type Key struct {
	ID        string // public: part of the key's text, and what listings show
	Name      string
	Role      Role
	ScopeAll  bool // sees the things of every name
	Manage    bool // changes the things of every name; only with ScopeAll
	CreatedAt time.Time
	LastUsed  time.Time // rarely written, see [Keyring]; zero for never
	RevokedAt time.Time // zero while it is good

	// WorkerIDs are those as which, while the key is good, no key of another name speaks.
	WorkerIDs []string

	// Hash is the SHA-256 of the secret. A slow hash would protect a secret that can be
	// guessed; this one is 256 random bits, and it is checked with every request.
	Hash [sha256.Size]byte
}

// prefix makes a key known for one, to people and to scanners of source code.
const prefix = "morag_"

const (
	idBytes     = 5  // 8 characters
	secretBytes = 32 // 52 characters
	maxText     = 256
)

// letters write ids and secrets in characters that no shell or header minds and that a
// double click selects as a whole.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

var validName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// Errors of the calls that manage keys; those that wrap them are sentences for the
// operator.
var (
	// ErrInvalid: a name or a role that cannot be.
	ErrInvalid = errors.New("invalid key")
	// ErrUnknown: no key of that name or id.
	ErrUnknown = errors.New("no such key")
)

// Spec is what a key is made of.
type Spec struct {
	Name      string
	Role      Role
	ScopeAll  bool
	Manage    bool // takes ScopeAll
	WorkerIDs []string
}

// maxWorkerIDs is how many ids one key may have.
const maxWorkerIDs = 1000

func (s Spec) check() error {
	switch {
	case len(s.Name) > 64 || !validName.MatchString(s.Name):
		return fmt.Errorf("%w: the name must be 1 to 64 letters, digits, '_', '.' or '-'", ErrInvalid)
	case !s.Role.known():
		return fmt.Errorf("%w: the role must be one of %v", ErrInvalid, Roles())
	case s.Role == Worker && s.ScopeAll:
		return fmt.Errorf("%w: a worker has no documents to see, so --scope all is not for it", ErrInvalid)
	case s.Manage && !s.ScopeAll:
		return fmt.Errorf("%w: who changes everybody's things sees them, too", ErrInvalid)
	case len(s.WorkerIDs) > 0 && s.Role != Worker:
		return fmt.Errorf("%w: only a worker has worker ids", ErrInvalid)
	case len(s.WorkerIDs) > maxWorkerIDs:
		return fmt.Errorf("%w: a key has at most %d worker ids", ErrInvalid, maxWorkerIDs)
	case slices.ContainsFunc(s.WorkerIDs, func(id string) bool { return !ValidWorkerID(id) }):
		return fmt.Errorf("%w: a worker id must have 1 to 128 printable characters", ErrInvalid)
	}
	return nil
}

// ValidWorkerID tells whether a worker may call itself so.
func ValidWorkerID(id string) bool {
	return id != "" && utf8.ValidString(id) && utf8.RuneCountInString(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Create makes a key and returns its text, morag_<id>_<secret>, which can be read
// nowhere else. Keys that are good may share a name if they share the role: [ErrRole]; a
// worker id only if they share the name: [ErrWorkerID]. [ErrInvalid].
func Create(ctx context.Context, store Store, s Spec, now time.Time) (text string, k Key, err error) {
	if err := s.check(); err != nil {
		return "", Key{}, err
	}
	id, secret := make([]byte, idBytes), make([]byte, secretBytes)
	for _, part := range [][]byte{id, secret} {
		if _, err := rand.Read(part); err != nil {
			return "", Key{}, err
		}
	}
	k = Key{ID: letters.EncodeToString(id), Name: s.Name, Role: s.Role, ScopeAll: s.ScopeAll, Manage: s.Manage, CreatedAt: now, Hash: hash(letters.EncodeToString(secret))}
	k.WorkerIDs = slices.Compact(slices.Sorted(slices.Values(s.WorkerIDs)))
	if err := store.Create(ctx, k); err != nil {
		return "", Key{}, err
	}
	return prefix + k.ID + "_" + letters.EncodeToString(secret), k, nil
}

// Revoke ends the key of that id or, if there is none, every good key of that name,
// and returns the keys that it has ended. [ErrUnknown] when there is no good one.
func Revoke(ctx context.Context, store Store, nameOrID string, now time.Time) ([]Key, error) {
	keys, err := store.List(ctx)
	if err != nil {
		return nil, err
	}
	var byID, byName []Key
	for _, k := range keys {
		switch {
		case !k.RevokedAt.IsZero():
		case k.ID == nameOrID:
			byID = append(byID, k)
		case k.Name == nameOrID:
			byName = append(byName, k)
		}
	}
	ended := byID
	if ended == nil {
		ended = byName
	}
	if ended == nil {
		return nil, fmt.Errorf("%w: nothing that is not revoked has the name or the id %q", ErrUnknown, nameOrID)
	}
	ids := make([]string, len(ended))
	for i := range ended {
		ids[i], ended[i].RevokedAt = ended[i].ID, now
	}
	return ended, store.Revoke(ctx, now, ids...)
}

func hash(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

// parse takes a key's text apart.
func parse(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || len(text) > maxText {
		return "", "", false
	}
	return strings.Cut(rest, "_")
}
