// Package client is the typed HTTP client of the API, used by the command line and
// by the worker. It bounds every answer in bytes and every silence in time, sends
// the key to the configured server only, follows no redirect, and repeats a call
// only where a second one cannot do harm.
//
// The calls of a worker ([Client.Poll], [Client.Heartbeat], [Client.PutResult],
// [Client.ReleaseJob]) are never repeated: a worker has its own loops for that.
package client

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config says where the server is and how patient to be. Zero values mean the
// defaults named.
type Config struct {
	// BaseURL is the server's address, http or https, with the path it is mounted
	// under if it has one.
	BaseURL string
	// APIKey is sent as a bearer token; "" sends none.
	APIKey string
	// HTTPClient carries the requests; its transport and jar are used, its redirect
	// policy is not. nil makes one that honours HTTP_PROXY and pings idle HTTP/2
	// connections. A Timeout set on it cuts long uploads and downloads.
	HTTPClient *http.Client
	// CAFile names a file of PEM certificates that are trusted besides the system's:
	// that of a server which made its own, say. HTTPClient must be nil then.
	CAFile string
	// UserAgent is the program's name and version: "morag".
	UserAgent string
	// IdleTimeout is the longest silence, while a body goes out, between its end and
	// the answer's first byte, and between two reads of the answer: 60 s.
	IdleTimeout time.Duration
	// Retries is how often a call is made again that may be, after a transient
	// failure: 3; negative for never.
	Retries int
	// MaxAnswer bounds the bytes of one JSON answer, a list or a job with its result
	// say: 256 MiB.
	MaxAnswer int64
	// Files of ResumableFrom bytes (64 MiB) or more are sent in pieces of PieceSize (16 MiB),
	// which are sent again one at a time when something goes wrong, by the protocol tus.
	ResumableFrom, PieceSize int64
}

// Client calls one server. It is immutable and safe for concurrent use.
type Client struct {
	base      string // without a slash at the end
	origin    *url.URL
	key       string
	agent     string
	http      *http.Client
	idle      time.Duration
	retries   int
	maxAnswer int64

	resumableFrom, pieceSize int64
}

// New makes a client; it does not connect. The error names the field at fault.
func New(cfg Config) (*Client, error) {
	base := strings.TrimRight(strings.TrimSpace(cfg.BaseURL), "/")
	origin, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("server address %q must start with http:// or https://", cfg.BaseURL)
	}
	if origin.Scheme != "http" && origin.Scheme != "https" || origin.Host == "" {
		return nil, fmt.Errorf("server address %q must start with http:// or https://", cfg.BaseURL)
	}
	if origin.RawQuery != "" || origin.Fragment != "" || origin.User != nil {
		return nil, fmt.Errorf("server address %q must not have a user, a query or a fragment", origin.Redacted())
	}
	if strings.ContainsFunc(cfg.APIKey, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("API key has characters that no key has")
	}
	transport, err := NewTransport(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	carrier := &http.Client{Transport: transport}
	if cfg.HTTPClient != nil {
		shallow := *cfg.HTTPClient
		carrier = &shallow
	}
	// The API redirects nowhere; following one would turn a POST into a GET or take
	// the key elsewhere.
	carrier.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base:      base,
		origin:    origin,
		key:       cfg.APIKey,
		agent:     cmp.Or(cfg.UserAgent, "morag"),
		http:      carrier,
		idle:      cmp.Or(cfg.IdleTimeout, 60*time.Second),
		retries:   cmp.Or(cfg.Retries, 3),
		maxAnswer: cmp.Or(cfg.MaxAnswer, 256<<20),

		resumableFrom: cmp.Or(cfg.ResumableFrom, 64<<20),
		pieceSize:     cmp.Or(cfg.PieceSize, 16<<20),
	}, nil
}

// BaseURL is the server's address, without a slash at the end.
func (c *Client) BaseURL() string { return c.base }

// CloseIdle closes the connections that are not in use.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// NewTransport carries requests as a [Client] without an HTTPClient does. It trusts the
// certificates in caFile, if that is not "", besides the system's.
func NewTransport(caFile string) (*http.Transport, error) {
	trusted, err := trust(caFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       trusted,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: 2 * time.Second,
		MaxIdleConnsPerHost:   16,
		// An error's header is kept with it.
		MaxResponseHeaderBytes: 256 << 10,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
		// Streams of a dead HTTP/2 connection would each time out alone; a ping
		// finds the connection out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}, nil
}

// trust is what a connection trusts: nil for the system's certificates alone.
func trust(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("MORAG_CA_FILE: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // where there are none to read
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("MORAG_CA_FILE: %s holds no certificate in PEM form", caFile)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
