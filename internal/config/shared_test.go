package config

import (
	"strings"
	"testing"
)

func TestSharedServersNeedWhatTheyShare(t *testing.T) {
	t.Parallel()
	all := []string{"api", "ingest", "maintain"}
	for name, c := range map[string]struct {
		set  Server
		want string // in the sentence, "" for none
	}{
		"alone":               {Server{Roles: all}, ""},
		"shared":              {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt/files", Roles: []string{"api"}}, ""},
		"no files":            {Server{DatabaseURL: "postgres://h/d", Roles: all}, "needs MORAG_BLOB_URL"},
		"files alone":         {Server{BlobURL: "file:///mnt/files", Roles: all}, "set MORAG_DATABASE_URL"},
		"part of one":         {Server{Roles: []string{"api"}}, "set MORAG_DATABASE_URL"},
		"unknown role":        {Server{Roles: []string{"api", "cook"}}, "\"cook\""},
		"no role":             {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt/files"}, "must hold a role"},
		"another database":    {Server{DatabaseURL: "mysql://h/d", BlobURL: "file:///mnt/files", Roles: all}, "postgres://"},
		"vectors alone":       {Server{VectorURL: "pgvector:", Roles: all}, "MORAG_VECTOR_URL is for servers that share"},
		"vectors beside":      {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt/files", VectorURL: "pgvector:", Roles: all}, ""},
		"vectors in Qdrant":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt/files", VectorURL: "qdrant://h", Roles: all}, ""},
		"vectors elsewhere":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt/files", VectorURL: "milvus://h", Roles: all}, "MORAG_VECTOR_URL must be"},
		"a relative folder":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:files", Roles: all}, "file:///PATH"},
		"another place":       {Server{DatabaseURL: "postgres://h/d", BlobURL: "ftp://h/files", Roles: all}, "file:///PATH"},
		"a folder of a host":  {Server{DatabaseURL: "postgres://h/d", BlobURL: "file://h/files", Roles: all}, "file:///PATH"},
		"a bucket":            {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3://files/some/prefix?endpoint=http://h:1&region=x", Roles: all}, ""},
		"no bucket":           {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3:///files", Roles: all}, "names no bucket"},
		"keys in the address": {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3://key:secret@files", Roles: all}, "AWS_SECRET_ACCESS_KEY"},
		"a bucket's mistake":  {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3://files?endpont=http://h", Roles: all}, "\"endpont\""},
		"an endpoint's path":  {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3://files?endpoint=http://h/files", Roles: all}, "endpoint must be"},
		"no scheme":           {Server{DatabaseURL: "postgres://h/d", BlobURL: "s3://files?endpoint=h:9000", Roles: all}, "endpoint must be"},
		"a folder for jobs":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt", RemoteJobsDir: "/jobs", Roles: all}, "exclude each other"},
		"spaces around roles": {Server{Roles: []string{"api", " ingest", "maintain "}}, ""},
	} {
		err := c.set.validateShared()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestBlobPlace(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	for address, want := range map[string]BlobPlace{
		"file:///mnt/files": {Dir: "/mnt/files"},
		"s3://b":            {Bucket: "b", Region: "eu-central-1"},
		"s3://b/":           {Bucket: "b", Region: "eu-central-1"},
		"s3://b/p":          {Bucket: "b", Prefix: "p/", Region: "eu-central-1"},
		"s3://b/p/q/?endpoint=https://h:9000/&region=r": {Bucket: "b", Prefix: "p/q/", Endpoint: "https://h:9000", Region: "r"},
	} {
		set := Server{BlobURL: address}
		if got, err := set.Blobs(); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", address, got, err, want)
		}
	}
}
