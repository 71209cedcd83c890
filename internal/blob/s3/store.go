// Package s3 keeps blobs as objects of a bucket of S3, or of what speaks it: uploads/<32 hex>
// below a prefix, where the name is random. What is being written is a multipart upload until
// it is whole.
package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"morag/internal/blob"
)

// Config says where blobs are.
type Config struct {
	Endpoint string // http or https and a host, "" for that of Amazon
	Region   string // "" for us-east-1
	Bucket   string // it must be there
	Prefix   string // of all keys, "" or ending in "/"

	// Dir is a folder of this store alone, which exists, for the copies that [Store.File]
	// makes. They take at most MaxCopies bytes together, 0 for no limit.
	Dir       string
	MaxCopies int64
}

// Store is a [blob.Bucket]. Several may be open on a bucket.
//
// The service must answer the calls of objects, of lists (version 2) and of multipart
// uploads. A request that fails is tried again a few times, in seconds together.
type Store struct {
	core    minio.Core
	web     *http.Transport
	bucket  string
	prefix  string
	buffers sync.Pool // of *[]byte, see partSize
	copies  copies
}

var _ blob.Bucket = (*Store)(nil)

// folder is where blobs are below the prefix.
const folder = "uploads/"

// attempts is how often a request is made that fails.
const attempts = 5

// openTime is what finding the bucket may take, and credentials for it.
const openTime = time.Minute

// Open uses a bucket. Credentials are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
// of AWS' files, or of the role of the machine. A bucket that is not there, or may not be
// used, is an error.
func Open(ctx context.Context, c Config) (*Store, error) {
	scheme, host, _ := strings.Cut(c.Endpoint, "://")
	if c.Endpoint == "" {
		scheme, host = "https", "s3.amazonaws.com"
	}
	web, err := minio.DefaultTransport(scheme == "https")
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", c.Bucket, err)
	}
	region := cmp.Or(c.Region, "us-east-1")
	core, err := minio.NewCore(host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Region: region},
		}),
		Secure: scheme == "https", Transport: web, Region: region, MaxRetries: attempts,
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", c.Bucket, err)
	}
	s := &Store{core: *core, web: web, bucket: c.Bucket, prefix: c.Prefix, copies: copies{dir: c.Dir, limit: c.MaxCopies}}
	s.buffers.New = func() any { b := make([]byte, partSize); return &b }
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	if err := s.there(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open bucket %s: %w", c.Bucket, err), s.Close())
	}
	return s, nil
}

// Close lets go of connections.
func (s *Store) Close() error {
	s.web.CloseIdleConnections()
	return nil
}

// errNoBucket is not [blob.ErrNotFound]: blobs of a bucket that is away are out of reach, not
// gone.
var errNoBucket = errors.New("there is no such bucket")

// there tells by its error that the bucket cannot be used.
func (s *Store) there(ctx context.Context) error {
	found, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil {
		return fault(ctx, err)
	}
	if !found {
		return fmt.Errorf("%w: %w", blob.ErrUnavailable, errNoBucket)
	}
	return nil
}

// key is that of a blob.
func (s *Store) key(ref string) (string, error) {
	id, err := blob.ID(ref)
	if err != nil {
		return "", err
	}
	return s.prefix + folder + id, nil
}

func notFound(ref string) error { return fmt.Errorf("%.80q: %w", ref, blob.ErrNotFound) }

// Stat implements [blob.Bucket]. It tells no SHA256.
func (s *Store) Stat(ctx context.Context, ref string) (blob.Info, error) {
	key, err := s.key(ref)
	if err != nil {
		return blob.Info{}, err
	}
	found, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if missing(err) {
		// The answer has no body that tells an object that is not there from a bucket.
		if err := s.there(ctx); err != nil {
			return blob.Info{}, fmt.Errorf("stat blob: %w", err)
		}
		return blob.Info{}, notFound(ref)
	}
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat blob: %w", fault(ctx, err))
	}
	return describe(ref, found), nil
}

// describe tells times in seconds, as the service does not in every answer tell more.
func describe(ref string, o minio.ObjectInfo) blob.Info {
	return blob.Info{Ref: ref, Size: o.Size, Modified: o.LastModified.Truncate(time.Second)}
}

// Delete implements [blob.Bucket]. It also ends uploads under that reference that were never
// completed: the server that made them died.
func (s *Store) Delete(ctx context.Context, ref string) error {
	key, err := s.key(ref)
	if err != nil {
		return nil // it names nothing
	}
	if err := s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
		return fmt.Errorf("delete blob: %w", fault(ctx, err))
	}
	ids, err := s.unfinished(ctx, key)
	if err != nil {
		return fmt.Errorf("delete blob: %w", fault(ctx, err))
	}
	for _, id := range ids {
		if err := s.core.AbortMultipartUpload(ctx, s.bucket, key, id); err != nil && !missing(err) {
			return fmt.Errorf("delete blob: %w", fault(ctx, err))
		}
	}
	return nil
}

// unfinished are the uploads of a key: one at most, or two when a request was made again
// whose answer was lost.
func (s *Store) unfinished(ctx context.Context, key string) (ids []string, err error) {
	found, err := s.core.ListMultipartUploads(ctx, s.bucket, key, "", "", "", 100)
	for _, u := range found.Uploads {
		if u.Key == key {
			ids = append(ids, u.UploadID)
		}
	}
	return ids, err
}

// List implements [blob.Bucket]. It holds a page of names at a time; fn may delete blobs.
func (s *Store) List(ctx context.Context, after string, cut time.Time, fn func(blob.Info) error) error {
	o := minio.ListObjectsOptions{Prefix: s.prefix + folder, Recursive: true}
	if after != "" {
		o.StartAfter = o.Prefix + strings.TrimPrefix(after, blob.Scheme)
	}
	for found := range s.core.ListObjectsIter(ctx, s.bucket, o) {
		if found.Err != nil {
			return fmt.Errorf("list blobs: %w", fault(ctx, found.Err))
		}
		id := strings.TrimPrefix(found.Key, o.Prefix)
		info := describe(blob.Scheme+id, found)
		if !blob.ValidID(id) || !info.Modified.Before(cut) {
			continue
		}
		if err := fn(info); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// missing tells whether the answer was that there is no such object or upload.
func missing(err error) bool {
	code := minio.ToErrorResponse(err).Code
	return err != nil && (code == "NoSuchKey" || code == "NoSuchUpload")
}

// full are the codes of services for a bucket without room.
var full = map[string]bool{"XMinioStorageFull": true, "XMinioAdminBucketQuotaExceeded": true, "QuotaExceeded": true}

// fault gives an error of the service its sentinel: all that is not told otherwise may go by.
func fault(ctx context.Context, err error) error {
	answer := minio.ToErrorResponse(err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case full[answer.Code], answer.StatusCode == http.StatusInsufficientStorage:
		return fmt.Errorf("%w: %w", blob.ErrNoSpace, err)
	}
	return fmt.Errorf("%w: %w", blob.ErrUnavailable, err)
}
