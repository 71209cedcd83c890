// Package tus keeps what clients send in pieces, by the protocol tus, until it is whole
// and taken over: files of a folder, which a client that was cut off goes on with.
package tus

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/tus/tusd/v2/pkg/memorylocker"
)

// What a folder can return. Errors wrap them.
var (
	// ErrNotFound: the owner has no such upload, or it has expired.
	ErrNotFound = errors.New("no such upload")
	// ErrFull: the owner has begun too many that are not taken over.
	ErrFull = errors.New("too many uploads are begun and not ingested: end some, or wait until they expire")
	// ErrNoSpace: the disk is full; what was acknowledged stays.
	ErrNoSpace = errors.New("no space left for uploads")
	// ErrIncomplete: not all of it has come. The error that wraps it is a sentence.
	ErrIncomplete = errors.New("is not complete")
	// ErrAlgorithm: a checksum that cannot be compared.
	ErrAlgorithm = errors.New("Upload-Checksum has none of the algorithms md5, sha1, sha256, or no base64 after it")
	// ErrChecksum: a piece is not what its checksum says; nothing of it is kept.
	ErrChecksum = errors.New("the piece is not what Upload-Checksum says")
)

// Lifetime is how long an upload lasts after its last byte.
const Lifetime = 24 * time.Hour

// mostOpen is how many uploads of one owner may be there at a time.
const mostOpen = 1000

// Info describes an upload.
type Info struct {
	ID       string            `json:"id"`
	Size     int64             `json:"size"`
	Metadata map[string]string `json:"metadata"`
	// Task is what it has become the source of, "" until then.
	Task string `json:"task,omitempty"`

	Offset  int64     `json:"-"` // bytes that are there; of one that was taken over all
	Expires time.Time `json:"-"`
}

// Folder keeps uploads, two files each: NAME.json and NAME.part, in a folder for each owner.
// It is safe for concurrent use; two servers may have the same folder, as long as a client
// does not send to both at a time.
type Folder struct {
	dir   string
	most  int // uploads of one owner
	now   func() time.Time
	locks *memorylocker.MemoryLocker
}

// Open makes the folder if it is not there.
func Open(dir string, now func() time.Time) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the folder of uploads: %w", err)
	}
	return &Folder{dir: dir, most: mostOpen, now: now, locks: memorylocker.New()}, nil
}

// At is the uploads of one owner.
func (f *Folder) At(owner string) *Owned {
	sum := sha256.Sum256([]byte(owner))
	return &Owned{folder: f, owner: hex.EncodeToString(sum[:16])}
}

