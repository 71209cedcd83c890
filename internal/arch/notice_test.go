package arch

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"morag/internal/generatedtest"
)

// targets are the systems that the program is built for; each links packages of its own.
var targets = []string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"}

// licenseFile matches the names of the files that say on what terms something may be used.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

// embedded are works inside a module that has no file about them.
var embedded = []notice{
	{name: "PDFium, in github.com/klippa-app/go-pdfium", file: "tools/licenses/pdfium.txt"},
	{name: "htmx 2.0.11, in the pages", file: "tools/licenses/htmx.txt"},
	{name: "idiomorph 0.8.0, in the pages", file: "tools/licenses/idiomorph.txt"},
}

// maxNotices bounds the file: more is a licence that belongs to nothing we ship.
const maxNotices = 512 << 10

// notice is one text and what it is about.
type notice struct{ name, file string }

// TestGeneratedNotices: THIRD_PARTY_NOTICES.txt has the licence of everything that is
// linked into the program, for any system.
func TestGeneratedNotices(t *testing.T) {
	t.Parallel()
	notices := append(linked(t), embedded...)
	notices = append(notices, notice{"the Go programming language and its standard library", filepath.Join(goroot(t), "LICENSE")})
	var order []string // texts in the order in which they are first met
	about := map[string][]string{}
	for _, n := range notices {
		text := readLicense(t, n.file)
		if about[text] == nil {
			order = append(order, text)
		}
		if !slices.Contains(about[text], n.name) {
			about[text] = append(about[text], n.name)
		}
	}
	var all strings.Builder
	all.WriteString("MoRAG itself is under the Apache License 2.0: see LICENSE. The program contains the works of\n" +
		"others named below, each with its licence. This file is generated: make generate.\n")
	for _, text := range order {
		fmt.Fprintf(&all, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(about[text], "\n"), text)
	}
	if all.Len() > maxNotices {
		t.Fatalf("%d bytes of notices, more than %d", all.Len(), maxNotices)
	}
	generatedtest.Whole(t, filepath.Join(root, "THIRD_PARTY_NOTICES.txt"), all.String())
}

// readLicense reads a text without what editors and checkouts change.
func readLicense(t *testing.T, file string) string {
	t.Helper()
	if !filepath.IsAbs(file) {
		file = filepath.Join(root, file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// linked lists the licence files of the modules that the program links, by module: those
// beside its go.mod, and those of the folders that are used, up to it.
func linked(t *testing.T) []notice {
	t.Helper()
	var all []notice
	for _, target := range targets {
		system, processor, _ := strings.Cut(target, "/")
		list := exec.Command(goCommand(t), "list", "-deps", "-f", "{{with .Module}}{{.Path}}|{{.Version}}|{{.Dir}}|{{$.Dir}}{{end}}", "./cmd/morag")
		list.Dir = root
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
		var complaint bytes.Buffer
		list.Stderr = &complaint
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v: %s", target, err, &complaint)
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimSpace(line), "|")
			if f[0] == module || len(f) != 4 {
				continue
			}
			for _, file := range licensesAbove(t, f[3], f[2]) {
				all = append(all, notice{name: f[0] + " " + f[1], file: file})
			}
		}
	}
	slices.SortFunc(all, func(a, b notice) int {
		return strings.Compare(a.name+"\x00"+a.file, b.name+"\x00"+b.file)
	})
	return slices.Compact(all)
}

// licensesAbove are the licence files in a folder and those above it, up to top.
func licensesAbove(t *testing.T, folder, top string) (files []string) {
	t.Helper()
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range entries {
			if e.Type().IsRegular() && licenseFile.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
				files, found = append(files, filepath.Join(folder, e.Name())), true
			}
		}
		if folder == top {
			if !found {
				t.Fatalf("%s has no licence", top)
			}
			return files
		}
		folder = filepath.Dir(folder)
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(goCommand(t), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// goCommand is the go that runs this test.
func goCommand(t *testing.T) string {
	t.Helper()
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
