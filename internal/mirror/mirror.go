// Package mirror keeps the documents of a server as the files of a folder are, or the entries of a feed: what is new
// or has changed goes in, what was moved keeps its document, and the documents of what is
// gone go too. What the server has is remembered in a file beside the user's caches, so
// that nothing is read or sent twice; where that is lost, the server tells it by the
// origins of its documents.
//
// A pass looks at the folder (walk.go), compares it with what is remembered (plan.go) and
// does the difference (apply.go); that of a feed takes its new entries (feed.go). It may be ended at any time: what the server has taken and
// is not remembered is handed in once more, and becomes the same document.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// Server is what is needed of the server: the calls of [client.Client].
type Server interface {
	IngestOpened(ctx context.Context, f *os.File, o client.IngestOptions) (wire.Ingested, error)
	IngestURL(ctx context.Context, address string, o client.IngestOptions) (wire.Ingested, error)
	RelocateDocument(ctx context.Context, id string, to wire.DocumentPlace) (wire.Document, error)
	DeleteDocument(ctx context.Context, id string) error
	Documents(ctx context.Context, f client.DocumentFilter) (wire.Documents, error)
	CancelTask(ctx context.Context, id string) error
	Task(ctx context.Context, id string) (wire.Task, error)
	ActiveTasks(ctx context.Context) (wire.ActiveTasks, error)
	Tasks(ctx context.Context, f client.TaskFilter) (wire.Tasks, error)
}

var _ Server = (*client.Client)(nil)

// ErrFolder: the folder is not there, or is none. Nothing was done.
var ErrFolder = errors.New("is no folder that can be read")

// Config says what is kept in step.
type Config struct {
	Server Server
	// Folder is what is mirrored, and Origin what stands for its path in the origins of
	// documents, "" for the path itself.
	Folder, Origin string
	// Feed is the address of a feed (RSS, Atom or JSON) whose entries are handed in, in place
	// of a folder: of the Newest so many, those that were not before. HTTP gets it, as
	// UserAgent.
	Feed      string
	Newest    int
	HTTP      *http.Client // http.DefaultClient
	UserAgent string
	// State is where it is remembered what the server has, for the server at Address and
	// the caller with Key.
	State, Address, Key string
	// Options are those of each ingestion.
	Options client.IngestOptions
	// Quiet is how long a file must have been left alone before it is taken.
	Quiet time.Duration
	// Keep has the documents of files that are gone stay.
	Keep bool
	// Consent is asked before many documents are deleted, and told why; nil never consents.
	Consent func(why string) bool
	// Again has files be tried again that the server could not take.
	Again bool
	// Dry only tells what would be done.
	Dry bool
	// Report is told what is done.
	Report Report
	Now    func() time.Time // time.Now
}

// Report is told what is done, by one goroutine at a time.
type Report interface {
	// Begin tells how many files will be sent.
	Begin(files int)
	// Sending tells how far a file is.
	Sending(path string, sent, total int64)
	// Done tells what became of a file.
	Done(c Change)
}

// Action is what is done about a file.
type Action string

// What is done about files.
const (
	Added   Action = "added"
	Changed Action = "changed"
	Moved   Action = "moved"
	Deleted Action = "deleted"
	Failed  Action = "failed" // the server took it and could not make a document of it
)

// Change is what was done about a file.
type Change struct {
	Action     Action
	Path       string // below the folder
	From       string // of what was moved: where it was
	DocumentID string
	TaskID     string
	Warnings   []string
	Err        error // why it could not be done
}

// Summary is what a pass has found.
type Summary struct {
	Added, Changed, Moved, Deleted int
	Unchanged                      int
	Failed                         int      // could not be done
	Refused                        int      // the server could not make documents of them, now or before
	Restless                       int      // are being written, and left for the next pass
	Kept                           int      // documents whose files are gone, and that stay
	Why                            string   // some of them stay
	Unread                         []string // what could not be looked at
	Open                           int      // tasks that have not ended
}

