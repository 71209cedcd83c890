package app_test

import (
	"os"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// Three editions of a file that say where it comes from are one document, also when they are
// handed in before the first is converted.
func TestEditionsOfAFileAreOneDocument(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	path := write(t, "report.txt", "")
	edit := func(text string, o option.Options) wire.Ingested {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		made, err := s.IngestFile(t.Context(), path, client.IngestOptions{Options: o})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	replace := option.Options{ReplaceExisting: true, Origin: "/home/ada/report.txt"}
	first, second, third := edit("herons", replace), edit("storks", replace), edit("cranes", replace)
	for _, made := range []wire.Ingested{first, second, third} {
		succeeded(t, s, made.TaskID)
	}
	list, err := s.Documents(t.Context(), client.DocumentFilter{})
	if err != nil || len(list.Documents) != 1 || list.Documents[0].Origin == nil || *list.Documents[0].Origin != "/home/ada/report.txt" {
		t.Fatalf("%+v, %v; want one document that says where it comes from", list, err)
	}
	if third.DocumentID != first.DocumentID || !finds(t, s, "cranes", first.DocumentID) {
		t.Errorf("the last edition is not found as %s", first.DocumentID)
	}
	if again := succeeded(t, s, edit("cranes", replace).TaskID); !again.Duplicate || again.Replaced {
		t.Errorf("the same edition once more: %+v", again)
	}
	if fourth := succeeded(t, s, edit("geese", replace).TaskID); !fourth.Replaced || fourth.DocumentID != first.DocumentID {
		t.Errorf("one more edition: %+v", fourth)
	}

	// Without replace_existing it stays, and the answer offers the replacement.
	beside := edit("swans", option.Options{Origin: "/home/ada/report.txt"})
	if len(beside.Warnings) != 1 || !strings.Contains(beside.Warnings[0], first.DocumentID) || !strings.Contains(beside.Warnings[0], "replace_existing") {
		t.Errorf("warnings %q", beside.Warnings)
	}
	if r := succeeded(t, s, beside.TaskID); r.Replaced || r.DocumentID == first.DocumentID {
		t.Errorf("it replaced the document: %+v", r)
	}
	nowhere := edit("ducks", option.Options{ReplaceExisting: true})
	if len(nowhere.Warnings) != 1 || !strings.Contains(nowhere.Warnings[0], "replace_existing does nothing") {
		t.Errorf("replace_existing that names nothing: warnings %q", nowhere.Warnings)
	}
}

// The first document from a place need not have been made to be replaced, and an address is
// its own place.
func TestReplacesWhatCameFromThePlace(t *testing.T) {
	t.Parallel()
	v, l := reading(t)
	come := func(o option.Options) wire.TaskResult {
		t.Helper()
		made, err := v.IngestURL(t.Context(), l.URL+"/table/one", client.IngestOptions{Options: o})
		if err != nil {
			t.Fatal(err)
		}
		return succeeded(t, v.Server, made.TaskID)
	}
	first := come(option.Options{})
	l.edition.Add(1)
	if later := come(option.Options{ReplaceExisting: true}); !later.Replaced || later.DocumentID != first.DocumentID {
		t.Errorf("%+v, want that it replaced %s", later, first.DocumentID)
	}
}
