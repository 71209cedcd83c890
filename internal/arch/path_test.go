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

// TestPlacesExist: whoever opens what a document names finds it there.
func TestPlacesExist(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	named := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range place.FindAllStringSubmatch(string(text), -1) {
			if namedTest.MatchString(found[0]) {
				continue // a package and a test: TestGuaranteesAreShown looks for it
			}
			named++
			there, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(found[1])))
			if err != nil || len(there) == 0 {
				t.Errorf("%s names %s, which is not there", strings.TrimPrefix(page, root), found[1])
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d places found", named)
	}
}
