package mirror_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/mirror"
	"morag/internal/wire"
)

// tree is a folder of a test's.
type tree struct {
	t     *testing.T
	dir   string
	state string
}

func newTree(t *testing.T, files map[string]string) *tree {
	t.Helper()
	tr := &tree{t: t, dir: filepath.Join(t.TempDir(), "notes"), state: t.TempDir()}
	if err := os.Mkdir(tr.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		tr.write(name, text)
	}
	return tr
}

// at is the path of a file.
func (tr *tree) at(name string) string { return filepath.Join(tr.dir, filepath.FromSlash(name)) }

func (tr *tree) write(name, text string) {
	tr.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(tr.at(name)), 0o700), os.WriteFile(tr.at(name), []byte(text), 0o600)); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *tree) remove(names ...string) {
	tr.t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(tr.at(name)); err != nil {
			tr.t.Fatal(err)
		}
	}
}

func (tr *tree) move(from, to string) {
	tr.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(tr.at(to)), 0o700), os.Rename(tr.at(from), tr.at(to))); err != nil {
		tr.t.Fatal(err)
	}
}

// report keeps what is told.
type report struct {
	mu    sync.Mutex
	lines []string // what was done, sorted
}

func (r *report) Begin(int) {}

func (r *report) Sending(string, int64, int64) {}

func (r *report) Done(c mirror.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := string(c.Action) + " " + c.Path
	if c.From != "" {
		line += " from " + c.From
	}
	if c.Err != nil {
		line += ": " + c.Err.Error()
	}
	r.lines = append(r.lines, line)
	slices.Sort(r.lines)
}

// pass does the difference once as a command does, and returns what was done.
func (tr *tree) pass(s mirror.Server, set func(*mirror.Config)) ([]string, mirror.Summary, error) {
	tr.t.Helper()
	r := &report{}
	cfg := mirror.Config{Server: s, Folder: tr.dir, State: tr.state, Address: "http://server", Report: r}
	if set != nil {
		set(&cfg)
	}
	m, err := mirror.New(tr.t.Context(), cfg)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			tr.t.Error(err)
		}
	}()
	sum, err := m.Pass(tr.t.Context())
	if err == nil && !cfg.Dry {
		if waited, err := m.Wait(tr.t.Context(), func(int) {}); err != nil || waited.Open != 0 {
			tr.t.Fatalf("%+v, %v", waited, err)
		}
	}
	return r.lines, sum, err
}

// does is a pass that succeeds and does exactly this.
func (tr *tree) does(s mirror.Server, set func(*mirror.Config), want ...string) mirror.Summary {
	tr.t.Helper()
	done, sum, err := tr.pass(s, set)
	if err != nil {
		tr.t.Fatal(err)
	}
	if !slices.Equal(done, want) {
		tr.t.Fatalf("it did %q, want %q", done, want)
	}
	return sum
}

// documents are those that came from below a folder: their texts and ids by the path.
func (tr *tree) documents(s *apptest.Server) (texts, ids map[string]string) {
	tr.t.Helper()
	texts, ids = map[string]string{}, map[string]string{}
	found, err := s.Documents(tr.t.Context(), client.DocumentFilter{Origin: tr.dir + "/", List: client.List{Limit: 1000}})
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, d := range found.Documents {
		name := strings.TrimPrefix(*d.Origin, tr.dir+"/")
		if _, twice := ids[name]; twice {
			tr.t.Errorf("there are two documents of %s", name)
		}
		if want := filepath.Base(name); *d.SourceName != want {
			tr.t.Errorf("the document of %s is called %s", name, *d.SourceName)
		}
		text, err := s.DocumentContent(tr.t.Context(), d.DocumentID)
		if err != nil {
			tr.t.Fatal(err)
		}
		read, err := io.ReadAll(text)
		if err := errors.Join(err, text.Close()); err != nil {
			tr.t.Fatal(err)
		}
		texts[name], ids[name] = strings.TrimSpace(string(read)), d.DocumentID
	}
	return texts, ids
}

// holds checks that the server has exactly these documents.
func (tr *tree) holds(s *apptest.Server, want map[string]string) map[string]string {
	tr.t.Helper()
	texts, ids := tr.documents(s)
	if !maps.Equal(texts, want) {
		tr.t.Fatalf("the server has %q, want %q", texts, want)
	}
	return ids
}

