package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever pieces a text comes in, characters stay whole and control characters are shown;
// a file gets the bytes.
func TestScreenShowsControlCharacters(t *testing.T) {
	t.Parallel()
	const text = "a\x1b[2J ö€😀\t\x07\u009b\u202e\x7f\xff\r\nb\xe2\x82 c"
	const want = `a\x1b[2J ö€😀` + "\t" + `\a\u009b\u202e\x7f\ufffd` + " \n" + `b\ufffd\ufffd c`
	for size := 1; size <= len(text); size++ {
		file := filepath.Join(t.TempDir(), "out")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &screen{to: f}
		for rest := text; rest != ""; {
			piece := rest[:min(size, len(rest))]
			rest = rest[len(piece):]
			if n, err := io.WriteString(s, piece); n != len(piece) || err != nil {
				t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if shown := strings.ReplaceAll(string(got), "\uFFFD", `\ufffd`); err != nil || shown != want {
			t.Errorf("in pieces of %d: %q, want %q (%v)", size, shown, want, err)
		}
		if _, err := io.WriteString(s, "x"); err == nil {
			t.Error("a terminal that has gone away is no error")
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if outlet(f) != io.Writer(f) {
		t.Error("a file does not get the bytes as they are")
	}
}

// Nothing is printed but by way of the streams, which only main makes, and which the engines
// that main starts as children take as they are.
func TestEverythingIsPrintedByTheStreams(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"main.go": true}
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || allowed[name] {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, _ := s.X.(*ast.Ident)
			if of == nil {
				return true
			}
			switch of.Name + "." + s.Sel.Name {
			case "os.Stdout", "os.Stderr", "fmt.Print", "fmt.Printf", "fmt.Println":
				t.Errorf("%s uses %s.%s", name, of.Name, s.Sel.Name)
			}
			return true
		})
	}
}
