package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"morag/internal/blob"
)

const partFiles = "files"

// incoming is the folder of what is still coming in.
const incoming = "incoming"

var folderName = regexp.MustCompile(`^[0-9a-f]{2}$`)

// files reads every file, and then looks for those that are missing.
func (k *check) files(ctx context.Context) error {
	there := map[string]bool{}
	folders, err := os.ReadDir(k.Uploads)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, folder := range folders {
		if folder.Name() == incoming {
			continue
		}
		if !folder.IsDir() || !folderName.MatchString(folder.Name()) {
			k.stray(folder.Name())
			continue
		}
		entries, err := os.ReadDir(filepath.Join(k.Uploads, folder.Name()))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := k.file(ctx, folder.Name(), e, there); err != nil {
				return err
			}
		}
	}
	k.missing(there)
	return nil
}

func (k *check) stray(name string) {
	k.found(Fault{Part: partFiles, Kind: "stray file", What: name, Why: "nothing but stored files belongs there", Remedy: "look at it and move it away"})
}

// file reads one.
func (k *check) file(ctx context.Context, folder string, e fs.DirEntry, there map[string]bool) error {
	name := folder + "/" + e.Name()
	if !e.Type().IsRegular() || !blob.ValidID(e.Name()) {
		k.stray(name)
		return nil
	}
	ref := blob.Scheme + e.Name()
	if e.Name()[:2] != folder {
		k.found(Fault{Part: partFiles, Kind: "file misplaced", What: name, Why: "it lies in the folder of others", Remedy: "it is moved to its place",
			fix: func(context.Context) error { return k.move(name, e.Name()) }})
	}
	there[ref] = true
	sum, err := hashOf(ctx, filepath.Join(k.Uploads, folder, e.Name()))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	k.read("files")
	if err != nil {
		k.found(Fault{Part: partFiles, Kind: "file unreadable", What: name, Why: err.Error(), Remedy: "restore a backup"})
		return nil
	}
	for _, u := range k.uses[ref] {
		if u.sha256 != "" && u.sha256 != sum {
			k.found(Fault{Part: partFiles, Kind: "file changed", What: name, Why: "it is not what was handed in for " + u.part + " " + u.what,
				Remedy: "restore a backup, or hand the source in again"})
		}
	}
	return nil
}

// move puts a file where it belongs.
func (k *check) move(name, id string) error {
	to := filepath.Join(k.Uploads, id[:2])
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return os.Rename(filepath.Join(k.Uploads, filepath.FromSlash(name)), filepath.Join(to, id))
}

func hashOf(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, reading{ctx, f})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// reading reads until ctx ends.
type reading struct {
	ctx context.Context
	io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// missing looks for what is used and not there.
func (k *check) missing(there map[string]bool) {
	var gone []string
	for ref := range k.uses {
		if !there[ref] {
			gone = append(gone, ref)
		}
	}
	slices.Sort(gone)
	for _, ref := range gone {
		for _, u := range k.uses[ref] {
			k.found(Fault{Part: partFiles, Kind: "file missing", What: ref, Why: u.part + " " + u.what + " needs it",
				Remedy: "restore a backup; a document stays searchable without its source"})
		}
	}
}