// Expire removes what has had no byte for its lifetime and tells how many there were.
func (f *Folder) Expire(ctx context.Context) (removed int, err error) {
	owners, err := os.ReadDir(f.dir)
	if err != nil {
		return 0, fmt.Errorf("look for uploads: %w", err)
	}
	for _, owner := range owners {
		o := &Owned{folder: f, owner: owner.Name()}
		files, err := os.ReadDir(filepath.Join(f.dir, owner.Name()))
		if err != nil {
			return removed, fmt.Errorf("look for uploads: %w", err)
		}
		for _, file := range files {
			if ctx.Err() != nil {
				return removed, ctx.Err()
			}
			id, described := strings.CutSuffix(file.Name(), infoSuffix)
			info, err := file.Info()
			if err != nil || f.now().Sub(info.ModTime()) < Lifetime {
				continue // gone meanwhile, or young
			}
			if described {
				if found, err := o.find(id); err == nil && f.now().Before(found.Expires) {
					continue
				}
				removed++
			} else if _, err := os.Stat(o.path(strings.TrimSuffix(file.Name(), partSuffix), infoSuffix)); err == nil {
				continue // its description decides
			}
			if err := os.Remove(filepath.Join(f.dir, owner.Name(), file.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return removed, fmt.Errorf("remove an upload: %w", err)
			}
			if described {
				_ = os.Remove(o.path(id, partSuffix)) // else it is found alone next time
			}
		}
	}
	return removed, nil
}

const (
	infoSuffix = ".json"
	partSuffix = ".part"
)

// Owned is the uploads of one owner. It is safe for concurrent use.
type Owned struct {
	folder *Folder
	owner  string
}

var valid = regexp.MustCompile(`^[0-9a-f]{32}$`)

func (o *Owned) path(id, suffix string) string {
	return filepath.Join(o.folder.dir, o.owner, id+suffix)
}

// begin makes an upload of so many bytes.
func (o *Owned) begin(size int64, metadata map[string]string) (Info, error) {
	dir := filepath.Join(o.folder.dir, o.owner)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Info{}, fault(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return Info{}, fault(err)
	}
	if len(files) >= 2*o.folder.most {
		return Info{}, ErrFull
	}
	raw := make([]byte, 16)
	rand.Read(raw)
	info := Info{ID: hex.EncodeToString(raw), Size: size, Metadata: metadata}
	if err := os.WriteFile(o.path(info.ID, partSuffix), nil, 0o600); err != nil {
		return Info{}, fault(err)
	}
	if err := o.write(info); err != nil {
		_ = os.Remove(o.path(info.ID, partSuffix)) // else it expires
		return Info{}, err
	}
	return o.find(info.ID)
}

// write keeps the description of an upload, whole or not at all.
func (o *Owned) write(info Info) error {
	raw, err := json.Marshal(info)
	if err != nil {
		return err
	}
	next := o.path(info.ID, infoSuffix+".tmp")
	err = os.WriteFile(next, raw, 0o600)
	if err == nil {
		err = synced(next)
	}
	if err == nil {
		err = os.Rename(next, o.path(info.ID, infoSuffix))
	}
	if err != nil {
		_ = os.Remove(next)
		return fault(err)
	}
	return nil
}

func synced(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// find describes an upload. [ErrNotFound].
func (o *Owned) find(id string) (info Info, err error) {
	if !valid.MatchString(id) {
		return info, ErrNotFound
	}
	raw, err := os.ReadFile(o.path(id, infoSuffix))
	if err != nil {
		return info, fault(err)
	}
	if err := json.Unmarshal(raw, &info); err != nil {
		return info, fmt.Errorf("upload %s: %w", id, err)
	}
	described, err := os.Stat(o.path(id, infoSuffix))
	if err != nil {
		return info, fault(err)
	}
	last := described.ModTime()
	if info.Task != "" {
		info.Offset = info.Size
	} else {
		part, err := os.Stat(o.path(id, partSuffix))
		if err != nil {
			return info, fault(err)
		}
		info.Offset = part.Size()
		if part.ModTime().After(last) {
			last = part.ModTime()
		}
	}
	if info.Expires = last.Add(Lifetime); !o.folder.now().Before(info.Expires) {
		return info, ErrNotFound
	}
	return info, nil
}

// Has is nil of an upload that is there. [ErrNotFound].
func (o *Owned) Has(id string) error {
	_, err := o.find(id)
	return err
}

// append adds what is read to the upload, from offset on, where it ends. What has come
// before an error of the reader is kept, and is on stable storage when append returns nil.
// check, which may be nil, is asked at the end whether it is right: else it is taken back.
func (o *Owned) append(id string, offset int64, r io.Reader, check func() error) (n int64, err error) {
	f, err := os.OpenFile(o.path(id, partSuffix), os.O_WRONLY, 0)
	if err != nil {
		return 0, fault(err)
	}
	defer func() {
		if closed := f.Close(); err == nil && closed != nil {
			n, err = 0, fault(closed)
		}
	}()
	n, err = io.Copy(io.NewOffsetWriter(f, offset), r)
	if err == nil && check != nil {
		err = check()
	}
	if err != nil {
		return 0, fault(errors.Join(err, f.Truncate(offset)))
	}
	if err := f.Sync(); err != nil {
		return 0, fault(err)
	}
	return n, nil
}

// Remove ends an upload. [ErrNotFound].
func (o *Owned) Remove(id string) error {
	if _, err := o.find(id); err != nil {
		return err
	}
	err := os.Remove(o.path(id, infoSuffix))
	if part := os.Remove(o.path(id, partSuffix)); err == nil && !errors.Is(part, os.ErrNotExist) {
		err = part
	}
	return fault(err)
}

// Take hands an upload that is complete to use, once: use reads it and returns the id of the
// task that it is the source of, and then its bytes are gone. Asked again, Take returns that
// task without calling use. [ErrNotFound], [ErrIncomplete]; what use returns leaves the
// upload as it was.
func (o *Owned) Take(ctx context.Context, id string, use func(info Info, content io.Reader) (task string, err error)) (task string, again bool, err error) {
	lock, err := o.folder.locks.NewLock(id)
	if err != nil {
		return "", false, err
	}
	if err := lock.Lock(ctx, func() {}); err != nil {
		return "", false, err
	}
	defer lock.Unlock()
	info, err := o.find(id)
	switch {
	case err != nil:
		return "", false, err
	case info.Task != "":
		return info.Task, true, nil
	case info.Offset < info.Size:
		return "", false, fmt.Errorf("upload %s %w: %d of %d bytes are there", id, ErrIncomplete, info.Offset, info.Size)
	}
	content, err := os.Open(o.path(id, partSuffix))
	if err != nil {
		return "", false, fault(err)
	}
	defer content.Close()
	if info.Task, err = use(info, content); err != nil {
		return "", false, err
	}
	if err := o.write(info); err != nil {
		return "", false, err
	}
	_ = os.Remove(o.path(id, partSuffix)) // else it expires
	return info.Task, false, nil
}

// fault is an error of the disk with the sentinel that it means.
func fault(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}
