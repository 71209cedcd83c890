package app_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
)

// conversion is a source in a folder of its own, with all the converters.
type conversion struct {
	registry     *convert.Registry
	dir, scratch string
}

func newConversion(t *testing.T) *conversion {
	t.Helper()
	c := &conversion{dir: t.TempDir(), scratch: t.TempDir()}
	engines := apptest.Settings(t).Engines
	engines.TempDir = c.scratch
	var err error
	if c.registry, err = app.NewConverters(engines, "test"); err != nil {
		t.Fatal(err)
	}
	return c
}

// convert converts raw as a file of the kind that a sender says it is, and checks that
// nothing is left of it.
func (c *conversion) convert(t *testing.T, raw []byte, extension, mimeType string) (*content.Document, error) {
	t.Helper()
	path := filepath.Join(c.dir, "source")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	doc, err := c.registry.Convert(ctx, content.Source{Path: path, Name: "a." + extension, Type: formats[extension].contentType, MIME: mimeType}, convert.Options{}, nil)
	for dir, want := range map[string]int{c.scratch: 0, c.dir: 1} {
		if left, err := os.ReadDir(dir); err != nil || len(left) != want {
			t.Errorf("%d files, want %d: %v, %v", len(left), want, left, err)
		}
		if left := converttest.ProcessesNaming(dir); len(left) > 0 {
			t.Errorf("processes left: %q", left)
		}
	}
	return doc, err
}

// isFinal checks an error: it says in one sentence, of no secrets, that another try of
// the same file is for nothing. Worker and server make `retryable: false` of it.
func (c *conversion) isFinal(t *testing.T, name string, err error) {
	t.Helper()
	if !errors.Is(err, convert.ErrBadSource) && !errors.Is(err, convert.ErrUnsupported) {
		t.Errorf("%s: error of the wrong kind: %v", name, err)
		return
	}
	sentence := err.Error()
	if len(sentence) < 15 || len(sentence) > 300 || strings.ContainsAny(sentence, "\n\r") {
		t.Errorf("%s: not one sentence: %q", name, sentence)
	}
	for _, secret := range []string{c.dir, c.scratch, os.TempDir(), "exit status", ".go"} {
		if strings.Contains(sentence, secret) {
			t.Errorf("%s: %q tells of the machine's inside", name, sentence)
		}
	}
}

// TestSources: of every kind a sound file is converted, and one that is empty, cut, broken
// or of another kind than it says is refused for good, or else converted with what can be
// had of it.
func TestSources(t *testing.T) {
	t.Parallel()
	sound := samples(t)
	for _, extension := range slices.Sorted(maps.Keys(formats)) {
		raw := sound[extension]
		_, mimeType := content.Detect(raw, "a."+extension)
		lie := sound["png"]
		if formats[extension].contentType == content.Image {
			lie = sound["docx"]
		}
		head := min(1024, len(raw)/2)
		noise := append(slices.Clone(raw[:head]), make([]byte, 64<<10)...)
		_, _ = rand.NewChaCha8([32]byte{'n'}).Read(noise[head:])

		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			c := newConversion(t)
			doc, err := c.convert(t, raw, extension, mimeType)
			if err != nil {
				t.Fatal(err)
			}
			if !mentions(doc) {
				t.Errorf("the text is %q", doc.Content)
			}
			describes(t, doc, formats[extension].names)
			for name, broken := range map[string][]byte{"empty": nil, "half": raw[:len(raw)/2], "noise": noise, "mislabelled": lie} {
				doc, err := c.convert(t, broken, extension, mimeType)
				switch {
				case err != nil:
					c.isFinal(t, name, err)
				case name == "empty" || name == "mislabelled":
					t.Errorf("%s: converted to %q", name, doc.Content)
				case len(doc.Warnings) == 0 && !slices.Contains(tolerant, extension):
					t.Errorf("%s: converted without a warning to %q", name, doc.Content)
				}
			}
		})
	}
}

// describes checks the metadata that have the same names everywhere.
func describes(t *testing.T, doc *content.Document, names string) {
	t.Helper()
	for _, name := range strings.Fields(always + " " + names) {
		if _, there := doc.Metadata[name]; !there {
			t.Errorf("metadata without %s: %v", name, doc.Metadata)
		}
	}
	for name, value := range doc.Metadata {
		if right := describe[name]; right != nil && !right(value) {
			t.Errorf("%s is %v (%T)", name, value, value)
		}
	}
}

// TestFormulasStartNoTest: what computes formulas is the program started again. A test's
// program must not be, or it would run all its tests once more.
func TestFormulasStartNoTest(t *testing.T) {
	t.Parallel()
	doc, err := newConversion(t).convert(t, workbookSample(t), "xlsx",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	if err != nil || !strings.Contains(doc.Content, "=B1*2+2") || len(doc.Warnings) == 0 {
		t.Errorf("%+v, %v", doc, err)
	}
}
