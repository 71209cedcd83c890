package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"morag/internal/option"
	"morag/internal/wire"
)

const uploads = "/api/v1/uploads"

// errNoUploads: the server takes files in one piece only.
var errNoUploads = errors.New("no resumable uploads")

// pieces is a file that is sent in pieces.
type pieces struct {
	client *Client
	file   *os.File
	info   os.FileInfo
	note   string // where it is remembered, "" for nowhere
	tell   func(sent, total int64)
}

// ingestInPieces sends a file in pieces and has it ingested. One whose sending was ended,
// even with its process, is gone on with, if folder is where that was remembered.
func (c *Client) ingestInPieces(ctx context.Context, file *os.File, info os.FileInfo, fields []option.Field, o IngestOptions) (out wire.Ingested, err error) {
	p := pieces{client: c, file: file, info: info, tell: o.Progress}
	if p.note, err = c.noteFor(o.Resume, file.Name(), info); err != nil {
		return out, err
	}
	id, err := p.send(ctx)
	if err != nil {
		return out, err
	}
	r := o.form("/api/v1/ingest/file", url.Values{"upload_id": {id}}, fields)
	r.silence = time.Hour // the server reads all of it once more
	if out, err = ask[wire.Ingested](ctx, c, r); err == nil {
		p.forget()
	}
	return out, err
}

// send sends what the server does not have yet and returns the upload's id.
func (p *pieces) send(ctx context.Context) (id string, err error) {
	id, offset, err := p.resume(ctx)
	if err == nil && id == "" {
		id, err = p.begin(ctx)
	}
	if err != nil {
		return "", err
	}
	for offset < p.info.Size() {
		p.progress(offset)
		if offset, err = p.piece(ctx, id, offset); err != nil {
			return "", err
		}
	}
	p.progress(offset)
	return id, nil
}

func (p *pieces) progress(sent int64) {
	if p.tell != nil {
		p.tell(sent, p.info.Size())
	}
}

func tus(method, path string) *request {
	return &request{method: method, path: path, header: http.Header{"Tus-Resumable": {"1.0.0"}}}
}

// begin begins an upload. errNoUploads of a server that knows none.
func (p *pieces) begin(ctx context.Context) (id string, err error) {
	r := tus(http.MethodPost, uploads)
	r.header.Set("Upload-Length", strconv.FormatInt(p.info.Size(), 10))
	r.header.Set("Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(filepath.Base(p.file.Name()))))
	h, err := p.client.head(ctx, r)
	if IsStatus(err, http.StatusNotFound, http.StatusMethodNotAllowed) {
		return "", errNoUploads
	}
	if err != nil {
		return "", err
	}
	at, err := url.Parse(h.Get("Location"))
	if id = path.Base(at.Path); err != nil || !isUploadID(id) {
		return "", fmt.Errorf("%s: %w: it tells no address of an upload", r.call(), ErrNotMoRAG)
	}
	p.remember(id)
	return id, nil
}

func isUploadID(id string) bool {
	return id != "" && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-+") == ""
}

// piece sends the piece from offset on, again where that fails and another try may help,
// and returns where to go on.
func (p *pieces) piece(ctx context.Context, id string, offset int64) (next int64, err error) {
	judge := func(err error) (bool, time.Duration) {
		return IsTemporary(err) || IsConflict(err) || IsStatus(err, checksumMismatch), RetryAfter(err)
	}
	begun := offset
	err = p.client.policy().Retry(ctx, judge, func(ctx context.Context) error {
		next, err = p.sendPiece(ctx, id, offset)
		if err == nil || !IsTemporary(err) && !IsConflict(err) {
			return err
		}
		there, asked := p.offset(ctx, id)
		if asked != nil {
			return err
		}
		if offset = there; offset != begun { // some of it has come
			next = offset
			return nil
		}
		return err
	})
	return next, err
}

// checksumMismatch is what tus answers when a piece has changed on its way.
const checksumMismatch = 460

func (p *pieces) sendPiece(ctx context.Context, id string, offset int64) (int64, error) {
	size := min(p.client.pieceSize, p.info.Size()-offset)
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(p.file, offset, size)); err != nil {
		return 0, err
	}
	r := tus(http.MethodPatch, uploads+"/"+id)
	r.header.Set("Upload-Offset", strconv.FormatInt(offset, 10))
	r.header.Set("Upload-Checksum", "sha256 "+base64.StdEncoding.EncodeToString(h.Sum(nil)))
	r.size, r.contentType = size, "application/offset+octet-stream"
	progress := &gate{tell: func(sent, _ int64) { p.progress(offset + sent) }}
	defer progress.close()
	r.body = func() io.Reader {
		return &counted{Reader: io.NewSectionReader(p.file, offset, size), total: size, progress: progress}
	}
	answer, err := p.client.head(ctx, r.only())
	if err != nil {
		return 0, err
	}
	return p.position(r, answer.Get("Upload-Offset"))
}

