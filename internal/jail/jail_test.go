package jail_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/jail"
)

// The child is this test binary, with a converter whose content types are what it does.
const childVar = "JAIL_TEST_CHILD"

var errOfTest = errors.New("sentinel of the test")

var sentinels = jail.Sentinels{"test": errOfTest}

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		err := jail.Child{Make: newActor, Sentinels: sentinels, Abandon: func() { os.Exit(2) }}.Serve(os.Stdin, os.Stdout)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// forbidden are system calls that any process may make, and none in a jail.
var forbidden map[string]func() error

type actor struct {
	in   jail.Inside
	name string // of the child
}

func newActor(_ []byte, in jail.Inside) (jail.Converter, error) { return actor{in, rand.Text()}, nil }

func (a actor) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	text, err := a.act(ctx, src, opt, progress)
	if err != nil {
		return nil, err
	}
	return &content.Document{Content: text, Metadata: map[string]any{"child": a.name}}, nil
}

func (a actor) act(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (string, error) {
	switch src.Type {
	case "echo":
		raw, err := os.ReadFile(src.Path)
		progress(0.5, "half")
		return string(raw), err
	case "grow":
		return "", grow()
	case "grow below":
		return "", exec.Command("/bin/sh", "-c", "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done").Run()
	case "spin":
		for n := 0; ; n++ {
			_ = n * n
		}
	case "crash":
		go func() { panic("a parser's own goroutine") }()
		select {}
	case "fill":
		return "", fill(filepath.Join(a.in.Scratch, "big"))
	case "fail":
		return "", fmt.Errorf("outer: %w", convert.BadSource("a sentence", fmt.Errorf("inner: %w", errOfTest)))
	case "read":
		raw, err := os.ReadFile(opt.Language)
		return string(raw), err
	case "write":
		return "", os.WriteFile(opt.Language, []byte("x"), 0o600)
	case "call", content.Web:
		conn, err := net.DialTimeout("tcp", opt.Language, 5*time.Second)
		if err != nil {
			return "", err
		}
		return "called", conn.Close()
	case "ask":
		conn, err := a.in.Dial(ctx, "tcp", opt.Language, false)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		raw, err := io.ReadAll(conn)
		return string(raw), err
	case "listen":
		return "heard", listen()
	case "multiply":
		return "", exec.Command("/bin/sh", "-c", "while :; do sleep 100 & done").Run()
	case "find":
		progress(0.5, "on its way")
		for {
			if _, err := a.in.Found(nothing{}).Convert(ctx, src, opt, progress); err != nil {
				return "", err
			}
		}
	case "leave":
		return "", leave(opt.Language)
	case "call by name":
		return fmt.Sprint(forbidden[opt.Language]()), nil
	case "shell":
		out, err := exec.Command("/bin/sh", "-c", opt.Language).CombinedOutput()
		return string(out), err
	}
	return "", convert.Unsupported("nothing is known of " + src.Type)
}

// nothing converts anything to nothing.
type nothing struct{}

func (nothing) Convert(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error) {
	return &content.Document{}, nil
}

func grow() error {
	var all [][]byte
	for {
		piece := make([]byte, 1<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		all = append(all, piece)
		if len(all) > 16<<10 {
			return errors.New("16 GiB and no end")
		}
	}
}

func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	piece := make([]byte, 1<<20)
	for range 16 << 10 {
		if _, err := f.Write(piece); err != nil {
			return err
		}
		<-time.After(time.Millisecond)
	}
	return errors.New("16 GiB and no end")
}

func listen() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = conn.Close()
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	return conn.Close()
}

// leave starts a process in a session of its own, which outlives its parent, and hangs.
func leave(mark string) error {
	if err := exec.Command("/bin/sh", "-c", "setsid sleep "+mark+" & exit 0").Run(); err != nil {
		return err
	}
	select {}
}

// newPool is a pool of the test's children.
func newPool(t testing.TB, change func(*jail.Config)) *jail.Pool {
	t.Helper()
	c := jail.Config{
		Command: []string{os.Args[0]}, Env: []string{childVar + "=1"}, Dir: t.TempDir(), Sentinels: sentinels,
		Memory: 256 << 20, Scratch: 64 << 20, Timeout: time.Minute,
	}
	if change != nil {
		change(&c)
	}
	p, err := jail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// source is a file of the type.
func source(t testing.TB, contentType, text string) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: "file", Type: contentType}
}

