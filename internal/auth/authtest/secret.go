package authtest

import (
	"bytes"
	"sync"
	"testing"

	"morag/internal/auth"
)

// RunSecrets runs the suite of [auth.Secrets]. open returns two stores at one place that
// holds nothing, which may be one store twice.
func RunSecrets(t *testing.T, open func(t *testing.T) (a, b auth.Secrets)) {
	for name, test := range map[string]func(t *testing.T, a, b auth.Secrets){
		"the first that is offered stays": firstStays,
		"each name has its own":           ownSecrets,
		"of many at a time one is kept":   oneOfMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

func secretOf(t *testing.T, s auth.Secrets, name, offered string) string {
	t.Helper()
	got, err := s.Secret(t.Context(), name, []byte(offered))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func firstStays(t *testing.T, a, b auth.Secrets) {
	for _, s := range []auth.Secrets{a, b, a} {
		offered := "first"
		if s == b {
			offered = "second"
		}
		if got := secretOf(t, s, "x", offered); got != "first" {
			t.Errorf("offered %q and got %q, want the first", offered, got)
		}
	}
}

func ownSecrets(t *testing.T, a, b auth.Secrets) {
	if x, y := secretOf(t, a, "x", "1"), secretOf(t, b, "y", "2"); x != "1" || y != "2" {
		t.Errorf("got %q and %q, want each its own", x, y)
	}
}

func oneOfMany(t *testing.T, a, b auth.Secrets) {
	got := make([][]byte, 16)
	var asked sync.WaitGroup
	for i := range got {
		asked.Go(func() {
			s := a
			if i%2 == 1 {
				s = b
			}
			var err error
			if got[i], err = s.Secret(t.Context(), "x", []byte{byte(i + 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	asked.Wait()
	for i, secret := range got {
		if len(secret) == 0 || !bytes.Equal(secret, got[0]) {
			t.Errorf("caller %d got %v, the first %v", i, secret, got[0])
		}
	}
}
