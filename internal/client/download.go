package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"morag/internal/backoff"
)

// Download names a file on the server and where it goes.
type Download struct {
	// Path is the path and query on this server: source_file_url, or one of
	// [DocumentSource]. Any other address is refused with [ErrForeign].
	Path string
	// File is open for reading and writing. What it holds is the beginning that an
	// earlier download left; it is kept if ETag or SHA256 can tell that it still is.
	File *os.File
	// ETag is what the server named that beginning, "" when it is not known.
	ETag string
	// Size and SHA256 (hex) are what the file must have; 0 and "" when not known.
	Size   int64
	SHA256 string
	// Limit is the most bytes File may have; 0 for no limit.
	Limit int64
	// Started, which may be nil, is told the server's ETag (strong or "") and the
	// whole size (-1 when not known) each time an answer has begun, before File
	// changes. Its error ends the download.
	Started func(etag string, total int64) error
	// Progress, which may be nil, is told often how far it is.
	Progress func(done, total int64)
}

// Downloaded is what has come.
type Downloaded struct {
	Size   int64
	SHA256 string // hex
}

// maxETag bounds what is remembered and sent back.
const maxETag = 1 << 10

// maxRestarts is how often a download that turned out wrong is begun again from
// zero.
const maxRestarts = 2

// Download fetches d.Path into d.File. A connection that breaks or goes silent is
// taken up by range where it broke, as often as bytes come and at most
// Config.Retries times in a row without one; what differs from Size or SHA256 is
// fetched anew twice, then [ErrMismatch]. Over Limit it is [ErrTooLarge]. After an
// error File holds what came, for a later call. File is neither synced nor closed.
func (c *Client) Download(ctx context.Context, d Download) (Downloaded, error) {
	info, err := d.File.Stat()
	if err != nil {
		return Downloaded{}, err
	}
	f := &fetch{Download: d, client: c, have: info.Size(), hash: sha256.New()}
	restarts, failures := 0, 0
	for {
		before := f.have
		err := f.once(ctx)
		switch {
		case err == nil:
			return Downloaded{Size: f.have, SHA256: f.sum()}, nil
		case errors.Is(err, ErrMismatch):
			if restarts++; restarts > maxRestarts {
				return Downloaded{}, err
			}
			if err := f.clear(); err != nil {
				return Downloaded{}, err
			}
		case !IsTemporary(err):
			return Downloaded{}, err
		case f.have > before:
			failures = 0
		}
		if failures++; failures > max(c.retries, 0) || RetryAfter(err) > maxRetryAfter {
			return Downloaded{}, err
		}
		if backoff.Sleep(ctx, max(c.policy().Wait(failures), RetryAfter(err))) != nil {
			return Downloaded{}, context.Cause(ctx)
		}
	}
}

// fetch is one download under way.
type fetch struct {
	Download
	client *Client
	have   int64     // bytes in File
	hash   hash.Hash // of the first hashed bytes of File
	hashed int64
}

func (f *fetch) sum() string { return hex.EncodeToString(f.hash.Sum(nil)) }

func (f *fetch) clear() error {
	f.have, f.hashed, f.ETag = 0, 0, ""
	f.hash.Reset()
	return f.File.Truncate(0)
}

// once asks for what is missing and checks the whole.
func (f *fetch) once(ctx context.Context) error {
	tellable := f.ETag != "" || f.SHA256 != ""
	if f.have > 0 && (!tellable || f.Size > 0 && f.have > f.Size) {
		if err := f.clear(); err != nil {
			return err
		}
	}
	if err := f.catchUp(); err != nil {
		return err
	}
	if f.SHA256 != "" && f.have > 0 && f.have == f.Size {
		return f.check()
	}
	resp, err := f.client.send(ctx, f.request())
	if f.whole(err) {
		return f.check()
	}
	if IsStatus(err, http.StatusRequestedRangeNotSatisfiable) {
		return fmt.Errorf("%w: it is shorter than what is here", ErrMismatch)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	total, err := f.begin(resp)
	if err != nil {
		return err
	}
	if err := f.copy(resp.Body, total); err != nil {
		return err
	}
	return f.check()
}

// catchUp hashes what an earlier download left.
func (f *fetch) catchUp() error {
	if f.hashed == f.have {
		return nil
	}
	f.hash.Reset()
	f.hashed = 0
	n, err := io.Copy(f.hash, io.NewSectionReader(f.File, 0, f.have))
	if err == nil && n != f.have {
		err = io.ErrUnexpectedEOF
	}
	f.hashed = n
	return err
}

func (f *fetch) request() *request {
	r := get(f.Path, nil)
	// Compressed on the way, ranges and sizes would be of other bytes.
	r.header = http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"identity"}}
	if f.have > 0 {
		r.header.Set("Range", "bytes="+strconv.FormatInt(f.have, 10)+"-")
		if f.ETag != "" {
			r.header.Set("If-Range", f.ETag)
		}
	}
	return r
}

