package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often, at most, a certificate's files are looked at: a handshake
// costs a thousand times more than the look.
const lookEvery = time.Second

// certificate is a chain and its private key in two files. Whoever renews it replaces
// the files; the next handshakes have it.
type certificate struct {
	files [2]string // chain, key
	log   *slog.Logger
	now   func() time.Time

	mu     sync.Mutex
	pair   *tls.Certificate
	state  [2]fileState // of the files when they were last read, well or not
	looked time.Time
}

// fileState changes when a file does.
type fileState struct {
	size     int64
	modified time.Time
}

// openCertificate reads the files. The error names the settings.
func openCertificate(chain, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: [2]string{chain, key}, log: log, now: time.Now}
	state, err := c.stat()
	if err != nil {
		return nil, err
	}
	return c, c.read(state)
}

func (c *certificate) stat() (state [2]fileState, err error) {
	for i, path := range c.files {
		info, err := os.Stat(path)
		if err != nil {
			return state, fmt.Errorf("%s: %w", [2]string{"MORAG_TLS_CERT", "MORAG_TLS_KEY"}[i], err)
		}
		state[i] = fileState{info.Size(), info.ModTime()}
	}
	return state, nil
}

func (c *certificate) read(state [2]fileState) error {
	c.state = state
	pair, err := tls.LoadX509KeyPair(c.files[0], c.files[1])
	if err != nil {
		return fmt.Errorf("MORAG_TLS_CERT, MORAG_TLS_KEY: %w", err)
	}
	c.pair = &pair
	return nil
}

// get is for tls.Config.GetCertificate. While the files hold no pair, as when one of
// them is replaced already and the other is not, the last good pair serves; that is
// logged once for each content of the files.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		c.renew()
	}
	return c.pair, nil
}

func (c *certificate) renew() {
	state, err := c.stat()
	if state == c.state {
		return
	}
	if err != nil {
		c.state = state
	} else {
		err = c.read(state)
	}
	if err != nil {
		c.log.Error("the new TLS certificate cannot be used: the old one stays", "err", err)
		return
	}
	c.log.Info("TLS certificate renewed", "not_after", c.pair.Leaf.NotAfter)
}
