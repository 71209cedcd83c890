package mirror

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"morag/internal/wire"
)

// ErrFeed: what is at the address is no feed that can be read.
var ErrFeed = errors.New("is no feed (RSS, Atom or JSON) that can be read")

// The bounds of a feed: its bytes, how long it may take, and how long the name of an entry
// may be that is kept as it is.
const (
	maxFeed     = 32 << 20
	feedTimeout = time.Minute
	maxName     = 512
)

// feedVersion is what the server of a feed calls the version that was taken last.
type feedVersion struct{ etag, modified string }

// item is an entry of a feed that can be ingested.
type item struct {
	name     string // the same as long as the entry is there
	address  string
	metadata map[string]any
}

// passFeed hands in the entries that are new, among the newest so many. Each is handed in
// once, whatever becomes of it in the feed: feeds drop what is old, and change the addresses
// of what they have.
func (m *Mirror) passFeed(ctx context.Context, sum *Summary) error {
	before := m.state.feed
	if m.cfg.Again {
		before = feedVersion{}
	}
	raw, version, err := m.fetch(ctx, before)
	if err != nil {
		return err
	}
	if version == nil {
		m.known(sum)
		return nil
	}
	items, err := itemsOf(raw, m.cfg.Feed)
	if err != nil {
		return fmt.Errorf("%s %w: %w", m.cfg.Feed, ErrFeed, err)
	}
	var send []sending
	metadata := map[string]map[string]any{}
	for _, it := range items[:min(len(items), m.cfg.Newest)] {
		was := m.state.files[it.name]
		if was.path != "" && (was.failure == "" || !m.cfg.Again) {
			continue
		}
		metadata[it.name] = it.metadata
		send = append(send, sending{file{path: it.name, sum: it.address, document: was.document}, was})
	}
	m.known(sum)
	if m.cfg.Dry {
		m.pretend(plan{send: send}, sum)
		return nil
	}
	m.cfg.Report.Begin(len(send))
	err = each(ctx, send, func(ctx context.Context, s sending) error { return m.sendItem(ctx, s, metadata[s.path], sum) })
	if err != nil || sum.Failed > 0 {
		return err // what was not taken is looked for again
	}
	return m.state.noteFeed(ctx, *version)
}

// known counts what was taken before.
func (m *Mirror) known(sum *Summary) {
	for _, f := range m.state.files {
		if sum.Unchanged++; f.failure != "" {
			sum.Refused++
		}
	}
}

