package arch

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxLines is where a file stops being one idea.
const maxLines = 500

// vague names say nothing of what is in a package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "manager", "misc", "base", "model", "models", "types", "lib", "shared"}

func TestFilesAreOneIdea(t *testing.T) {
	t.Parallel()
	for _, file := range readModule(t) {
		if file.lines > maxLines && !file.test {
			t.Errorf("%s has %d lines, more than %d: is it still one idea?", file.path, file.lines, maxLines)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range summarize(readModule(t)) {
		if slices.Contains(vague, path.Base(s.path)) {
			t.Errorf("%s: a package is named after what it is about", s.path)
		}
		if s.sentence == "" {
			t.Errorf("%s has no package comment", s.path)
		}
	}
}

// bans are calls that some packages do not make, or none.
var bans = []struct {
	call    string
	allowed func(*tree, *source) bool
	why     string
}{
	{"time.Now", mayReadClock, "take the time from a field (now func() time.Time), which tests can set"},
	{"time.Sleep", usesBubble, "wait for what is to happen, or let testing/synctest pass the time"},
	{"t.Skip", nowhere, "a skipped test checks nothing"},
	{"t.Skipf", nowhere, "a skipped test checks nothing"},
	{"t.SkipNow", nowhere, "a skipped test checks nothing"},
	{"b.Skip", nowhere, "a skipped benchmark measures nothing"},
	{"os.Exit", endsTheProcess, "return the error; main decides how the process ends"},
	{"log.Fatal", nowhere, "return the error; main decides how the process ends"},
}

// tree is what a rule may ask about more than one file.
type tree struct {
	bubbles map[string]bool // packages that use testing/synctest
}

func nowhere(*tree, *source) bool { return false }

// stopwatches measure how long something of this machine takes, which is no matter of
// the clock that tests set.
var stopwatches = []string{"internal/job/filestore/measured.go"}

// mayReadClock: the program's entry, what only talks to the user, and tests.
func mayReadClock(_ *tree, s *source) bool {
	return s.test || slices.Contains(stopwatches, s.path) || isTestSupport(s.dir()) ||
		slices.Contains([]string{"cmd/morag", "internal/app", "internal/demo", "internal/selftest", "internal/client"}, s.dir())
}

// usesBubble: inside a synctest bubble sleeping takes no time.
func usesBubble(h *tree, s *source) bool {
	return (s.test || isTestSupport(s.dir())) && h.bubbles[s.dir()]
}

// endsTheProcess: main, and tests that start themselves as a child or have a TestMain.
func endsTheProcess(_ *tree, s *source) bool { return s.test || strings.HasPrefix(s.path, "cmd/") }

func TestBannedCalls(t *testing.T) {
	t.Parallel()
	files := readModule(t)
	h := &tree{bubbles: map[string]bool{}}
	for _, file := range files {
		if slices.Contains(file.imports, "testing/synctest") {
			h.bubbles[file.dir()] = true
		}
	}
	for _, file := range files {
		for _, ban := range bans {
			if calls(file.syntax, ban.call) && !ban.allowed(h, file) {
				t.Errorf("%s calls %s: %s", file.path, ban.call, ban.why)
			}
		}
	}
}

// calls tells whether a file calls what is written x.f there.
func calls(file *ast.File, name string) bool {
	x, f, _ := strings.Cut(name, ".")
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		ident, ok := selector.X.(*ast.Ident)
		found = found || ok && ident.Name == x && selector.Sel.Name == f
		return true
	})
	return found
}
