package auth

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestCapabilitySurvivesReopeningAndExpires(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	path := filepath.Join(t.TempDir(), "token.key")
	first, err := OpenCapabilities(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	token := first.Token("job-1", 3, now.Add(time.Hour))

	again, err := OpenCapabilities(path, clock)
	if err != nil {
		t.Fatal(err)
	}
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
	c, err := OpenCapabilities(filepath.Join(t.TempDir(), "k"), now)
	if err != nil {
		t.Fatal(err)
	}
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
	c, err := OpenCapabilities(filepath.Join(f.TempDir(), "k"), time.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("job", "")
	f.Add("job", "AAAA")
	f.Add("", c.Token("other", 1, time.Now().Add(time.Hour)))
	f.Fuzz(func(t *testing.T, id, token string) {
		if _, err := c.Attempt(id, token); err == nil && id != "other" {
			t.Errorf("token %q was taken for job %q", token, id)
		}
	})
}
