package auth

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// secrets are kept in memory, for one test.
type secrets map[string][]byte

func (s secrets) Secret(_ context.Context, name string, offered []byte) ([]byte, error) {
	if s[name] == nil {
		s[name] = offered
	}
	return s[name], nil
}

func openCapabilities(t testing.TB, s Secrets, legacy string, now func() time.Time) *Capabilities {
	t.Helper()
	c, err := OpenCapabilities(context.Background(), s, legacy, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Tokens that were given out before the secret became a row stay good, and the file is
// asked no more once it has.
func TestCapabilityTakesOverTheFile(t *testing.T) {
	t.Parallel()
	legacy := filepath.Join(t.TempDir(), "download.key")
	if err := os.WriteFile(legacy, bytes.Repeat([]byte{7}, secretSize), 0o600); err != nil {
		t.Fatal(err)
	}
	before := &Capabilities{secret: bytes.Repeat([]byte{7}, secretSize), now: time.Now}
	token := before.Token("job-1", 2, time.Now().Add(time.Hour))
	rows := secrets{}
	openCapabilities(t, rows, legacy, time.Now)
	for _, path := range []string{legacy, filepath.Join(t.TempDir(), "none")} {
		if attempt, err := openCapabilities(t, rows, path, time.Now).Attempt("job-1", token); err != nil || attempt != 2 {
			t.Errorf("with the file %s: %d, %v; want that the token is good", path, attempt, err)
		}
	}
	if err := os.WriteFile(legacy, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCapabilities(t.Context(), secrets{}, legacy, time.Now); err == nil {
		t.Error("a secret of 5 bytes was taken over")
	}
}

func TestCapabilitySurvivesReopeningAndExpires(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	rows, none := secrets{}, filepath.Join(t.TempDir(), "none")
	first := openCapabilities(t, rows, none, clock)
	token := first.Token("job-1", 3, now.Add(time.Hour))

	again := openCapabilities(t, rows, none, clock)
	if attempt, err := again.Attempt("job-1", token); err != nil || attempt != 3 {
		t.Fatalf("Attempt = %d, %v; want 3, nil", attempt, err)
	}
	if _, err := again.Attempt("job-2", token); !errors.Is(err, ErrCapability) {
		t.Errorf("another job's token: %v, want ErrCapability", err)
	}
	now = now.Add(time.Hour + 2*time.Second)
	if _, err := again.Attempt("job-1", token); !errors.Is(err, ErrCapability) {
		t.Errorf("expired token: %v, want ErrCapability", err)
	}
}

func TestCapabilityRefusesEveryChangedCharacter(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Unix(1_700_000_000, 0) }
	c := openCapabilities(t, secrets{}, filepath.Join(t.TempDir(), "none"), now)
	token := c.Token("job", 1, now().Add(time.Minute))
	for i := range token {
		changed := []byte(token)
		if changed[i] == 'A' {
			changed[i] = 'B'
		} else {
			changed[i] = 'A'
		}
		if _, err := c.Attempt("job", string(changed)); !errors.Is(err, ErrCapability) {
			t.Errorf("character %d changed: %v, want ErrCapability", i, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	c := openCapabilities(f, secrets{}, filepath.Join(f.TempDir(), "none"), time.Now)
	f.Add("job", "")
	f.Add("job", "AAAA")
	f.Add("", c.Token("other", 1, time.Now().Add(time.Hour)))
	f.Fuzz(func(t *testing.T, id, token string) {
		if _, err := c.Attempt(id, token); err == nil && id != "other" {
			t.Errorf("token %q was taken for job %q", token, id)
		}
	})
}
