package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"morag/internal/blob"
)

// stall is how long nothing may come of a blob that is read.
const stall = time.Minute

// Open implements [blob.Bucket]. The blob is read as long as ctx lasts.
func (s *Store) Open(ctx context.Context, ref string) (blob.Reader, blob.Info, error) {
	info, err := s.Stat(ctx, ref)
	if err != nil {
		return nil, blob.Info{}, err
	}
	key, err := s.key(ref)
	if err != nil {
		return nil, blob.Info{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &object{store: s, ctx: ctx, cancel: cancel, key: key, size: info.Size}
	return reader{io.NewSectionReader(o, 0, info.Size), o}, info, nil
}

// reader is a [blob.Reader].
type reader struct {
	*io.SectionReader
	object *object
}

func (r reader) Close() error { return r.object.close() }

// object reads an object by one request as long as it is read on, and by another from where
// it is read else.
type object struct {
	store  *Store
	ctx    context.Context
	cancel context.CancelFunc
	key    string
	size   int64

	mu   sync.Mutex    // guards what follows
	body io.ReadCloser // nil when no request is under way
	at   int64         // where the body is
}

// ReadAt implements [io.ReaderAt], within the size of the object. A connection that breaks is
// replaced.
func (o *object) ReadAt(p []byte, off int64) (n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for range attempts {
		if err = o.seek(off + int64(n)); missing(err) {
			return n, notFound(o.key) // it was deleted meanwhile
		}
		if err != nil {
			break
		}
		var m int
		m, err = o.read(p[n:])
		n += m
		if err == nil {
			return n, nil
		}
		o.drop()
	}
	return n, fmt.Errorf("read blob: %w", fault(o.ctx, err))
}

func (o *object) seek(off int64) error {
	if o.body != nil && o.at == off {
		return nil
	}
	o.drop()
	var part minio.GetObjectOptions
	if err := part.SetRange(off, o.size-1); err != nil {
		return err
	}
	body, _, _, err := o.store.core.GetObject(o.ctx, o.store.bucket, o.key, part)
	if err != nil {
		return err
	}
	o.body, o.at = body, off
	return nil
}

// read fills p, unless the body ends or nothing comes for too long.
func (o *object) read(p []byte) (n int, err error) {
	body := o.body
	late := time.AfterFunc(stall, func() { _ = body.Close() })
	defer late.Stop()
	for n < len(p) && err == nil {
		var m int
		m, err = body.Read(p[n:])
		n, o.at = n+m, o.at+int64(m)
		late.Reset(stall)
	}
	if n == len(p) {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (o *object) drop() {
	if o.body != nil {
		_ = o.body.Close()
		o.body = nil
	}
}

func (o *object) close() error {
	o.cancel() // which ends a read that waits
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop()
	return nil
}