func act(t *testing.T, p *jail.Pool, contentType, about string) (string, error) {
	t.Helper()
	doc, err := p.Convert(t.Context(), source(t, contentType, "text"), convert.Options{Language: about}, nil)
	if err != nil {
		return "", err
	}
	return doc.Content, nil
}

func TestConvert(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	for _, text := range []string{"short", "", strings.Repeat("line\n\f\x00ü", 1<<20)} {
		var told []string
		doc, err := p.Convert(t.Context(), source(t, "echo", text), convert.Options{}, func(_ float64, message string) { told = append(told, message) })
		if err != nil || doc.Content != text {
			t.Fatalf("%d bytes became %v, %v", len(text), doc, err)
		}
		if len(told) != 1 || told[0] != "half" {
			t.Errorf("progress %q", told)
		}
	}
}

// A child is kept for the next job, until one fails.
func TestChildrenAreKept(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	child := func() any {
		t.Helper()
		doc, err := p.Convert(t.Context(), source(t, "echo", "x"), convert.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Metadata["child"]
	}
	first := child()
	if second := child(); second != first {
		t.Errorf("%v, then %v", first, second)
	}
	if _, err := act(t, p, "fail", ""); err == nil {
		t.Fatal("no failure")
	}
	if third := child(); third == first {
		t.Error("the child went on after a failure")
	}
}

// Children that are to be warm are started when that is said, and one that has failed is
// replaced before anybody asks for it.
func TestChildrenAreWarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newPool(t, func(c *jail.Config) { c.Dir, c.Size = dir, 2 })
	folders := func() []string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(dir, "*", "child-*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if early := folders(); len(early) > 0 {
		t.Fatalf("children before they are asked for: %v", early)
	}
	p.WarmUp()
	await(t, func() bool { return len(folders()) == 2 })
	first := folders()
	if _, err := act(t, p, "fail", ""); err == nil {
		t.Fatal("no failure")
	}
	await(t, func() bool {
		now := folders()
		return len(now) == 2 && !slices.Equal(now, first)
	})
}

func TestErrorsCross(t *testing.T) {
	t.Parallel()
	p := newPool(t, nil)
	_, err := act(t, p, "fail", "")
	var c *convert.Error
	if !errors.Is(err, convert.ErrBadSource) || !errors.Is(err, errOfTest) || errors.Is(err, convert.ErrEngine) || !errors.As(err, &c) {
		t.Fatalf("got %#v", err)
	}
	if err.Error() != "outer: a sentence" || c.Message != "a sentence" || !strings.Contains(c.Cause.Error(), "inner") {
		t.Errorf("got %q, %q, %v", err, c.Message, c.Cause)
	}
	if _, err := act(t, p, "nothing", ""); !errors.Is(err, convert.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// What takes too much ends alone, with a sentence that names the bound and its setting.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		contentType string
		change      func(*jail.Config)
		want        error
		says        string
	}{
		"memory":                    {"grow", nil, jail.ErrMemory, "the conversion needs more than 256 MiB of memory (MORAG_CONVERT_MEMORY)"},
		"memory without a cgroup":   {"grow", func(c *jail.Config) { c.Without = jail.Cgroup }, jail.ErrMemory, "256 MiB"},
		"an engine's memory":        {"grow below", nil, jail.ErrMemory, "256 MiB"},
		"an engine's, no cgroup":    {"grow below", func(c *jail.Config) { c.Without = jail.Cgroup | jail.Namespaces }, jail.ErrMemory, "256 MiB"},
		"time":                      {"spin", func(c *jail.Config) { c.Timeout = time.Second }, jail.ErrTime, "the conversion takes longer than 1s (MORAG_CONVERT_TIMEOUT)"},
		"scratch":                   {"fill", nil, jail.ErrScratch, "the conversion needs more than 64 MiB of scratch space (MORAG_SCRATCH_LIMIT)"},
		"processes":                 {"multiply", func(c *jail.Config) { c.Memory = 2 << 30 }, jail.ErrCrash, "crashed"},
		"a crash":                   {"crash", nil, jail.ErrCrash, "the converter crashed on this source"},
		"memory without namespaces": {"grow", func(c *jail.Config) { c.Without = jail.Namespaces | jail.Files | jail.Calls }, jail.ErrMemory, "256 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, test.change)
			_, err := act(t, p, test.contentType, "")
			if !errors.Is(err, convert.ErrEnded) || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				var why *convert.Error
				if errors.As(err, &why) {
					t.Errorf("for the log: %v", why.Cause)
				}
				t.Errorf("got %v", err)
			}
			if text, err := act(t, p, "echo", ""); err != nil || text != "text" {
				t.Errorf("the next one: %q, %v", text, err)
			}
		})
	}
}