// position reads where the server is.
func (p *pieces) position(r *request, header string) (int64, error) {
	at, err := strconv.ParseInt(header, 10, 64)
	if err != nil || at < 0 || at > p.info.Size() {
		return 0, fmt.Errorf("%s: %w: Upload-Offset is %.40q", r.call(), ErrNotMoRAG, header)
	}
	return at, nil
}

// offset asks how much is there.
func (p *pieces) offset(ctx context.Context, id string) (int64, error) {
	r := tus(http.MethodHead, uploads+"/"+id)
	h, err := p.client.head(ctx, r)
	if err != nil {
		return 0, err
	}
	return p.position(r, h.Get("Upload-Offset"))
}

// head makes a call of whose answer only the headers count.
func (c *Client) head(ctx context.Context, r *request) (header http.Header, err error) {
	err = c.repeat(ctx, r, func() error {
		resp, err := c.send(ctx, r)
		if err != nil {
			return err
		}
		header = resp.Header
		return resp.Body.Close()
	})
	return header, err
}

// noteFor is the file in folder that remembers an upload: one for each server, caller and
// state of a file.
func (c *Client) noteFor(folder, name string, info os.FileInfo) (string, error) {
	if folder == "" {
		return "", nil
	}
	whole, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", c.base, c.key, whole, info.Size(), info.ModTime().UnixNano()))
	return filepath.Join(folder, hex.EncodeToString(sum[:16])+".json"), nil
}

type noted struct {
	Upload string `json:"upload"`
}

// remember notes the upload; without the note it only cannot be gone on with.
func (p *pieces) remember(id string) {
	if p.note == "" || os.MkdirAll(filepath.Dir(p.note), 0o700) != nil {
		return
	}
	raw, _ := json.Marshal(noted{id}) // of a string
	_ = os.WriteFile(p.note, raw, 0o600)
	tidy(filepath.Dir(p.note))
}

func (p *pieces) forget() {
	if p.note != "" {
		_ = os.Remove(p.note) // an upload that is taken answers the same again
	}
}

// tidy removes notes of uploads that have expired.
func tidy(folder string) {
	notes, _ := os.ReadDir(folder)
	for _, n := range notes {
		if info, err := n.Info(); err == nil && time.Since(info.ModTime()) > 7*24*time.Hour {
			_ = os.Remove(filepath.Join(folder, n.Name()))
		}
	}
}

// resume finds an upload of the same file that was begun before, "" when there is none.
func (p *pieces) resume(ctx context.Context) (id string, offset int64, err error) {
	raw, err := os.ReadFile(p.note)
	var n noted
	if p.note == "" || err != nil || json.Unmarshal(raw, &n) != nil || !isUploadID(n.Upload) {
		return "", 0, nil
	}
	offset, err = p.offset(ctx, n.Upload)
	if IsNotFound(err) || errors.Is(err, ErrNotMoRAG) {
		p.forget()
		return "", 0, nil
	}
	return n.Upload, offset, err
}
