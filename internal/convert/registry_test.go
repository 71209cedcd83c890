package convert_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/content"
	"morag/internal/convert"
)

// fake is a converter that says who converted.
type fake struct {
	name    string
	types   []string
	engines []convert.Engine
}

func (f *fake) Name() string                             { return f.name }
func (f *fake) Types() []string                          { return f.types }
func (f *fake) Engines(context.Context) []convert.Engine { return f.engines }
func (f *fake) Convert(_ context.Context, _ content.Source, _ convert.Options, progress convert.Progress) (*content.Document, error) {
	progress(1, "done")
	return &content.Document{Content: f.name}, nil
}

func registry() *convert.Registry {
	ffmpeg := func(purpose string) convert.Engine {
		return convert.Engine{Name: "ffmpeg", Purpose: purpose, Available: true}
	}
	return convert.NewRegistry(
		&fake{"own", []string{"image", "dwg"}, []convert.Engine{{Name: "mine"}}},
		&fake{"audio", []string{"audio"}, []convert.Engine{ffmpeg("sound"), {Name: "whisper"}}},
		&fake{"video", []string{"video"}, []convert.Engine{ffmpeg("pictures"), ffmpeg("sound")}},
		&fake{"image", []string{"image"}, []convert.Engine{{Name: "tesseract"}}},
	)
}

func TestTheFirstToClaimATypeHasIt(t *testing.T) {
	t.Parallel()
	r := registry()
	if got := r.Types(); !slices.Equal(got, []string{"audio", "dwg", "image", "video"}) {
		t.Errorf("types %q", got)
	}
	doc, err := r.Convert(t.Context(), content.Source{Type: "image"}, convert.Options{}, nil)
	if err != nil || doc.Content != "own" {
		t.Errorf("%+v, %v", doc, err)
	}
	if _, err := r.Convert(t.Context(), content.Source{Type: "web"}, convert.Options{}, nil); !errors.Is(err, convert.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}

// A file that is not what its name promises is read as what it is, and the reader is told.
func TestContradictionIsAWarning(t *testing.T) {
	t.Parallel()
	r := convert.NewRegistry(&fake{"all", []string{"document", "dwg"}, nil})
	for _, test := range []struct {
		src  content.Source
		want []string
	}{
		{content.Source{Type: "document", Name: "report.docx", MIME: "text/plain"}, []string{"report.docx is plain text, not a Word document: it was read as text"}},
		{content.Source{Type: "document", Name: "report.txt", MIME: "text/plain"}, nil},
		{content.Source{Type: "dwg", Name: "report.docx", MIME: "text/plain"}, nil}, // a type of one's own
	} {
		doc, err := r.Convert(t.Context(), test.src, convert.Options{}, nil)
		if err != nil || !slices.Equal(doc.Warnings, test.want) {
			t.Errorf("%+v: %q, %v", test.src, doc.Warnings, err)
		}
	}
}

// Each engine is listed once, and none that nothing uses.
func TestEngines(t *testing.T) {
	t.Parallel()
	want := []convert.Engine{
		{Name: "mine", Types: []string{"image", "dwg"}},
		{Name: "ffmpeg", Purpose: "sound, pictures", Types: []string{"audio", "video"}, Available: true},
		{Name: "whisper", Types: []string{"audio"}},
	}
	if diff := cmp.Diff(want, registry().Engines(t.Context())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
