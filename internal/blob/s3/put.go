package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/minio/minio-go/v7"

	"morag/internal/blob"
)

const (
	// partSize is how much of a stream is in memory at a time, and goes in one request.
	partSize = 8 << 20
	// maxParts is how many parts an upload may have, by S3.
	maxParts = 10_000
	// partTime is what one part may take: 8 MiB in it are 28 KiB a second.
	partTime = 5 * time.Minute
	// undoTime is what clearing up may take after a failure; a sweep does the rest.
	undoTime = 10 * time.Second
)

// Write implements [blob.Bucket]. A stream that is no longer than a part is one request, a
// longer one a multipart upload. Without a limit it may have 80 GB.
func (s *Store) Write(ctx context.Context, ref string, r io.Reader, limit int64) (blob.Info, error) {
	key, err := s.key(ref)
	if err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", err)
	}
	kept := false
	defer func() { // deferred, since a reader may panic
		if !kept {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
			defer cancel()
			_ = s.Delete(ctx, ref)
		}
	}()
	buffer, done := s.buffer(limit)
	defer done()
	u := upload{Store: s, key: key, hash: sha256.New()}
	if err := u.stream(ctx, r, buffer, limit); err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", err)
	}
	info, err := s.Stat(ctx, ref)
	if err != nil {
		return blob.Info{}, fmt.Errorf("put blob: %w", err)
	}
	if info.Size != u.size {
		return blob.Info{}, fmt.Errorf("put blob: %w: it has %d bytes of %d", blob.ErrUnavailable, info.Size, u.size)
	}
	kept = true
	info.SHA256, info.Head = hex.EncodeToString(u.hash.Sum(nil)), u.head
	return info, nil
}

// buffer is room for one of so many parts that a stream of that length can be put.
func (s *Store) buffer(limit int64) (b []byte, done func()) {
	if size := limit/maxParts + 1; size > partSize {
		return make([]byte, size), func() {}
	}
	pooled := s.buffers.Get().(*[]byte)
	return *pooled, func() { s.buffers.Put(pooled) }
}

// upload is a stream under way.
type upload struct {
	*Store
	key   string
	id    string // of the multipart upload, "" until there is one
	parts []minio.CompletePart
	size  int64
	hash  hash.Hash
	head  []byte
}

// stream puts all of r, by as many parts as it takes.
func (u *upload) stream(ctx context.Context, r io.Reader, buffer []byte, limit int64) error {
	for {
		n, last, err := fill(ctx, r, buffer)
		if err != nil {
			return err
		}
		part := buffer[:n]
		if u.size += int64(n); limit > 0 && u.size > limit {
			return fmt.Errorf("%w: over %d bytes", blob.ErrTooLarge, limit)
		}
		if !last && len(u.parts) == maxParts-1 {
			return fmt.Errorf("%w: over %d parts of %d bytes", blob.ErrTooLarge, maxParts, len(buffer))
		}
		_, _ = u.hash.Write(part)
		if u.head == nil {
			u.head = bytes.Clone(part[:min(n, blob.HeadSize)])
		}
		switch {
		case last && u.id == "":
			return u.only(ctx, part)
		case n > 0:
			if err := u.part(ctx, part); err != nil {
				return err
			}
		}
		if last {
			return u.complete(ctx)
		}
	}
}

// fill reads until the buffer is full, or the stream at its end.
func fill(ctx context.Context, r io.Reader, buffer []byte) (n int, last bool, err error) {
	for n < len(buffer) {
		if err := ctx.Err(); err != nil {
			return n, false, err
		}
		m, err := r.Read(buffer[n:])
		n += m
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// sum is what the service checks the bytes by, as it is part of the signature.
func sum(part []byte) string {
	s := sha256.Sum256(part)
	return hex.EncodeToString(s[:])
}

// only puts a stream that is one part.
func (u *upload) only(ctx context.Context, part []byte) error {
	within, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	_, err := u.core.PutObject(within, u.bucket, u.key, bytes.NewReader(part), int64(len(part)), "", sum(part),
		minio.PutObjectOptions{DisableContentSha256: true})
	return fault(ctx, err)
}

// part puts the next part.
func (u *upload) part(ctx context.Context, part []byte) (err error) {
	if u.id == "" {
		if u.id, err = u.core.NewMultipartUpload(ctx, u.bucket, u.key, minio.PutObjectOptions{}); err != nil {
			return fault(ctx, err)
		}
	}
	within, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	n := len(u.parts) + 1
	done, err := u.core.PutObjectPart(within, u.bucket, u.key, u.id, n, bytes.NewReader(part), int64(len(part)),
		minio.PutObjectPartOptions{Sha256Hex: sum(part), DisableContentSha256: true})
	u.parts = append(u.parts, minio.CompletePart{PartNumber: n, ETag: done.ETag})
	return fault(ctx, err)
}

// complete makes the parts one object. An upload that is not there any more was completed by
// a request whose answer was lost: what the object then is shows by looking.
func (u *upload) complete(ctx context.Context) error {
	_, err := u.core.CompleteMultipartUpload(ctx, u.bucket, u.key, u.id, u.parts, minio.PutObjectOptions{})
	if missing(err) {
		return nil
	}
	return fault(ctx, err)
}
