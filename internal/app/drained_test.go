package app

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/fleet"
	"morag/internal/fleet/memstore"
)

// TestDrainedWorkersOfEarlierVersionsAreTakenOverOnce: from a file, which then goes.
func TestDrainedWorkersOfEarlierVersionsAreTakenOverOnce(t *testing.T) {
	t.Parallel()
	path, workers := filepath.Join(t.TempDir(), "drained.json"), memstore.New(fleet.Limits{}, nil)
	if err := takeDrained(t.Context(), path, workers); err != nil {
		t.Fatalf("there is no file: %v", err)
	}
	if err := workers.Add(t.Context(), fleet.Worker{ID: "known", Key: "gpu"}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`["known","new"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := takeDrained(t.Context(), path, workers); err != nil {
		t.Fatal(err)
	}
	found, _, err := workers.Find(t.Context(), "known", "new")
	if err != nil || !found["known"].Drained || found["known"].Key != "gpu" || !found["new"].Drained {
		t.Errorf("taken over as %+v, %v", found, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is there still: %v", err)
	}

	if err := os.WriteFile(path, []byte(`not a list`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := takeDrained(t.Context(), path, workers); err == nil {
		t.Error("a file that holds no list was taken over")
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a file that could not be read has gone: %v", err)
	}
}
