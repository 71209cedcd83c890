package pdf

import (
	"os"
	"path/filepath"
	"testing"

	"morag/internal/convert/document/source"
)

// What was compiled once is there for the next process, and nothing depends on that.
func TestPDFiumIsKeptCompiled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := filepath.Join(dir, "a file")
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, cache := range []string{dir, dir, filepath.Join(full, "below")} {
		p := newPDFium(Config{CompileCache: cache, Limits: source.Limits{MaxMemory: 1 << 30}})
		pool, err := p.start()
		if err != nil {
			t.Fatal(err)
		}
		_ = pool.Close()
		if kept, _ := filepath.Glob(filepath.Join(dir, "wazero-*", "*")); len(kept) == 0 {
			t.Error("nothing is kept")
		}
	}
}
