package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Roles are what a server can do.
var Roles = []string{"api", "ingest", "maintain"}

// Shared tells whether the server shares what it keeps with others.
func (s *Server) Shared() bool { return s.DatabaseURL != "" }

// Does tells whether the server has a role.
func (s *Server) Does(role string) bool { return slices.Contains(s.Roles, role) }

// BlobDir is the folder that [Server.BlobURL] names.
func (s *Server) BlobDir() (string, error) {
	u, err := url.Parse(s.BlobURL)
	if err != nil || u.Scheme != "file" || u.Host != "" || u.RawQuery != "" || !filepath.IsAbs(filepath.FromSlash(u.Path)) {
		return "", fmt.Errorf("MORAG_BLOB_URL must be file:///PATH, not %q", s.BlobURL)
	}
	return filepath.FromSlash(u.Path), nil
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
	case s.BlobURL == "":
		return errors.New("MORAG_DATABASE_URL needs MORAG_BLOB_URL: file:///PATH of a folder that all servers have")
	}
	_, err := s.BlobDir()
	return err
}
