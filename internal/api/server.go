// Package api is the HTTP face of the server: the table of routes, the decoding of
// what strangers send, and the one table that turns errors into answers. What is
// behind a route is in dispatch, ingest and search.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"morag/internal/ask"
	"morag/internal/auth"
	"morag/internal/backup"
	"morag/internal/blob"
	"morag/internal/dispatch"
	"morag/internal/feed"
	"morag/internal/ingest"
	"morag/internal/library"
	"morag/internal/maintain"
	"morag/internal/outbound"
	"morag/internal/reindex"
	"morag/internal/remote"
	"morag/internal/search"
	"morag/internal/tus"
	"morag/internal/webhook"
	"morag/internal/wire"
)

// Config is what the routes serve. Every field without a default named must be set.
type Config struct {
	Dispatch     *dispatch.Service
	Ingest       *ingest.Service
	Remote       *remote.Service
	Search       *search.Service
	Ask          *ask.Service
	Webhooks     *webhook.Deliverer
	Library      *library.Service
	Blobs        blob.Store
	Uploads      *tus.Folder // nil for none, which is for tests
	Keys         *auth.Keyring
	Sessions     *auth.Sessions
	Capabilities *auth.Capabilities
	Metrics      http.Handler
	Agents       http.Handler // answers the Model Context Protocol; nil for nothing
	Maintenance  *maintain.Service
	Reindex      *reindex.Service
	Backup       *backup.Service // nil when what it would keep is in a database that has tools for that

	Version       string
	MaxUploadSize int64
	MaxResultSize int64
	MaxUploads    int // at a time, of one key no more than it leaves free; 0 for 100
	// RateLimit is how many requests a second one key may make, and one address with
	// keys that are none, with a burst of twice as many; 0 for no limit.
	RateLimit float64
	// Outbound says which addresses a caller may have the server call.
	Outbound *outbound.Guard
	// AnyHost answers under any name, not only those of this machine, although there
	// are no keys.
	AnyHost bool
	// CORSOrigins are the origins whose pages may call; "*" is all.
	CORSOrigins []string
	// Ready tells, by part, why the server cannot serve yet or any more, and Told what is wrong
	// with a part without which most of it can.
	Ready map[string]func(ctx context.Context) error
	Told  map[string]func(ctx context.Context) error
	// Room is nil as long as there is room for so many bytes; without it there always is.
	Room   func(bytes int64) error
	Now    func() time.Time
	Logger *slog.Logger
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	Config
	log   *slog.Logger
	mux   *http.ServeMux
	stall time.Duration // without a byte

	specification func() []byte // the OpenAPI document
	docsPage      func() []byte // the same for people

	uploads   *slots
	resumable *handler.UnroutedHandler
	budget    *budget
	streams   *streams
	feed      *feed.Feed
	pace      *pace // of each key
	guesses   *pace // of keys that are none, by address
}

// New makes the server.
func New(c Config) *Server {
	s := &Server{Config: c, log: c.Logger, mux: http.NewServeMux(), stall: stallTime}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.streams = newStreams(maxStreams, s.Now, s.log)
	s.streams.refuse = s.refuse
	s.feed = s.newFeed()
	s.uploads, s.budget = newSlots(cmp.Or(s.MaxUploads, 100)), newBudget(s.MaxResultSize)
	s.pace, s.guesses = newPace(s.RateLimit), newPace(s.RateLimit)
	if s.Uploads != nil {
		s.resumable = s.Uploads.Handler(uploadsPath, s.MaxUploadSize)
	}
	s.specification, s.docsPage = s.specify(), s.specifyDocs()
	for _, r := range s.routes() {
		s.mux.Handle(r.Method+" "+r.Path, s.handle(r))
	}
	return s
}

// ServeHTTP answers one request. A trailing slash never matters and nothing
// redirects: a redirected POST loses its body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w, r = s.limitStall(w, r)
	w = &protectedWriter{ResponseWriter: w}
	// Where keys are asked for, a browser sends none by itself, and the cookie of its session
	// is taken only from this server's own pages.
	if why := s.foreign(r); why != "" && !s.Keys.On() {
		writeError(w, problem(http.StatusForbidden, "%s", why))
		return
	}
	if s.share(w, r) {
		return
	}
	// In place: a poll that waits keeps no second one.
	u := r.URL
	// As it came, so that a worker's name may hold a slash.
	u.RawPath = path.Clean("/" + strings.TrimRight(u.EscapedPath(), "/"))
	u.Path, _ = url.PathUnescape(u.RawPath) // net/http has understood it already
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.unrouted(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// unrouted answers a path or a method that no route has.
func (s *Server) unrouted(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		probe := *r
		probe.Method = method
		if _, pattern := s.mux.Handler(&probe); pattern != "" && (method != http.MethodHead || strings.HasPrefix(pattern, method)) {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		writeError(w, problem(http.StatusNotFound, wire.NoPath))
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	writeError(w, problem(http.StatusMethodNotAllowed, "this path does not take %s", r.Method))
}
