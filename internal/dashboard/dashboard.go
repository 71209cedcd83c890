// Package dashboard is the pages that people use: what the API answers, shown in a browser,
// and its calls as forms. A page asks the API within the process, in the name of whoever
// looks at it, so that both have the same rules, rights and sentences; only what no call of
// the API tells is read from the services.
//
// To add a page, add a row to the table in table.go, the function that it names in a file
// page_NAME.go, and what it looks like in template/NAME.html.
package dashboard

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/dispatch"
	"morag/internal/embed"
	"morag/internal/ingest"
)

// Root is where the pages begin.
const Root = "/ui"

// Config is what the pages show. Every field without a default named must be set.
type Config struct {
	// API answers everything that is not a page, and the pages' own questions.
	API      http.Handler
	Dispatch *dispatch.Service
	Ingest   *ingest.Service
	// Keys keeps the keys, and Reload has the server heed at once what has changed there.
	Keys   auth.Store
	Reload func(ctx context.Context) error
	// SignOn logs people in besides; nil for keys alone. PublicURL is this server's address
	// as browsers know it, "" for the one that each names.
	SignOn    SignOn
	PublicURL string
	// Storage tells what there is room for.
	Storage func(ctx context.Context) (Storage, error)

	// Settings are those in force, and Engines lists what conversions need.
	Settings []config.Setting
	Engines  func(ctx context.Context) ([]convert.Engine, error)
	Model    embed.Model
	Answers  bool // whether a language model answers questions

	Version string
	Now     func() time.Time // time.Now
	Logger  *slog.Logger     // slog.Default()
}

// Storage is what is stored, and the room that is left, in bytes.
type Storage struct {
	Folder    string
	Database  int64
	Free, All int64 // of the disk; 0 when it is not known
}

// Dashboard answers the requests of browsers, and hands all others on. It is safe for
// concurrent use; Run must run for its charts to be drawn.
type Dashboard struct {
	Config
	log     *slog.Logger
	mux     *http.ServeMux
	looks   map[string]*template.Template // by the names of their files
	assets  *assets
	history *history
	guard   *http.CrossOriginProtection
	engines examination
}

// New makes the pages.
func New(c Config) *Dashboard {
	d := &Dashboard{Config: c, log: c.Logger, mux: http.NewServeMux(), guard: http.NewCrossOriginProtection()}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	d.assets = openAssets()
	d.looks = d.openTemplates()
	d.history = newHistory(c.Ingest.Changes, d.endedTasks, d.Now, d.log)
	for _, p := range pages {
		d.mux.Handle("GET "+p.path, d.page(p))
	}
	for _, a := range actions {
		d.mux.Handle("POST "+a.path, d.action(a))
	}
	d.mux.HandleFunc("GET "+Root+"/asset/{hash}/{name}", d.assets.serve)
	d.mux.HandleFunc("GET "+Root+"/library/{id}/pdf", d.showPDF)
	d.mux.HandleFunc("GET /favicon.ico", d.assets.favicon)
	d.mux.HandleFunc("GET "+Root+"/login", d.showLogin)
	d.mux.HandleFunc("POST "+Root+"/login", d.logIn)
	d.mux.HandleFunc("POST "+Root+"/logout", d.logOut)
	if d.SignOn != nil {
		d.mux.HandleFunc("GET "+signOnPath, d.beginSignOn)
		d.mux.HandleFunc("GET "+signOnBackPath, d.finishSignOn)
	}
	d.mux.HandleFunc("POST "+Root+"/theme", d.setTheme)
	d.mux.HandleFunc(Root+"/", d.nowhere)
	return d
}

// Run keeps the figures of the charts until ctx ends.
func (d *Dashboard) Run(ctx context.Context) { d.history.run(ctx) }

// maxForm bounds the bytes of a form, and formTime how long it may take to come.
const (
	maxForm  = 1 << 20
	formTime = time.Minute
)

// ServeHTTP answers one request.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		protect(w.Header())
		http.Redirect(w, r, Root, http.StatusSeeOther)
		return
	}
	if !ours(r.URL.Path) {
		d.API.ServeHTTP(w, r)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(d.Now().Add(formTime)) // what has no deadlines, like a recorder, needs none
	_ = control.SetWriteDeadline(d.Now().Add(2 * formTime))
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	protect(w.Header())
	if err := d.guard.Check(r); err != nil {
		d.refuse(w, r, &Refusal{Status: http.StatusForbidden, Detail: "requests from other origins are refused"})
		return
	}
	if trimmed := strings.TrimRight(r.URL.Path, "/"); trimmed != "" {
		r.URL.Path, r.URL.RawPath = trimmed, strings.TrimRight(r.URL.RawPath, "/")
	}
	d.mux.ServeHTTP(w, r)
}

// ours tells whether a path is of a page.
func ours(path string) bool {
	return path == Root || strings.HasPrefix(path, Root+"/") || path == "/favicon.ico"
}

func (d *Dashboard) nowhere(w http.ResponseWriter, r *http.Request) {
	d.refuse(w, r, &Refusal{Status: http.StatusNotFound, Detail: "there is no such page"})
}

// refuse shows an error as a page.
func (d *Dashboard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	v := &visit{Request: r, w: w, dashboard: d}
	_ = v.meet() // of whom nothing is known, a page without a menu
	d.fail(v, err)
}

// fail shows who looks at a page why there is none.
func (d *Dashboard) fail(v *visit, err error) {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		if v.Context().Err() != nil {
			return // nobody is there to be told
		}
		d.log.Error("a page failed", "path", v.URL.Path, "err", err)
		refusal = &Refusal{Status: http.StatusInternalServerError, Detail: "the page cannot be shown: the server's log has the cause"}
	}
	if refusal.Status == http.StatusUnauthorized {
		v.toLogin()
		return
	}
	d.render(v, refusal.Status, page{name: http.StatusText(refusal.Status), template: "refusal"}, refusal)
}
