package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPair makes a certificate for the loopback that signs itself, and its key, as PEM.
func newPair(t *testing.T, serial int64) (chain, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "morag test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func put(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateIsReadAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chain, key := filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	firstChain, firstKey := newPair(t, 1)
	put(t, chain, firstChain)
	put(t, key, firstKey)
	var log bytes.Buffer
	c, err := openCertificate(chain, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	// serves checks which certificate a handshake gets after a second.
	serves := func(what string, serial int64) {
		t.Helper()
		now = now.Add(lookEvery)
		pair, err := c.get(nil)
		if err != nil || pair.Leaf.SerialNumber.Int64() != serial {
			t.Fatalf("%s: serial %v, %v; want %d", what, pair.Leaf.SerialNumber, err, serial)
		}
	}
	serves("at first", 1)
	if log.Len() > 0 {
		t.Errorf("nothing has changed, and it logs %s", &log)
	}

	secondChain, secondKey := newPair(t, 2)
	put(t, chain, append([]byte("\n"), secondChain...))
	for range 3 {
		serves("with the key of the one before", 1)
	}
	if n := strings.Count(log.String(), "the old one stays"); n != 1 {
		t.Errorf("the mismatch is logged %d times, want once:\n%s", n, &log)
	}
	put(t, key, append([]byte("\n"), secondKey...))
	if pair, _ := c.get(nil); pair.Leaf.SerialNumber.Int64() != 1 {
		t.Error("the files were looked at twice in a second")
	}
	serves("with both", 2)

	put(t, chain, []byte("nonsense"))
	serves("with nonsense", 2)
	if err := os.Remove(chain); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		serves("with nothing", 2)
	}
	if n := strings.Count(log.String(), "the old one stays"); n != 3 {
		t.Errorf("%d complaints, want 3:\n%s", n, &log)
	}
	put(t, chain, firstChain)
	put(t, key, firstKey)
	serves("back", 1)
	if strings.Contains(log.String(), "PRIVATE") {
		t.Error("the key is in the log")
	}
}

func TestCertificateIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chain, key := newPair(t, 1)
	_, other := newPair(t, 2)
	for name, text := range map[string][]byte{"chain": chain, "key": key, "other": other, "nonsense": []byte("nonsense")} {
		put(t, filepath.Join(dir, name), text)
	}
	for _, tt := range []struct{ chain, key, want string }{
		{"nothing", "key", "MORAG_TLS_CERT"},
		{"chain", "nothing", "MORAG_TLS_KEY"},
		{"chain", "other", "MORAG_TLS_CERT, MORAG_TLS_KEY"},
		{"nonsense", "key", "MORAG_TLS_CERT, MORAG_TLS_KEY"},
	} {
		_, err := openCertificate(filepath.Join(dir, tt.chain), filepath.Join(dir, tt.key), slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want+":") {
			t.Errorf("%s and %s: %v, want %s", tt.chain, tt.key, err, tt.want)
		}
	}
}
