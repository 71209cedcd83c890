package arch

import (
	"cmp"
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the module's folder, seen from the tests of this package.
const root = "../.."

// module is the name in go.mod.
const module = "morag"

// source is one Go file, for whatever system it is.
type source struct {
	path    string // slashed, below the module
	test    bool
	lines   int
	imports []string // paths of this module without its name
	syntax  *ast.File
}

func (s *source) dir() string { return path.Dir(s.path) }

// readModule parses every Go file, sorted by path. Files for other systems count
// too: nobody else looks at their imports.
func readModule(t *testing.T) []*source {
	t.Helper()
	var files []*source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		slashed = filepath.ToSlash(slashed)
		base := entry.Name()
		if entry.IsDir() {
			other, err := isOtherModule(name, slashed)
			if err != nil {
				return err
			}
			if slashed != "." && (strings.HasPrefix(base, ".") || base == "testdata" || other) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(base) != ".go" {
			return nil
		}
		file, err := readSource(name, slashed)
		if err != nil {
			return err
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files: is %s the module's folder?", len(files), root)
	}
	return files
}

func isOtherModule(dir, slashed string) (bool, error) {
	if slashed == "." {
		return false, nil
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func readSource(name, slashed string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file := &source{path: slashed, test: strings.HasSuffix(slashed, "_test.go"), lines: strings.Count(string(text), "\n")}
	file.syntax, err = parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, spec := range file.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		file.imports = append(file.imports, strings.TrimPrefix(imported, module+"/"))
	}
	return file, nil
}

// summary is a package and the first sentence of its comment.
type summary struct{ path, sentence string }

// summarize lists the packages in the order of the layers, then by name.
func summarize(files []*source) []summary {
	var all []summary
	for _, file := range files {
		i := slices.IndexFunc(all, func(s summary) bool { return s.path == file.dir() })
		if i < 0 {
			all = append(all, summary{path: file.dir()})
			i = len(all) - 1
		}
		if comment := file.syntax.Doc.Text(); comment != "" && !file.test {
			all[i].sentence = new(doc.Package).Synopsis(comment)
		}
	}
	slices.SortFunc(all, func(a, b summary) int {
		return cmp.Or(cmp.Compare(floor(a.path), floor(b.path)), cmp.Compare(a.path, b.path))
	})
	return all
}
