package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// place is a file or folder of the repository in a document, stars included.
var place = regexp.MustCompile("`((?:cmd|docs|e2e|internal|tools)/[A-Za-z0-9_./*-]+)`")

// declared are names and the Go file that they are said to be in.
var declared = regexp.MustCompile("((?:`\\w+`(?:,| and)? )+)in\\s`((?:cmd|e2e|internal)/[a-z0-9_/]+\\.go)`")

// TestPlacesExist: whoever opens what a document names finds it there.
func TestPlacesExist(t *testing.T) {
	t.Parallel()
	named := 0
	for page, text := range readPages(t) {
		for _, found := range place.FindAllStringSubmatch(text, -1) {
			if namedTest.MatchString(found[0]) {
				continue // a package and a test: TestGuaranteesAreShown looks for it
			}
			named++
			there, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(found[1])))
			if err != nil || len(there) == 0 {
				t.Errorf("%s names %s, which is not there", page, found[1])
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d places found", named)
	}
}

// TestNamesAreDeclared: what a document says is in a Go file is declared there.
func TestNamesAreDeclared(t *testing.T) {
	t.Parallel()
	named := 0
	for page, text := range readPages(t) {
		for _, found := range declared.FindAllStringSubmatch(text, -1) {
			code, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(found[2])))
			if err != nil {
				continue // told by TestPlacesExist
			}
			for _, quote := range quoted.FindAllString(found[1], -1) {
				named++
				name := strings.Trim(quote, "`")
				if ok, err := regexp.Match(`(?m)^(func (\([^)]*\) )?|type |var |const |\t)`+name+`\b`, code); err != nil || !ok {
					t.Errorf("%s says that %s has %s, which is not declared there", page, found[2], name)
				}
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d names found", named)
	}
}

// readPages reads the documents, by their paths.
func readPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range found {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			pages[strings.TrimPrefix(filepath.ToSlash(page), root+"/")] = string(text)
		}
	}
	return pages
}