// whole tells whether the server refused the range because nothing is missing.
func (f *fetch) whole(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	if !ok || e.Status != http.StatusRequestedRangeNotSatisfiable || f.have == 0 {
		return false
	}
	size, ok := strings.CutPrefix(e.header.Get("Content-Range"), "bytes */")
	return ok && size == strconv.FormatInt(f.have, 10)
}

// begin reads an answer's headers and returns the whole size, -1 when not known.
func (f *fetch) begin(resp *http.Response) (total int64, err error) {
	etag := resp.Header.Get("ETag")
	if strings.HasPrefix(etag, "W/") || len(etag) > maxETag {
		etag = "" // a weak one says nothing of single bytes
	}
	total = resp.ContentLength
	if resp.StatusCode == http.StatusPartialContent {
		start, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || start != f.have || f.ETag != "" && etag != "" && etag != f.ETag {
			return 0, fmt.Errorf("%w: another range came than was asked for", ErrMismatch)
		}
		total = size
	} else if err := f.clear(); err != nil {
		return 0, err
	}
	if f.Size > 0 && total >= 0 && total != f.Size {
		return 0, fmt.Errorf("%w: %d bytes instead of %d", ErrMismatch, total, f.Size)
	}
	if f.Limit > 0 && total > f.Limit {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, total, f.Limit)
	}
	f.ETag = etag
	if f.Started != nil {
		return total, f.Started(etag, total)
	}
	return total, nil
}

// contentRange reads "bytes start-end/size"; size is -1 for "*".
func contentRange(s string) (start, size int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, whole, ok2 := strings.Cut(s, "/")
	first, _, ok3 := strings.Cut(span, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	if !ok || !ok2 || !ok3 || err != nil || start < 0 {
		return 0, 0, false
	}
	if whole == "*" {
		return start, -1, true
	}
	size, err = strconv.ParseInt(whole, 10, 64)
	return start, size, err == nil && size >= start
}

// copy appends the body to File, as far as File may grow.
func (f *fetch) copy(body io.Reader, total int64) error {
	most := f.Limit
	if f.Size > 0 {
		most = f.Size
	}
	if most > 0 {
		body = io.LimitReader(body, most-f.have+1)
	}
	_, err := io.Copy(&appender{f, total}, body)
	if err == nil && most > 0 && f.have > most {
		if f.Size > 0 {
			return fmt.Errorf("%w: more than %d bytes", ErrMismatch, f.Size)
		}
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, f.Limit)
	}
	if err == nil && f.have < total {
		err = &NetworkError{Call: "GET source", Err: io.ErrUnexpectedEOF}
	}
	return err
}

// appender keeps File, its hash and the count together.
type appender struct {
	*fetch
	total int64
}

func (a *appender) Write(p []byte) (int, error) {
	n, err := a.File.WriteAt(p, a.have)
	a.hash.Write(p[:n])
	a.have += int64(n)
	a.hashed += int64(n)
	if a.Progress != nil {
		a.Progress(a.have, a.total)
	}
	return n, err
}

// check compares what came with what was announced.
func (f *fetch) check() error {
	if f.Size > 0 && f.have != f.Size {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrMismatch, f.have, f.Size)
	}
	if f.SHA256 != "" && !strings.EqualFold(f.sum(), f.SHA256) {
		return fmt.Errorf("%w: another checksum", ErrMismatch)
	}
	return nil
}
