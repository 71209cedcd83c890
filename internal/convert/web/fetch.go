package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

// accept prefers pages to whatever else a site may have at an address.
const accept = "text/html,application/xhtml+xml;q=0.9,text/markdown;q=0.8,*/*;q=0.5"

// fetched is an answer, on disk.
type fetched struct {
	path        string
	size        int64
	sum         string   // SHA-256, in hex
	url         *url.URL // after redirects, without a fragment
	header      http.Header
	name        string // the last part of the address, which may have an extension
	contentType string // content type; of a page, document
	mime        string
	isPage      bool
}

func (f *fetched) source() content.Source {
	return content.Source{Path: f.path, Name: f.name, Type: f.contentType, MIME: f.mime, URL: f.url.String()}
}

// fetch downloads what is at address into the folder.
func (c *Converter) fetch(ctx context.Context, address, dir string, progress convert.Progress) (*fetched, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, convert.BadSource("the source is not the address of a page", err)
	}
	if err := c.robots.check(ctx, req.URL); err != nil {
		return nil, c.failure(err)
	}
	// One clock for the head and for a page; a file of another kind winds it up again
	// with every piece that comes.
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clock := time.AfterFunc(c.config.FetchTimeout, func() { cancel(context.DeadlineExceeded) })
	defer clock.Stop()

	req.Header.Set("User-Agent", c.userAgent())
	req.Header.Set("Accept", accept)
	resp, err := c.client.Do(req.WithContext(watched))
	if err != nil {
		return nil, c.failure(cmpCause(watched, err))
	}
	defer resp.Body.Close()
	if err := checkStatus(resp); err != nil {
		return nil, err
	}
	got := &fetched{url: resp.Request.URL, header: resp.Header, path: filepath.Join(dir, "answer")}
	got.name = path.Base(got.url.Path)
	if got.name == "/" || got.name == "." {
		got.name = ""
	}
	if err := c.receive(watched, got, resp, clock, progress); err != nil {
		return nil, err
	}
	got.url.Fragment, got.url.RawFragment = "", ""
	return got, nil
}

// receive writes the body to disk, within the limit of what its beginning shows it
// to be.
func (c *Converter) receive(ctx context.Context, got *fetched, resp *http.Response, clock *time.Timer, progress convert.Progress) error {
	head := make([]byte, content.HeadSize)
	n, err := io.ReadFull(resp.Body, head)
	head = head[:n]
	switch {
	case errors.Is(err, io.EOF):
		return convert.BadSource("the site answered with an empty page", nil)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF): // that is a short page, or shows again below
		return c.failure(cmpCause(ctx, err))
	}
	if err := got.classify(head); err != nil {
		return err
	}
	limit := c.config.MaxFile
	if got.isPage {
		limit = c.config.MaxPage
	}
	if resp.ContentLength > limit {
		return tooLarge(got, limit)
	}
	file, err := os.OpenFile(got.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("save the page: %w", err)
	}
	defer file.Close()
	body := &meter{r: resp.Body, total: resp.ContentLength, progress: progress}
	if !got.isPage {
		body.moved = c.onTime(clock)
	}
	sum := sha256.New()
	kept := io.MultiWriter(file, sum)
	if _, err := kept.Write(head); err != nil {
		return fmt.Errorf("save the page: %w", err)
	}
	rest, err := io.Copy(kept, io.LimitReader(body, limit+1-int64(n)))
	switch {
	case err != nil && body.failed:
		return c.failure(cmpCause(ctx, err))
	case err != nil:
		return fmt.Errorf("save the page: %w", err)
	}
	if got.size = int64(n) + rest; got.size > limit {
		return tooLarge(got, limit)
	}
	got.sum = hex.EncodeToString(sum.Sum(nil))
	if err := file.Close(); err != nil {
		return fmt.Errorf("save the page: %w", err)
	}
	return nil
}

// slowest is how many bytes a second a file of another kind has to come with, over each
// stretch of the time that a site has: one that drips holds up nobody for hours.
const slowest = 1 << 10

// onTime winds the clock up again whenever enough has come.
func (c *Converter) onTime(clock *time.Timer) func(n int) {
	due, come := int(c.config.FetchTimeout.Seconds()*slowest), 0
	return func(n int) {
		if come += n; come >= due {
			clock.Reset(c.config.FetchTimeout)
			come = 0
		}
	}
}

// classify finds out what was sent, from what the site calls it and what it is.
func (f *fetched) classify(head []byte) error {
	declared, _, _ := mime.ParseMediaType(f.header.Get("Content-Type"))
	f.contentType, f.mime = content.Detect(head, f.name)
	isText := f.contentType == content.Doc && (strings.HasPrefix(f.mime, "text/") || isHTML(f.mime)) || f.mime == ""
	switch {
	case isText && isHTML(declared):
		f.contentType, f.mime, f.isPage = content.Doc, "text/html", true
	case isText && (declared == "text/plain" || declared == "text/markdown") && (isHTML(f.mime) || f.mime == "text/plain" || f.mime == ""):
		f.contentType, f.mime = content.Doc, declared // a browser would not render it either
	case isHTML(f.mime):
		f.isPage = true
	case f.contentType == "":
		if contentType, err := content.Normalize(declared); err == nil && contentType != "" && f.mime == "" {
			f.contentType, f.mime = contentType, declared
			break
		}
		return convert.Unsupported(fmt.Sprintf("the address leads to a file that cannot be converted (%.100s)", describe(f.mime, declared)))
	}
	return nil
}

func isHTML(mimeType string) bool {
	return mimeType == "text/html" || mimeType == "application/xhtml+xml"
}

func describe(found, declared string) string {
	switch {
	case found != "":
		return found
	case declared != "":
		return declared
	}
	return "of no known type"
}

func tooLarge(f *fetched, limit int64) error {
	what, setting := "page", "MORAG_MAX_PAGE_SIZE"
	if !f.isPage {
		what, setting = "file at the address", "MORAG_MAX_DOWNLOAD_SIZE"
	}
	return convert.BadSource(fmt.Sprintf("the %s is larger than %d KiB (%s)", what, limit>>10, setting), nil)
}

// meter tells how much of a body has come.
type meter struct {
	r        io.Reader
	read     int64
	total    int64 // -1 when unknown
	failed   bool  // reading, and not writing what was read
	moved    func(n int)
	progress convert.Progress
	last     float64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.read += int64(n)
	m.failed = err != nil && !errors.Is(err, io.EOF)
	if m.moved != nil && n > 0 {
		m.moved(n)
	}
	if fraction := float64(m.read) / float64(m.total); m.total > 0 && fraction-m.last >= 0.01 {
		m.last = fraction
		m.progress(fraction, "fetching the page")
	}
	return n, err
}
