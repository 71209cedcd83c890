package dashboard

import (
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestGeneratedBundle$ -update .

// TestGeneratedBundle: the script that pages load is what its sources say.
func TestGeneratedBundle(t *testing.T) {
	t.Parallel()
	made := api.Build(api.BuildOptions{
		EntryPoints: []string{"web/app.ts"}, Bundle: true, Format: api.FormatIIFE, Target: api.ES2022,
		MinifySyntax: true, MinifyWhitespace: true, Charset: api.CharsetUTF8,
	})
	for _, e := range made.Errors {
		t.Error(e.Text)
	}
	if len(made.OutputFiles) != 1 {
		t.Fatalf("%d files", len(made.OutputFiles))
	}
	generatedtest.Whole(t, "asset/app.js", string(made.OutputFiles[0].Contents))
}
