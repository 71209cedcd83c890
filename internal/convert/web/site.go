package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"morag/internal/convert"
	"morag/internal/outbound"
)

const (
	// RFC 9309 lets a robots.txt be used for a day; an operator who has just changed
	// one will not wait that long.
	robotsFor = 10 * time.Minute
	// How many sites are remembered.
	maxSites = 1000
)

// robots asks sites what they allow, and remembers it for some minutes. A nil one
// allows everything. It is safe for concurrent use.
type robots struct {
	client *http.Client
	agent  string
	now    func() time.Time

	mu    sync.Mutex
	sites map[string]site // by scheme, host and port
}

type site struct {
	rules rules
	until time.Time
}

func newRobots(client *http.Client, agent string, now func() time.Time) *robots {
	return &robots{client: client, agent: agent, now: now, sites: map[string]site{}}
}

// check returns nil when the site allows its page to be fetched.
func (r *robots) check(ctx context.Context, page *url.URL) error {
	if r == nil {
		return nil
	}
	root := url.URL{Scheme: page.Scheme, Host: page.Host}
	key := root.String()
	r.mu.Lock()
	known, found := r.sites[key]
	r.mu.Unlock()
	if !found || r.now().After(known.until) {
		root.Path = "/robots.txt"
		answer, err := r.ask(ctx, root.String())
		if err != nil {
			return err
		}
		known = site{rules: answer, until: r.now().Add(robotsFor)}
		r.remember(key, known)
	}
	if !known.rules.allow(page) {
		return convert.BadSource(fmt.Sprintf("the robots.txt of %.100s does not allow programs to fetch the page", page.Host), nil)
	}
	return nil
}

func (r *robots) remember(key string, s site) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sites) >= maxSites {
		clear(r.sites)
	}
	r.sites[key] = s
}

// ask fetches a robots.txt. A site without one allows everything; one that is in
// trouble is not known to allow anything, until it answers (RFC 9309, section 2.3.1).
func (r *robots) ask(ctx context.Context, address string) (rules, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, convert.BadSource("the source is not the address of a page", err)
	}
	req.Header.Set("User-Agent", r.agent)
	resp, err := r.client.Do(req)
	switch {
	case errors.Is(err, outbound.ErrRedirects):
		return nil, nil // as if there were none, which the RFC allows
	case err != nil:
		return nil, err
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests, code >= 500:
		return nil, convert.EngineFailed(fmt.Sprintf("the site does not say now what programs may fetch: its robots.txt answered %d", code), nil)
	case code >= 300:
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRobots))
	if err != nil {
		return nil, err
	}
	return parseRobots(text), nil
}