// fetch gets the feed, without a version when it is what it was.
func (m *Mirror) fetch(ctx context.Context, before feedVersion) ([]byte, *feedVersion, error) {
	ctx, cancel := context.WithTimeout(ctx, feedTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.cfg.Feed, nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("User-Agent", m.cfg.UserAgent)
	r.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1")
	for header, value := range map[string]string{"If-None-Match": before.etag, "If-Modified-Since": before.modified} {
		if value != "" {
			r.Header.Set(header, value)
		}
	}
	resp, err := m.cfg.HTTP.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("get the feed: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotModified:
		return nil, nil, nil
	case http.StatusOK:
	default:
		return nil, nil, fmt.Errorf("get the feed: %s answers %d %s", m.cfg.Feed, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxFeed+1))
	if err != nil {
		return nil, nil, fmt.Errorf("get the feed: %w", err)
	}
	if len(raw) > maxFeed {
		return nil, nil, fmt.Errorf("%s %w: it has more than %d bytes", m.cfg.Feed, ErrFeed, maxFeed)
	}
	return raw, &feedVersion{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}, nil
}

// itemsOf are the entries of a feed that lead somewhere, the newest first where it tells
// when they came out, else in its own order; those of one name once.
func itemsOf(raw []byte, address string) ([]item, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if feed.FeedType == "json" && feed.FeedVersion == "" {
		return nil, errors.New("it is JSON of another kind")
	}
	entries := slices.DeleteFunc(feed.Items, func(it *gofeed.Item) bool { return it == nil })
	slices.SortStableFunc(entries, func(a, b *gofeed.Item) int { return published(b).Compare(published(a)) })
	var items []item
	seen := map[string]bool{}
	for _, entry := range entries {
		at := leads(entry, base)
		if at == "" {
			continue
		}
		name := cmp.Or(strings.TrimSpace(entry.GUID), at)
		if len(name) > maxName {
			sum := sha256.Sum256([]byte(name))
			name = hex.EncodeToString(sum[:])
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		items = append(items, item{name, at, described(feed, entry)})
	}
	return items, nil
}

func published(entry *gofeed.Item) time.Time {
	switch {
	case entry.PublishedParsed != nil:
		return *entry.PublishedParsed
	case entry.UpdatedParsed != nil:
		return *entry.UpdatedParsed
	}
	return time.Time{}
}

// leads is where an entry leads: to its recording, if it brings one, else to its page.
func leads(entry *gofeed.Item, base *url.URL) string {
	for _, kind := range []string{"audio/", "video/"} {
		for _, e := range entry.Enclosures {
			if e != nil && strings.HasPrefix(strings.ToLower(e.Type), kind) {
				if at := absolute(e.URL, base); at != "" {
					return at
				}
			}
		}
	}
	if at := absolute(entry.Link, base); at != "" {
		return at
	}
	for _, e := range entry.Enclosures {
		if e == nil {
			continue
		}
		if at := absolute(e.URL, base); at != "" {
			return at
		}
	}
	return ""
}

// absolute is an address of the web, "" for what is none.
func absolute(link string, base *url.URL) string {
	if link = strings.TrimSpace(link); link == "" {
		return ""
	}
	at, err := base.Parse(link)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return ""
	}
	at.Fragment = ""
	return at.String()
}

// maxWords bounds the bytes of a title that is taken over.
const maxWords = 1000

// described is what a feed tells of an entry, as metadata of its document.
func described(feed *gofeed.Feed, entry *gofeed.Item) map[string]any {
	metadata := map[string]any{}
	set := func(key, value string) {
		if value = strings.Join(strings.Fields(value), " "); value != "" {
			metadata[key] = strings.ToValidUTF8(value[:min(len(value), maxWords)], "")
		}
	}
	set("title", entry.Title)
	set("feed", feed.Title)
	if len(entry.Authors) > 0 && entry.Authors[0] != nil {
		set("author", entry.Authors[0].Name)
	}
	if at := published(entry); !at.IsZero() {
		set("published", at.UTC().Format(time.RFC3339))
	}
	return metadata
}

// sendItem hands an entry in.
func (m *Mirror) sendItem(ctx context.Context, s sending, metadata map[string]any, sum *Summary) error {
	c := Change{Action: Added, Path: m.label(s.file)}
	o := m.cfg.Options
	o.Origin, o.ReplaceExisting, o.DocumentID = m.prefix+s.path, true, s.document
	var err error
	if o.Metadata, err = over(metadata, o.Metadata); err != nil {
		return err
	}
	var in wire.Ingested
	err = m.patiently(ctx, func() error {
		in, err = m.cfg.Server.IngestURL(ctx, s.sum, o)
		return err
	})
	switch {
	case err == nil:
		s.document, s.task = in.DocumentID, in.TaskID
		c.DocumentID, c.TaskID, c.Warnings = in.DocumentID, in.TaskID, in.Warnings
	case useless(ctx, err):
		return err
	default:
		c.Err = err
		m.done(sum, c)
		return nil
	}
	if err := m.remember(ctx, s.file); err != nil {
		return err
	}
	m.done(sum, c)
	return nil
}

// over is what the feed tells, overlaid by what the caller says.
func over(metadata map[string]any, given json.RawMessage) (json.RawMessage, error) {
	all := maps.Clone(metadata)
	if len(given) > 0 {
		if err := json.Unmarshal(given, &all); err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
	}
	return json.Marshal(all)
}

// label is what a file is called when it is told of.
func (m *Mirror) label(f file) string {
	if m.cfg.Feed != "" && f.sum != "" {
		return f.sum
	}
	return f.path
}
