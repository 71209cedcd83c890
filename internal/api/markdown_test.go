package api

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"text/template"

	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestGeneratedMarkdown$ -update .

// The page for those who read the documents without a server.
func TestGeneratedMarkdown(t *testing.T) {
	t.Parallel()
	client, err := os.ReadFile("../../docs/client_example.py")
	if err != nil {
		t.Fatal(err)
	}
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace
	kind := func(k docsKind) string {
		var out strings.Builder
		for _, word := range k {
			if word.Type != "" {
				out.WriteString("[" + word.Text + "](#" + strings.ToLower(word.Type) + ")")
			} else {
				out.WriteString(cell(word.Text))
			}
		}
		return out.String()
	}
	page, err := template.New("api.md.tmpl").Funcs(template.FuncMap{"cell": cell, "kind": kind}).ParseFiles("testdata/api.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		docsPage
		Client string
	}{docsOf("", (&Server{}).routes()), string(client)})
	if err != nil {
		t.Fatal(err)
	}
	generatedtest.Whole(t, "../../docs/api.md", out.String())
}

func TestPythonValues(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":true,"b":[null,false,1.5],"c":"true, null: \"x\", \\"}`: `{"a": True, "b": [None, False, 1.5], "c": "true, null: \"x\", \\"}`,
		`"a"`: `"a"`, `{}`: `{}`, `[]`: `[]`,
	} {
		if got := pythonValue([]byte(in)); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// Whoever reads of a member reads what it is.
func TestEveryMemberIsExplained(t *testing.T) {
	t.Parallel()
	for _, one := range docsOf("", (&Server{}).routes()).Types {
		for _, row := range one.Rows {
			if row.Text == "" {
				t.Errorf("%s of %s has neither a tag doc nor a meaning", row.Name, one.Name)
			}
		}
	}
}
