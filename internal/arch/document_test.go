package arch

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/generatedtest"
)

// plain takes what Markdown would read as more than text, and links of Go comments.
var plain = strings.NewReplacer("|", `\|`, "<", `\<`, "[", "", "]", "")

func TestGeneratedArchitecture(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| package | what it is |\n|---|---|\n")
	for _, s := range summarize(readModule(t)) {
		fmt.Fprintf(&table, "| `%s` | %s |\n", s.path, plain.Replace(s.sentence))
	}
	generatedtest.Check(t, filepath.Join(root, "ARCHITECTURE.md"), "packages", table.String())
}