// Only the difference goes in, and what was moved keeps its document.
func TestDifference(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"a.txt": "The heron.", "deep/er/b.txt": "The lake.", "copy.txt": "The lake.", "empty.txt": ""})
	tr.does(s, nil, "added a.txt", "added copy.txt", "added deep/er/b.txt")
	before := tr.holds(s, map[string]string{"a.txt": "The heron.", "deep/er/b.txt": "The lake.", "copy.txt": "The lake."})
	if sum := tr.does(s, nil); sum.Unchanged != 3 {
		t.Errorf("the second pass: %+v", sum)
	}

	tr.move("a.txt", "deep/a.txt")
	tr.move("deep/er/b.txt", "renamed.txt")
	tr.write("copy.txt", "The lake is deep.")
	tr.write("a.txt", "Another heron.")
	tr.does(s, nil, "added a.txt", "changed copy.txt", "moved deep/a.txt from a.txt", "moved renamed.txt from deep/er/b.txt")
	after := tr.holds(s, map[string]string{"a.txt": "Another heron.", "deep/a.txt": "The heron.", "renamed.txt": "The lake.", "copy.txt": "The lake is deep."})
	if after["deep/a.txt"] != before["a.txt"] || after["renamed.txt"] != before["deep/er/b.txt"] || after["copy.txt"] != before["copy.txt"] {
		t.Errorf("the documents were %v and are %v", before, after)
	}

	tr.write("deep/a.txt", "The heron sleeps.")
	tr.remove("copy.txt")
	tr.write("renamed.txt", "")
	tr.does(s, nil, "changed deep/a.txt", "deleted copy.txt", "deleted renamed.txt")
	if last := tr.holds(s, map[string]string{"a.txt": "Another heron.", "deep/a.txt": "The heron sleeps."}); last["deep/a.txt"] != after["deep/a.txt"] {
		t.Error("a moved file that changed became another document")
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(tr.at("a.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	tr.does(sealed{t, s}, nil) // touched, the same
	if tr.does(sealed{t, s}, nil).Unchanged != 2 {
		t.Error("a touched file is not known again")
	}
}

// sealed is a server to which nothing may be sent.
type sealed struct {
	t *testing.T
	*apptest.Server
}

func (s sealed) IngestOpened(context.Context, *os.File, client.IngestOptions) (wire.Ingested, error) {
	s.t.Error("a file was sent")
	return wire.Ingested{}, errors.New("sealed")
}

// Whatever instant a process is killed at, the next one does exactly the difference: after
// each call that the server has answered, whether the answer was heard or not.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, heard := range []bool{true, false} {
		for calls := 1; ; calls++ {
			tr := newTree(t, map[string]string{"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
			tr.does(s, nil, "added a.txt", "added b.txt", "added c.txt")
			ids := tr.holds(s, map[string]string{"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
			tr.move("a.txt", "moved.txt")
			tr.write("b.txt", "Two, changed.")
			tr.remove("c.txt")
			tr.write("d.txt", "Four.")
			k := &killed{Server: s, left: calls, heard: heard}
			_, _, err := tr.pass(k, nil)
			if _, _, err := tr.pass(s, nil); err != nil {
				t.Fatal(err)
			}
			now := tr.holds(s, map[string]string{"moved.txt": "One.", "b.txt": "Two, changed.", "d.txt": "Four."})
			if now["moved.txt"] != ids["a.txt"] || now["b.txt"] != ids["b.txt"] {
				t.Errorf("killed after %d calls the documents are %v, and were %v", calls, now, ids)
			}
			if tr.does(sealed{t, s}, nil).Unchanged != 3 {
				t.Errorf("killed after %d calls it does not come to rest", calls)
			}
			if err == nil {
				break
			}
			if calls > 100 {
				t.Fatal("it was never through")
			}
		}
	}
}

// What a process had sent when it was killed, and was not told of, is found again, wherever the
// files are by then.
func TestKilledAndMoved(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for calls := 1; calls <= 4; calls++ {
		tr := newTree(t, map[string]string{"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
		_, _, err := tr.pass(&killed{Server: s, left: calls}, nil)
		if killed := err != nil; killed != (calls < 4) {
			t.Fatalf("killed after %d calls: %v", calls, err)
		}
		tr.move("a.txt", "deep/a.txt")
		tr.remove("b.txt")
		tr.write("c.txt", "Three, changed.")
		if _, _, err := tr.pass(s, nil); err != nil {
			t.Fatal(err)
		}
		tr.holds(s, map[string]string{"deep/a.txt": "One.", "c.txt": "Three, changed."})
		if tr.does(sealed{t, s}, nil).Unchanged != 2 {
			t.Errorf("killed after %d calls it does not come to rest", calls)
		}
	}
}

// errKilled ends a pass at once: nobody knows whether the server was reached, and nobody waits.
var errKilled = &client.NetworkError{Call: "POST /", Err: &tls.CertificateVerificationError{Err: errors.New("killed")}}

// killed ends a process at the call after so many.
type killed struct {
	*apptest.Server
	heard bool // the answer of the last call
	mu    sync.Mutex
	left  int
}

// call makes a call and has the process be killed, perhaps.
func (k *killed) call(do func() error) error {
	k.mu.Lock() // as the process is at no other call when it is killed
	defer k.mu.Unlock()
	if k.left <= 0 {
		return errKilled
	}
	err := do()
	if k.left--; k.left == 0 && !k.heard && err == nil {
		return errKilled
	}
	return err
}

func (k *killed) IngestOpened(ctx context.Context, f *os.File, o client.IngestOptions) (in wire.Ingested, err error) {
	err = k.call(func() error { in, err = k.Server.IngestOpened(ctx, f, o); return err })
	return in, err
}

func (k *killed) RelocateDocument(ctx context.Context, id string, to wire.DocumentPlace) (d wire.Document, err error) {
	err = k.call(func() error { d, err = k.Server.RelocateDocument(ctx, id, to); return err })
	return d, err
}

func (k *killed) DeleteDocument(ctx context.Context, id string) error {
	return k.call(func() error { return k.Server.DeleteDocument(ctx, id) })
}

// What is lost on the client's side the server knows.
func TestStateIsLost(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
	tr.does(s, nil, "added a.txt", "added b.txt", "added c.txt")
	before := tr.holds(s, map[string]string{"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
	tr.state = t.TempDir()
	if sum := tr.does(sealed{t, s}, nil); sum.Unchanged != 3 {
		t.Errorf("with nothing known: %+v", sum)
	}

	tr.state = t.TempDir()
	tr.move("a.txt", "z.txt")
	tr.write("b.txt", "Two, changed.")
	tr.remove("c.txt")
	sum := tr.does(s, nil, "changed b.txt", "moved z.txt from a.txt")
	if sum.Kept != 1 || !strings.Contains(sum.Why, "1 documents from below "+tr.dir+" whose files are not there") {
		t.Errorf("of what another machine may have sent: %+v", sum)
	}
	tr.does(s, func(c *mirror.Config) { c.Consent = func(string) bool { return true } }, "deleted c.txt")
	if after := tr.holds(s, map[string]string{"z.txt": "One.", "b.txt": "Two, changed."}); after["z.txt"] != before["a.txt"] || after["b.txt"] != before["b.txt"] {
		t.Errorf("the documents were %v and are %v", before, after)
	}
}

// A folder that has lost most of its files, since its disk is not mounted perhaps, deletes
// nothing until somebody says so; one that has lost a few does.
func TestManyGone(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	files := map[string]string{}
	for i := range 22 {
		files[string(rune('a'+i))+".txt"] = "Text " + string(rune('a'+i))
	}
	names := slices.Sorted(maps.Keys(files))
	tr := newTree(t, files)
	if _, sum, err := tr.pass(s, nil); err != nil || sum.Added != 22 {
		t.Fatalf("%+v, %v", sum, err)
	}
	var asked []string
	never := func(c *mirror.Config) {
		c.Consent = func(why string) bool {
			asked = append(asked, why)
			return false
		}
	}
	tr.remove(names[:11]...)
	if sum := tr.does(s, func(c *mirror.Config) { c.Dry = true }, prefixed("deleted ", names[:11])...); sum.Deleted != 11 {
		t.Errorf("dry: %+v", sum)
	}
	tr.does(s, never, prefixed("deleted ", names[:11])...) // just half of them
	if asked != nil {
		t.Errorf("it was asked %q", asked)
	}
	tr.remove(names[11:]...)
	sum := tr.does(s, never)
	if sum.Kept != 11 || len(asked) != 1 || !strings.HasSuffix(asked[0], "is empty, and the server has 11 documents of it") {
		t.Errorf("of an empty folder: %+v, asked %q", sum, asked)
	}
	tr.write(names[21], "Text back") // 10 of 11 are few enough to go
	tr.does(s, never, append([]string{"changed " + names[21]}, prefixed("deleted ", names[11:21])...)...)
	tr.remove(names[21])
	if sum := tr.does(s, func(c *mirror.Config) { c.Keep = true }); sum.Kept != 1 || sum.Why != "" {
		t.Errorf("to be kept: %+v", sum)
	}
	tr.does(s, func(c *mirror.Config) { c.Consent = func(string) bool { return true } }, "deleted "+names[21])
	tr.holds(s, map[string]string{})

	gone := filepath.Join(t.TempDir(), "none")
	if _, err := mirror.New(t.Context(), mirror.Config{Folder: gone, State: t.TempDir()}); !errors.Is(err, mirror.ErrFolder) {
		t.Errorf("of no folder: %v", err)
	}
}

func prefixed(with string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = with + name
	}
	return all
}

// What is written stays out until it is left alone.
func TestRestless(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"still.txt": "Old.", "moved.txt": "The same."})
	hour := func(c *mirror.Config) { c.Quiet = time.Hour }
	age := func(name string, by time.Duration) {
		at := time.Now().Add(-by)
		if err := os.Chtimes(tr.at(name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	age("still.txt", 2*time.Hour)
	age("moved.txt", 2*time.Hour)
	tr.does(s, hour, "added moved.txt", "added still.txt")
	before := tr.holds(s, map[string]string{"still.txt": "Old.", "moved.txt": "The same."})
	tr.write("still.txt", "New.")
	tr.move("moved.txt", "to.txt")
	age("to.txt", 0)
	if sum := tr.does(s, hour); sum.Restless != 2 {
		t.Errorf("two are being written: %+v", sum)
	}
	age("still.txt", 2*time.Hour)
	age("to.txt", 2*time.Hour)
	tr.does(s, hour, "changed still.txt", "moved to.txt from moved.txt")
	if after := tr.holds(s, map[string]string{"still.txt": "New.", "to.txt": "The same."}); after["to.txt"] != before["moved.txt"] {
		t.Error("a file that was moved and touched became another document")
	}
	// A time to come tells nothing: such a file is taken when it has stayed as it is.
	age("still.txt", -24*time.Hour)
	if sum := tr.does(s, hour); sum.Restless != 1 {
		t.Errorf("from the future: %+v", sum)
	}
	tr.does(s, func(c *mirror.Config) { c.Quiet = 0 })
}

// What is no regular file of the folder stays out, and so does what is ignored.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr := newTree(t, map[string]string{
		"in.txt": "In.", ".hidden.txt": "No.", ".git/config": "No.", "build/out.txt": "No.", "build/keep.txt": "No.", "a.log": "No.", "keep.log": "Yes.",
		"sub/b.log": "Sub.", "sub/own.txt": "No.", "sub/deep/own.txt": "No.", "own.txt": "Own.", "new\nline.txt": "Line.", "trail ": "No.",
		mirror.IgnoreFile: "# comment\n*.log\n!keep.log\r\n/build/\ntrail\\ \n", "sub/" + mirror.IgnoreFile: "own.txt\n!b.log\n",
	})
	for link, to := range map[string]string{"link.txt": outside, "up": filepath.Dir(outside), "inside.txt": tr.at("in.txt")} {
		if err := os.Symlink(to, tr.at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(tr.at("pipe.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr.does(s, nil, "added in.txt", "added keep.log", "added new\nline.txt", "added own.txt", "added sub/b.log")
	tr.write(mirror.IgnoreFile, "*.log\n")
	tr.remove("sub/" + mirror.IgnoreFile)
	tr.does(s, nil, "added build/keep.txt", "added build/out.txt", "added sub/deep/own.txt", "added sub/own.txt", "added trail ", "deleted keep.log", "deleted sub/b.log")

	// A folder that becomes a link to another place has its files gone, not those of that place.
	tr.remove("build")
	if err := os.Symlink(filepath.Dir(outside), tr.at("build")); err != nil {
		t.Fatal(err)
	}
	tr.does(s, nil, "deleted build/keep.txt", "deleted build/out.txt")

	tr.remove(mirror.IgnoreFile)
	if err := os.Symlink(outside, tr.at(mirror.IgnoreFile)); err != nil {
		t.Fatal(err)
	}
	if done, _, err := tr.pass(s, nil); err == nil || !strings.Contains(err.Error(), mirror.IgnoreFile+" is not a regular file") || done != nil {
		t.Errorf("with patterns that cannot be read: %v, %v", done, err)
	}
}

// What the server cannot convert is told once, not tried at every pass, and tried again on
// demand or when it changes.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"broken.pdf": "%PDF-1.4\nnothing of the kind", "fine.txt": "Fine."})
	done, _, err := tr.pass(s, nil)
	if err != nil || len(done) != 3 || !strings.HasPrefix(done[2], "failed broken.pdf: ") {
		t.Fatalf("%q, %v", done, err)
	}
	if sum := tr.does(sealed{t, s}, nil); sum.Refused != 1 || sum.Unchanged != 2 {
		t.Errorf("the second pass: %+v", sum)
	}
	if done, _, err := tr.pass(s, func(c *mirror.Config) { c.Again = true }); err != nil || len(done) != 2 || done[0] != "changed broken.pdf" {
		t.Errorf("again: %q, %v", done, err)
	}
	tr.move("broken.pdf", "still-broken.pdf")
	if sum := tr.does(sealed{t, s}, nil, "moved still-broken.pdf from broken.pdf"); sum.Failed != 0 {
		t.Errorf("moved: %+v", sum)
	}
	tr.remove("still-broken.pdf")
	tr.does(s, nil, "deleted still-broken.pdf")
	tr.holds(s, map[string]string{"fine.txt": "Fine."})
}

// Two machines with the same folder, by one key, are told apart by --origin; one folder is
// not kept in step by two processes.
func TestTwo(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"a.txt": "One."})
	laptop := func(c *mirror.Config) { c.Origin = "laptop:/notes" }
	tr.does(s, laptop, "added a.txt")
	tr.does(s, nil, "added a.txt")
	tr.remove("a.txt")
	tr.write("b.txt", "Two.")
	tr.does(s, laptop, "added b.txt", "deleted a.txt")
	tr.holds(s, map[string]string{"a.txt": "One."})
	found, err := s.Documents(t.Context(), client.DocumentFilter{Origin: "laptop:/notes/"})
	if err != nil || len(found.Documents) != 1 || *found.Documents[0].Origin != "laptop:/notes/b.txt" {
		t.Errorf("the laptop's are %+v, %v", found.Documents, err)
	}

	cfg := mirror.Config{Server: s, Folder: tr.dir, State: tr.state, Report: &report{}}
	m, err := mirror.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := mirror.New(t.Context(), cfg); !errors.Is(err, mirror.ErrBusy) {
		t.Errorf("a second one: %v", err)
	}
	cfg.Key = "another"
	other, err := mirror.New(t.Context(), cfg)
	if err != nil {
		t.Fatalf("for another key: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// A watched folder is kept in step without being asked.
func TestWatch(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	tr := newTree(t, map[string]string{"a.txt": "One."})
	m, err := mirror.New(t.Context(), mirror.Config{Server: s, Folder: tr.dir, State: tr.state, Report: &report{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	passed := make(chan mirror.Summary, 1000)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- m.Watch(ctx, mirror.Watching{
			Rescan: time.Hour,
			Passed: func(sum mirror.Summary, err error) {
				if err != nil {
					t.Error(err)
				}
				passed <- sum
			},
			Deaf: func(err error) { t.Errorf("the system tells nothing: %v", err) },
		})
	}()
	until := func(what string, is func(mirror.Summary) bool) {
		t.Helper()
		for limit := time.After(time.Minute); ; {
			select {
			case sum := <-passed:
				if is(sum) {
					return
				}
			case <-limit:
				t.Fatalf("%s did not come", what)
			}
		}
	}
	until("the first file", func(s mirror.Summary) bool { return s.Added == 1 })
	tr.write("new/b.txt", "Two.")
	until("a file in a new folder", func(s mirror.Summary) bool { return s.Added == 1 })
	tr.write("new/c.txt", "Three.")
	until("another one there", func(s mirror.Summary) bool { return s.Added == 1 })
	tr.remove("a.txt")
	until("what is gone", func(s mirror.Summary) bool { return s.Deleted == 1 })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}
