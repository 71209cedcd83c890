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

// A test is named in these documents by its package and function, or by its
// package and the name of a case.
var (
	quoted    = regexp.MustCompile("`[^`\n]+`")
	namedTest = regexp.MustCompile("^`([a-z0-9/]+)\\.((?:Test|Benchmark|Fuzz)[A-Za-z0-9]+)`$")
	namedCase = regexp.MustCompile("^`([a-z0-9/]+)/\"([^\"]+)\"`$")
)

// TestGuaranteesAreShown: what docs/guarantees.md and docs/security.md promise names
// tests, and they exist.
func TestGuaranteesAreShown(t *testing.T) {
	t.Parallel()
	there := everyTest(readModule(t))
	for document, least := range map[string]int{
		"guarantees.md": 11, // one for each rule of the wire contract, and more
		"security.md":   11,
	} {
		text, err := os.ReadFile(filepath.Join(root, "docs", document))
		if err != nil {
			t.Fatal(err)
		}
		sections := strings.Split(string(text), "\n### ")[1:]
		for n, section := range sections {
			title, _, _ := strings.Cut(section, "\n")
			if rule, _, ok := strings.Cut(title, "."); ok && rule != strconv.Itoa(n+1) {
				t.Errorf("%s: rule %q is section %d", document, title, n+1)
			}
			checkShown(t, document+": "+title, section, there)
		}
		if len(sections) < least {
			t.Errorf("%s has %d sections, want %d or more", document, len(sections), least)
		}
	}
}

// checkShown: a section names one test at least, and none that is not there.
func checkShown(t *testing.T, title, section string, there map[string]map[string]bool) {
	t.Helper()
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

// everyTest returns, by package, the names of test functions and the texts in tests,
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
