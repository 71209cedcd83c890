package app

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"morag/internal/dashboard"
	"morag/internal/space"
)

// newDashboard makes the pages, over what answers everything else.
func (s *Server) newDashboard(c ServerConfig, api http.Handler) (*dashboard.Dashboard, error) {
	signOn, err := newSignOn(c.Settings.SignOn, s.sessions)
	if err != nil {
		return nil, err
	}
	return dashboard.New(dashboard.Config{
		API:       api,
		Dispatch:  s.dispatch,
		Ingest:    s.ingest,
		Keys:      s.stores.auth,
		Reload:    s.keys.Reload,
		SignOn:    signOn,
		PublicURL: c.Settings.SignOn.PublicURL,
		Storage:   s.storage,
		Settings:  c.InForce,
		Engines:   s.converters.Examine,
		Model:     s.stores.embedder.Model(),
		Answers:   c.Settings.Chat.ChatURL != "",
		Version:   c.Version,
		Now:       time.Now, // deadlines of connections are the machine's
		Logger:    s.log,
	}), nil
}

// storage tells how much room the data folder has, and what the database takes of it.
func (s *Server) storage(context.Context) (dashboard.Storage, error) {
	out := dashboard.Storage{Folder: s.stores.dir}
	for _, name := range []string{databaseFile, databaseFile + "-wal"} {
		if info, err := os.Stat(filepath.Join(s.stores.dir, name)); err == nil {
			out.Database += info.Size()
		}
	}
	var err error
	out.Free, out.All, err = space.Of(s.stores.dir)
	return out, err
}