// Mirror keeps one folder in step. Its methods are called by one goroutine at a time.
type Mirror struct {
	cfg      Config
	prefix   string // of the origins of its documents
	state    *state
	restless map[string]glimpse
	answered atomic.Bool // the server has

	mu sync.Mutex // guards state.files, the summary and the report while files are sent
}

// New makes a mirror. [ErrFolder], [ErrBusy]. The caller closes it.
func New(ctx context.Context, cfg Config) (*Mirror, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	if cfg.Dry {
		cfg.Quiet = 0 // nothing is read that could still change
	}
	m := &Mirror{cfg: cfg, restless: map[string]glimpse{}}
	err := m.place()
	if err != nil {
		return nil, err
	}
	if m.state, err = openState(ctx, stateFile(cfg.State, cfg.Address, cfg.Key, m.prefix), cfg.Dry); err != nil {
		return nil, err
	}
	return m, nil
}

// place finds out what the origins of the documents begin with.
func (m *Mirror) place() error {
	if m.cfg.Feed != "" {
		m.prefix = m.cfg.Feed + "#"
		return nil
	}
	whole, err := filepath.Abs(m.cfg.Folder)
	if err != nil {
		return err
	}
	if info, err := os.Stat(whole); err != nil || !info.IsDir() {
		return fmt.Errorf("%s %w", m.cfg.Folder, ErrFolder)
	}
	m.cfg.Folder = whole
	if m.prefix = strings.TrimSuffix(whole, string(filepath.Separator)) + string(filepath.Separator); m.cfg.Origin != "" {
		m.prefix = strings.TrimSuffix(m.cfg.Origin, "/") + "/"
	}
	return nil
}

// Close ends it.
func (m *Mirror) Close() error { return m.state.close() }

// Forget has the server be asked anew what it has.
func (m *Mirror) Forget(ctx context.Context) error { return m.state.forget(ctx) }

// Pass brings the server in step once. What fails of one file keeps no other; an error is
// what kept the rest, too. [ErrFolder].
func (m *Mirror) Pass(ctx context.Context) (sum Summary, err error) {
	if m.cfg.Feed == "" {
		err = m.passFolder(ctx, &sum)
	} else if err = m.catchUp(ctx, &sum); err == nil {
		err = m.passFeed(ctx, &sum)
	}
	sum.Open = m.open()
	return sum, err
}

func (m *Mirror) passFolder(ctx context.Context, sum *Summary) error {
	root, err := os.OpenRoot(m.cfg.Folder)
	if err != nil {
		return fmt.Errorf("%s %w: %w", m.cfg.Folder, ErrFolder, err)
	}
	defer root.Close()
	found, err := look(ctx, root)
	if err != nil {
		return fmt.Errorf("look at %s: %w", m.cfg.Folder, err)
	}
	if err := m.catchUp(ctx, sum); err != nil {
		return err
	}
	for _, u := range found.dark {
		sum.Unread = append(sum.Unread, u.path)
	}
	p, err := m.plan(ctx, root, found, sum)
	if err != nil {
		return err
	}
	return m.apply(ctx, root, p, sum)
}

// catchUp hears what the server has, unless that is remembered, and what became of the tasks
// that had not ended.
func (m *Mirror) catchUp(ctx context.Context, sum *Summary) error {
	if !m.state.asked {
		if err := m.learn(ctx); err != nil {
			return fmt.Errorf("ask what the server has: %w", err)
		}
	}
	if err := m.hear(ctx); err != nil {
		return fmt.Errorf("ask what the server has: %w", err)
	}
	return m.settle(ctx, sum)
}

// origin is the place of a file, as its document has it.
func (m *Mirror) origin(name string) string {
	if m.cfg.Origin == "" {
		name = filepath.FromSlash(name)
	}
	return m.prefix + readable(name)
}

// readable is a name as text: of one that is not UTF-8 the wrong bytes are written as %XX.
func readable(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r == '\uFFFD' && !strings.HasPrefix(name[i:], "\uFFFD") {
			fmt.Fprintf(&b, "%%%02X", name[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// gone tells whether an error says that a file is not there any more.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
