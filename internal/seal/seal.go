// Package seal keeps secrets unreadable where they are stored: encrypted by a key that lies
// in a file of its own, so that neither a copy of the store nor what a disk keeps of removed
// rows gives them away.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrSealed: what was to be opened was not sealed by this key and for this purpose.
var ErrSealed = errors.New("not sealed by this key")

// keySize is that of AES-256.
const keySize = 32

// Key seals texts and opens them again, by AES-256-GCM. It is safe for concurrent use.
type Key struct{ aead cipher.AEAD }

// OpenKey reads the key of a file, which only its owner may read, and makes it first if
// there is none: of several that do so at the same time one does, and all get its key. It
// is on stable storage when the function returns.
func OpenKey(path string) (*Key, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := WriteKey(path, Random()); err != nil {
			return nil, fmt.Errorf("make the key %s: %w", path, err)
		}
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key %s: %w", path, err)
	}
	return NewKey(path, raw)
}

// Random is what a new key is made of.
func Random() []byte {
	raw := make([]byte, keySize)
	rand.Read(raw)
	return raw
}

// NewKey is the key of those bytes, which were kept under a name.
func NewKey(name string, raw []byte) (*Key, error) {
	if len(raw) != keySize {
		return nil, fmt.Errorf("the key %s holds %d bytes, not %d: bring back the file, or remove it to have a new one made", name, len(raw), keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Key{aead}, err
}

// WriteKey makes the file of a key, whole or not at all, unless somebody else has. It is on
// stable storage when the function returns.
func WriteKey(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Seal encrypts a text. Only who names the same purpose opens it.
func (k *Key) Seal(plain, purpose string) string {
	return base64.RawStdEncoding.EncodeToString(k.aead.Seal(nil, nil, []byte(plain), []byte(purpose)))
}

// Open decrypts what Seal has made. [ErrSealed].
func (k *Key) Open(sealed, purpose string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", ErrSealed
	}
	plain, err := k.aead.Open(nil, nil, raw, []byte(purpose))
	if err != nil {
		return "", ErrSealed
	}
	return string(plain), nil
}
