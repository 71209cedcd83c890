package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// ErrCapability: a token that was not made here, is for something else, or has
// expired.
var ErrCapability = errors.New("invalid download token")

// Capabilities makes and checks download tokens: proofs that their bearer was given
// one attempt of one job. They need no storage but that of their secret, which all
// servers share; whether the attempt still stands is for the caller to check.
type Capabilities struct {
	secret []byte
	now    func() time.Time
}

const (
	secretSize = 32
	secretName = "download"
)

// OpenCapabilities reads the secret of download tokens, making it first if there is
// none, so that tokens outlive a restart and are good at every server. A secret that lies
// in the file legacy, as earlier versions had it, is taken over once.
func OpenCapabilities(ctx context.Context, secrets Secrets, legacy string, now func() time.Time) (*Capabilities, error) {
	offered, err := legacySecret(legacy)
	if err != nil {
		return nil, err
	}
	if offered == nil {
		offered = make([]byte, secretSize)
		if _, err := rand.Read(offered); err != nil {
			return nil, err
		}
	}
	secret, err := secrets.Secret(ctx, secretName, offered)
	if err != nil {
		return nil, fmt.Errorf("read the secret of download tokens: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("the secret of download tokens holds %d bytes, not %d", len(secret), secretSize)
	}
	return &Capabilities{secret: secret, now: now}, nil
}

// legacySecret reads the secret of a file, nil when there is none.
func legacySecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the token secret: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("the token secret %s holds %d bytes, not %d: remove it to have a new one made", path, len(secret), secretSize)
	}
	return secret, nil
}

// Token is the capability for one attempt of a job, until it expires.
func (c *Capabilities) Token(jobID string, attempt int, expires time.Time) string {
	var head [12]byte
	binary.BigEndian.PutUint32(head[:4], uint32(attempt))
	binary.BigEndian.PutUint64(head[4:], uint64(expires.Unix()+1))
	return base64.RawURLEncoding.EncodeToString(append(head[:], c.sign(jobID, head[:])...))
}

// Attempt is the attempt that token proves for the job. [ErrCapability] when it
// proves none.
func (c *Capabilities) Attempt(jobID, token string) (int, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 12+sha256.Size {
		return 0, ErrCapability
	}
	if !hmac.Equal(raw[12:], c.sign(jobID, raw[:12])) {
		return 0, ErrCapability
	}
	if expires := int64(binary.BigEndian.Uint64(raw[4:12])); c.now().Unix() > expires {
		return 0, ErrCapability
	}
	return int(binary.BigEndian.Uint32(raw[:4])), nil
}

func (c *Capabilities) sign(jobID string, head []byte) []byte {
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(head)
	mac.Write([]byte(jobID))
	return mac.Sum(nil)
}
