package arch

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// figures are the limits that documents tell and that no setting has: where they stand, and
// the constants that they are. Of those that are settings a test of cmd/morag looks.
var figures = []struct{ page, line, figure, file, constant string }{
	{"operations.md", "| redirects |", "5 ", "internal/outbound/client.go", "maxRedirects"},
	{"operations.md", "| callers that wait for a conversion |", "64, ", "internal/ingest/service.go", "maxWaitingCallers"},
	{"operations.md", "| searches at a time |", "1,000 that wait", "internal/search/search.go", "maxWaiting"},
	{"operations.md", "| tries of webhooks at a time |", "64, ", "internal/webhook/tries.go", "maxTries"},
	{"operations.md", "hangs or refuses holds up nobody else", "64 messages", "internal/webhook/tries.go", "maxTries"},
	{"operations.md", "| results over", "over 2 MiB", "internal/api/body.go", "largeBody"},
	{"operations.md", "| JSON bodies and forms over", "over 16 KiB", "internal/api/memory.go", "smallBody"},
	{"operations.md", "| JSON bodies and forms over", "8 MiB", "internal/api/memory.go", "maxBodies"},
	{"operations.md", "| answers over", "over 64 KiB", "internal/api/memory.go", "smallReply"},
	{"operations.md", "| answers over", "8 MiB", "internal/api/memory.go", "maxAnswers"},
	{"operations.md", "| answers over", "documents 64 MiB", "internal/api/memory.go", "maxTexts"},
	{"operations.md", "| a page of a list |", "1 MiB", "internal/document/store.go", "PageBytes"},
	{"operations.md", "| warnings about a document", "100, ", "internal/content/warning.go", "MaxWarnings"},
	{"operations.md", "| warnings about a document", "of 1,000 bytes", "internal/content/warning.go", "MaxWarning"},
	{"operations.md", "| metadata in the answer of a search |", "4 MiB", "internal/search/metadata.go", "maxMetadata"},
	{"operations.md", "| values in a JSON request |", "50,000, ", "internal/api/decode.go", "maxJSONValues"},
	{"operations.md", "| values in a JSON request |", "in 100 levels", "internal/api/decode.go", "maxDepth"},
	{"operations.md", "| values in a JSON request |", "1,000 in", "internal/extent/extent.go", "MaxValues"},
	{"operations.md", "| values in a JSON request |", "in 16 levels", "internal/extent/extent.go", "MaxDepth"},
	{"operations.md", "| items of a batch |", "1000, ", "internal/api/batch.go", "maxItems"},
	{"operations.md", "| items of a batch |", "with 16 MiB", "internal/api/batch.go", "maxBatchMetadata"},
	{"worker-protocol.md", "Metadata of more than", "1,000 values", "internal/extent/extent.go", "MaxValues"},
	{"worker-protocol.md", "Metadata of more than", "16 levels", "internal/extent/extent.go", "MaxDepth"},
	{"worker-protocol.md", "Metadata of more than", "256 KiB", "internal/ingest/received.go", "maxMetadata"},
	{"worker-protocol.md", "Metadata of more than", "200,000 segments", "internal/ingest/received.go", "maxSegments"},
	{"worker-protocol.md", "| `thumbnails` |", "2 MiB", "internal/ingest/thumbnail.go", "maxThumbnail"},
	{"worker-protocol.md", "| `thumbnails` |", "at most 100 ", "internal/convert/convert.go", "MaxThumbnails"},
}

// TestLimitsAreTheConstants: what the documents say may be had is what may be had, and no row
// of the table of limits is without its figure.
func TestLimitsAreTheConstants(t *testing.T) {
	t.Parallel()
	pages := readPages(t)
	text := func(page string) string { return pages[filepath.Join("docs", page)] }
	for _, f := range figures {
		_, line, found := strings.Cut(text(f.page), f.line)
		if line, _, _ = strings.Cut(line, "\n"); !found {
			t.Errorf("%s has no %q", f.page, f.line)
			continue
		}
		line = f.line + line
		if !strings.Contains(line+" ", f.figure) {
			t.Errorf("%s: %q is not in %q", f.page, f.figure, line)
		}
		if got, want := constantIn(t, f.file, f.constant), valueOf(t, f.figure); got != want {
			t.Errorf("%s says %q, but %s in %s is %d", f.page, f.figure, f.constant, f.file, got)
		}
	}
	_, limits, _ := strings.Cut(text("operations.md"), "\n## Limits\n")
	limits, _, _ = strings.Cut(limits, "\n## ")
	for row := range strings.Lines(limits) {
		if strings.HasPrefix(row, "| ") && !strings.Contains(row, "MORAG_") && !strings.Contains(row, "| default |") &&
			!strings.Contains(row, "`/process/batch`") && !told(row) {
			t.Errorf("nothing holds this limit to what it is: %s", row)
		}
	}
}

// told tells whether a line has one of the figures.
func told(line string) bool {
	for _, f := range figures {
		if strings.HasPrefix(line, f.line) {
			return true
		}
	}
	return false
}

var number = regexp.MustCompile(`([0-9][0-9,]*)(?: ([KMG])iB)?`)

// valueOf reads 1,000 or 2 MiB.
func valueOf(t *testing.T, figure string) int64 {
	t.Helper()
	found := number.FindStringSubmatch(figure)
	if found == nil {
		t.Fatalf("%q has no number", figure)
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(found[1], ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << map[string]int{"": 0, "K": 10, "M": 20, "G": 30}[found[2]]
}

// constantIn is the value of a constant that needs no other one.
func constantIn(t *testing.T, file, name string) int64 {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			spec := s.(*ast.ValueSpec)
			for i, n := range spec.Names {
				if n.Name == name && i < len(spec.Values) {
					value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(spec.Values[i]))
					if err != nil {
						t.Fatal(err)
					}
					number, _ := constant.Int64Val(value.Value)
					return number
				}
			}
		}
	}
	t.Fatalf("%s has no constant %s", file, name)
	return 0
}
