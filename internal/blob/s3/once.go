package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/minio-go/v7"

	"morag/internal/blob"
)

// maxOnce bounds what [Store.Once] reads.
const maxOnce = 64 << 10

// Once returns the object of that name beside the blobs, which is made of fresh when there is
// none: of several that do so at the same time all get the bytes of one, where the service
// knows If-None-Match.
func (s *Store) Once(ctx context.Context, name string, fresh []byte) ([]byte, error) {
	key := s.prefix + name
	found, err := s.small(ctx, key)
	if !errors.Is(err, blob.ErrNotFound) {
		return found, err
	}
	o := minio.PutObjectOptions{DisableContentSha256: true}
	o.SetMatchETagExcept("*")
	_, err = s.core.PutObject(ctx, s.bucket, key, bytes.NewReader(fresh), int64(len(fresh)), "", sum(fresh), o)
	if err != nil && !exists(err) {
		return nil, fmt.Errorf("make %s: %w", key, fault(ctx, err))
	}
	return s.small(ctx, key)
}

// exists tells whether the answer was that somebody else has made the object, or does so.
func exists(err error) bool {
	status := minio.ToErrorResponse(err).StatusCode
	return status == http.StatusPreconditionFailed || status == http.StatusConflict
}

func (s *Store) small(ctx context.Context, key string) ([]byte, error) {
	r, _, _, err := s.core.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if missing(err) {
		return nil, notFound(key)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, fault(ctx, err))
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxOnce))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, fault(ctx, err))
	}
	return data, nil
}
