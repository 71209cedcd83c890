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
		"a relative folder":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:files", Roles: all}, "file:///PATH"},
		"another place":       {Server{DatabaseURL: "postgres://h/d", BlobURL: "ftp://h/files", Roles: all}, "file:///PATH"},
		"a folder of a host":  {Server{DatabaseURL: "postgres://h/d", BlobURL: "file://h/files", Roles: all}, "file:///PATH"},
		"a folder for jobs":   {Server{DatabaseURL: "postgres://h/d", BlobURL: "file:///mnt", RemoteJobsDir: "/jobs", Roles: all}, "exclude each other"},
		"spaces around roles": {Server{Roles: []string{"api", " ingest", "maintain "}}, ""},
	} {
		err := c.set.validateShared()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