// A child that hangs in a parser is killed when nobody wants its document any more, and so
// is what it has started.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		contentType string
		without     jail.Wall
	}{
		"a parser that spins":         {"spin", 0},
		"an engine that left":         {"leave", 0},
		"one that left, no namespace": {"leave", jail.Namespaces},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, func(c *jail.Config) { c.Without = test.without })
			mark := fmt.Sprint(1_000_000 + mathrand.IntN(1_000_000_000))
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			_, err := p.Convert(ctx, source(t, test.contentType, "x"), convert.Options{Language: mark}, nil)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Minute {
				t.Errorf("got %v after %s", err, time.Since(began))
			}
			if !gone("sleep " + mark) {
				t.Error("what it started is still there")
			}
		})
	}
}

// gone waits for the end of a program that was killed.
func gone(line string) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if running(line) == "" {
			return true
		}
		<-tick.C
	}
	return false
}

// running finds a program by its arguments.
func running(line string) string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		raw, _ := os.ReadFile(file)
		if said := strings.ReplaceAll(string(raw), "\x00", " "); strings.HasPrefix(said, line) {
			return file
		}
	}
	return ""
}

// What dead pools have left goes when another opens beside it; what lives stays.
func TestDeadPoolsAreSweptUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(c *jail.Config) { c.Dir = dir }
	newPool(t, open)
	alive, err := os.ReadDir(dir)
	if err != nil || len(alive) != 1 {
		t.Fatalf("a pool made %v (%v)", alive, err)
	}
	for name, keep := range map[string]bool{"dead": false, "half-removed": false, "half-made": true, "mine": true} {
		folder := filepath.Join(dir, "morag-scratch-"+name)
		if name == "mine" {
			folder = filepath.Join(dir, "other")
		}
		if err := os.MkdirAll(filepath.Join(folder, "child-1", "tmp"), 0o700); err != nil {
			t.Fatal(err)
		}
		if name == "dead" {
			if err := os.WriteFile(filepath.Join(folder, ".lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if old := time.Now().Add(-2 * time.Hour); !keep || name == "mine" {
			if err := os.Chtimes(folder, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	newPool(t, open).Close()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("left: %v (%v), want the living pool's, the half-made and what is no pool's", left, err)
	}
	for _, name := range []string{alive[0].Name(), "morag-scratch-half-made", "other"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := newPool(t, func(c *jail.Config) { c.Dir = dir })
	ended := make(chan error)
	go func() {
		_, err := p.Convert(context.WithoutCancel(t.Context()), source(t, "spin", "x"), convert.Options{}, nil)
		ended <- err
	}()
	if _, err := act(t, p, "echo", ""); err != nil {
		t.Error(err)
	}
	p.Close()
	if err := <-ended; !errors.Is(err, jail.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := act(t, p, "echo", ""); !errors.Is(err, jail.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestCancelWhileTold: a conversion ends when it is cancelled, whatever its child goes on
// telling.
func TestCancelWhileTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := newPool(t, nil).Convert(ctx, source(t, "find", "x"), convert.Options{}, func(float64, string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestCloseDuringStart: whatever a child that is being started runs into when the pool is
// closed, that is what it is told, and nothing is left behind.
func TestCloseDuringStart(t *testing.T) {
	t.Parallel()
	for wait := range 5 {
		dir := t.TempDir()
		p := newPool(t, func(c *jail.Config) { c.Dir = dir })
		p.WarmUp()
		src, ended := source(t, "spin", "x"), make(chan error)
		for range 3 {
			go func() {
				_, err := p.Convert(context.WithoutCancel(t.Context()), src, convert.Options{}, nil)
				ended <- err
			}()
		}
		await(t, func() bool {
			begun, _ := filepath.Glob(filepath.Join(dir, "*", "child-*"))
			return len(begun) >= wait
		})
		p.Close()
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
		for range 3 {
			if err := <-ended; !errors.Is(err, jail.ErrClosed) {
				t.Errorf("closed after %d began: %v", wait, err)
			}
		}
	}
}

// await waits until ok says so.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	for !ok() {
		select {
		case <-late:
			t.Fatal("it did not come")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
