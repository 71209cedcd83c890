package api

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"text/template"
)

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
	for _, r := range (&Server{}).routes() {
		if !strings.Contains(out.String(), `<a id="`+r.about.id+`"></a>`) {
			t.Errorf("%s is not on the page", r.about.id)
		}
	}
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
