package arch

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A test is named in docs/guarantees.md by its package and function, or by its
// package and the name of a case.
var (
	quoted    = regexp.MustCompile("`[^`\n]+`")
	namedTest = regexp.MustCompile("^`([a-z0-9/]+)\\.((?:Test|Benchmark|Fuzz)[A-Za-z0-9]+)`$")
	namedCase = regexp.MustCompile("^`([a-z0-9/]+)/\"([^\"]+)\"`$")
)

// TestGuaranteesAreShown: what docs/guarantees.md promises names tests, and they exist.
func TestGuaranteesAreShown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "guarantees.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := everyTest(readModule(t))
	sections := strings.Split(string(text), "\n### ")[1:]
	for n, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		if rule, _, ok := strings.Cut(title, "."); ok && rule != strconv.Itoa(n+1) {
			t.Errorf("rule %q is section %d", title, n+1)
		}
		shown := 0
		for _, name := range quoted.FindAllString(section, -1) {
			named := namedTest.FindStringSubmatch(name)
			if named == nil {
				named = namedCase.FindStringSubmatch(name)
			}
			if named == nil {
				if strings.Contains(name, "Test") {
					t.Errorf("%s: %s is not a package and a test", title, name)
				}
				continue
			}
			shown++
			if !there[named[1]][named[2]] {
				t.Errorf("%s: there is no test %s", title, name)
			}
		}
		if shown == 0 {
			t.Errorf("%s is shown by no test", title)
		}
	}
	if len(sections) < 11 {
		t.Errorf("%d sections, want one for each of the eleven rules and more", len(sections))
	}
}

// everyTest answers, by package, the names of test functions and the texts in tests,
// of which some are names of cases.
func everyTest(files []*source) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, file := range files {
		if !file.test && !isTestSupport(file.dir()) {
			continue
		}
		name := strings.TrimPrefix(file.dir(), "internal/")
		if all[name] == nil {
			all[name] = map[string]bool{}
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				all[name][n.Name.Name] = n.Recv == nil
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil {
					all[name][s] = true
				}
			}
			return true
		})
	}
	return all
}
