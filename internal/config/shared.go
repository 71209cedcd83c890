package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// PGVector is the [Server.VectorURL] of the extension pgvector in the servers' database.
const PGVector = "pgvector:"

// Roles are what a server can do.
var Roles = []string{"api", "ingest", "maintain"}

// Shared tells whether the server shares what it keeps with others.
func (s *Server) Shared() bool { return s.DatabaseURL != "" }

// Does tells whether the server has a role.
func (s *Server) Does(role string) bool { return slices.Contains(s.Roles, role) }

// BlobPlace is what [Server.BlobURL] names: a folder or a bucket.
type BlobPlace struct {
	Dir string // "" when it is a bucket

	Bucket   string
	Prefix   string // "" or ending in "/"
	Endpoint string // "" for Amazon's
	Region   string // "" for the service's default
}

// blobForms are those of [Server.BlobURL].
const blobForms = "file:///PATH of a folder that all servers have, or s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME"

// Blobs is the place that [Server.BlobURL] names. The region of a bucket is that of
// AWS_REGION or AWS_DEFAULT_REGION when the address has none.
func (s *Server) Blobs() (BlobPlace, error) {
	u, err := url.Parse(s.BlobURL)
	switch {
	case err != nil:
		return BlobPlace{}, fmt.Errorf("MORAG_BLOB_URL must be %s", blobForms)
	case u.Scheme == "s3":
		return bucket(u)
	case u.Scheme != "file" || u.Host != "" || u.RawQuery != "" || !filepath.IsAbs(filepath.FromSlash(u.Path)):
		return BlobPlace{}, fmt.Errorf("MORAG_BLOB_URL must be %s, not %q", blobForms, u.Redacted())
	}
	return BlobPlace{Dir: filepath.FromSlash(u.Path)}, nil
}

func bucket(u *url.URL) (BlobPlace, error) {
	place := BlobPlace{Bucket: u.Host, Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))}
	if u.User != nil {
		return place, errors.New("MORAG_BLOB_URL must hold no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	if place.Bucket == "" {
		return place, fmt.Errorf("MORAG_BLOB_URL names no bucket: it must be %s", blobForms)
	}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		place.Prefix = prefix + "/"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return place, fmt.Errorf("MORAG_BLOB_URL: %w", err)
	}
	for name, values := range query {
		switch name {
		case "endpoint":
			place.Endpoint = strings.TrimSuffix(values[0], "/")
		case "region":
			place.Region = values[0]
		default:
			return place, fmt.Errorf("MORAG_BLOB_URL may have endpoint and region, not %q", name)
		}
	}
	if e, err := url.Parse(place.Endpoint); place.Endpoint != "" &&
		(err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || place.Endpoint != e.Scheme+"://"+e.Host) {
		return place, fmt.Errorf("MORAG_BLOB_URL: endpoint must be http://HOST:PORT or https://HOST:PORT, not %q", place.Endpoint)
	}
	return place, nil
}

// validateShared refuses what servers that share a database cannot have.
func (s *Server) validateShared() error {
	for i, role := range s.Roles {
		s.Roles[i] = strings.TrimSpace(role)
		if !slices.Contains(Roles, s.Roles[i]) {
			return fmt.Errorf("MORAG_ROLES may hold %s, not %q", strings.Join(Roles, ", "), role)
		}
	}
	if !s.Shared() {
		switch {
		case s.BlobURL != "":
			return errors.New("MORAG_BLOB_URL is for servers that share a database: set MORAG_DATABASE_URL, too")
		case s.VectorURL != "":
			return errors.New("MORAG_VECTOR_URL is for servers that share a database: set MORAG_DATABASE_URL, too")
		case len(s.Roles) > 0 && len(s.Roles) < len(Roles): // none of a Server that was not parsed
			return errors.New("MORAG_ROLES is for servers that share a database: set MORAG_DATABASE_URL, too")
		}
		return nil
	}
	if !strings.HasPrefix(s.DatabaseURL, "postgres://") && !strings.HasPrefix(s.DatabaseURL, "postgresql://") {
		return errors.New("MORAG_DATABASE_URL must be postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	switch {
	case len(s.Roles) == 0:
		return errors.New("MORAG_ROLES must hold a role")
	case s.RemoteJobsDir != "":
		return errors.New("MORAG_REMOTE_JOBS_DATA_DIR and MORAG_DATABASE_URL exclude each other: the database has the jobs")
	case s.VectorURL != "" && s.VectorURL != PGVector && !strings.HasPrefix(s.VectorURL, "qdrant://") && !strings.HasPrefix(s.VectorURL, "qdrants://"):
		return fmt.Errorf("MORAG_VECTOR_URL must be %s, qdrant://HOST:PORT or qdrants://HOST:PORT", PGVector)
	case s.BlobURL == "":
		return errors.New("MORAG_DATABASE_URL needs MORAG_BLOB_URL: " + blobForms)
	}
	_, err := s.Blobs()
	return err
}
