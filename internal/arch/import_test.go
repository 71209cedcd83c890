package arch

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, file := range readModule(t) {
		if floor(file.dir()) < 0 {
			t.Errorf("%s is in no layer: add its package to layer_test.go", file.path)
			continue
		}
		for _, imported := range file.imports {
			if why := forbidden(file.dir(), imported, file.test); why != "" {
				t.Errorf("%s imports %s: %s", file.path, imported, why)
			}
		}
	}
}

func TestRoomsExist(t *testing.T) {
	t.Parallel()
	files := readModule(t)
	for _, r := range layers {
		for _, p := range r.packages {
			if !slices.ContainsFunc(files, func(f *source) bool { return within(f.dir(), p) }) {
				t.Errorf("layer_test.go names %s, which is not there", p)
			}
		}
	}
}

// TestForbidden shows that the rules bite.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, imported string
		test           bool
		want           string // part of the reason; "" when it is allowed
	}{
		{"internal/app", "internal/job/filestore", false, ""},
		{"internal/remote", "internal/job", false, ""},
		{"internal/ingest", "internal/job", false, "what remote tells"},
		{"internal/dispatch", "internal/task", false, "not what their results are for"},
		{"internal/job/filestore", "internal/job", false, ""},
		{"internal/job/filestore", "os", false, ""},
		{"internal/embed/gemini", "internal/embed/provider", false, ""},
		{"internal/convert/document", "internal/proc", false, ""},
		{"internal/convert/document", "internal/convert/document/part", false, ""},
		{"internal/job/memstore", "internal/job/jobtest", true, ""},
		{"internal/task", "internal/option", false, ""},
		{"internal/embed/embedtest", "internal/convert/converttest", false, ""},
		{"internal/convert/converttest", "internal/speech", false, ""},
		{"internal/ingest", "internal/job/memstore", true, ""},
		{"internal/ingest", "internal/api", false, "points up"},
		{"internal/content", "internal/convert", false, "points up"},
		{"internal/blob/blobtest", "internal/job", false, "points up"},
		{"internal/proc", "internal/wire", false, "needs nothing of ours"},
		{"internal/worker", "internal/dispatch", false, "meet in wire"},
		{"internal/job", "os", false, "pure"},
		{"internal/job", "internal/option", false, "pure"},
		{"internal/job", "internal/job/filestore", false, "port"},
		{"internal/ingest", "internal/job/memstore", false, "app alone"},
		{"internal/convert/audio", "internal/convert/document", false, "sibling"},
		{"internal/app", "internal/job/jobtest", false, "test support"},
		{"cmd/morag", "internal/task/sqlitestore", false, "app puts the parts together"},
		{"internal/dispatch", "testing", false, "test support"},
	} {
		got := forbidden(tt.from, tt.imported, tt.test)
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s imports %s: got %q, want %q", tt.from, tt.imported, got, tt.want)
		}
	}
}

// forbidden says why a package may not import another, "" when it may. Tests may
// look wherever they need to, as long as Go lets them.
func forbidden(from, imported string, test bool) string {
	if test {
		return ""
	}
	if (isTestSupport(imported) || imported == "testing") && !isTestSupport(from) {
		return "test support stays out of the program"
	}
	here, there := floor(from), floor(imported)
	switch {
	case there < 0: // the standard library, or someone else's module
	case here > there:
		return "an import points up the list of layers"
	case isTestSupport(from):
		return ""
	case here == there && slices.Contains(ports, from) && from != imported:
		return "a port does not know what lies in its folder"
	case here == there && isAdapter(from) && isAdapter(imported) && !within(imported, from):
		return "a sibling: what two adapters need belongs to their port"
	case here == there:
		return ""
	}
	for _, g := range granted {
		if g.from == from && g.imported == imported {
			return ""
		}
	}
	for _, never := range layers[here].never {
		if isPort(from) && within(imported, never) || never == adapters && isAdapter(imported) {
			return layers[here].reason
		}
	}
	return ""
}

// isPort tells whether the whole of the never column concerns a package: it is about
// ports, not about the adapters in their folders, which bring just that.
func isPort(from string) bool { return !isAdapter(from) && !slices.Contains(inner, from) }

// floor is the index of a package's layer, counted from the top, or -1.
func floor(p string) int {
	best, length := -1, 0
	for i, r := range layers {
		for _, q := range r.packages {
			if within(p, q) && len(q) > length {
				best, length = i, len(q)
			}
		}
	}
	return best
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// isTestSupport: its name ends in "test". The self-test is a command of the program.
func isTestSupport(p string) bool {
	return strings.HasPrefix(p, "internal/") && strings.HasSuffix(path.Base(p), "test") && p != "internal/selftest"
}

func isAdapter(p string) bool {
	if slices.Contains(inner, p) || isTestSupport(p) {
		return false
	}
	return slices.ContainsFunc(ports, func(port string) bool { return p != port && within(p, port) })
}
