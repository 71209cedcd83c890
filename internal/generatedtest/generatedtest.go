// Package generatedtest keeps the generated parts of documents true: a test makes a part
// from the code and holds it against the document, or writes it there.
package generatedtest

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated parts of documents anew")

// Check fails the test unless the part of the document between the lines
//
//	<!-- begin generated: name -->
//	<!-- end generated: name -->
//
// is want. With the flag -update it makes it so. Tests that check parts of the same
// document must not run at the same time.
func Check(t *testing.T, path, name, want string) {
	t.Helper()
	begin, end := "<!-- begin generated: "+name+" -->\n", "<!-- end generated: "+name+" -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no lines %q and %q", path, begin, end)
	}
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the code is: run make generate. It should say:\n%s", path, want)
	}
	if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whole fails the test unless the document is want, from its first to its last byte. With
// the flag -update it makes it so.
func Whole(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the code is: run make generate", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
