package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"morag/internal/option"
)

// A row of the table of options is a flag of the command, and what is given there
// reaches the server by the option's name.
func TestEveryOptionIsAFlag(t *testing.T) {
	t.Parallel()
	source := file(t, "a.txt", "words")
	ingest := command(t, "ingest")
	for _, row := range option.Rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			flag := flagOf(ingest, row.Option)
			if flag == nil || flag.Help != row.Help {
				t.Fatalf("ingest has no flag --%s that says %q", row.Option, row.Help)
			}
			want := example(t, row)
			args := []string{"ingest", source, "--" + row.Option + "=" + want}
			if row.Kind == option.Flag {
				args[2] = "--" + row.Option
			}
			if got := posted(t, args)[row.Name]; len(got) != 1 || got[0] != want {
				t.Errorf("%q sends %q, want %q", args, got, want)
			}
		})
	}
}

// Nothing that was not asked for is sent, besides where the file is.
func TestNoOptionIsSentUnasked(t *testing.T) {
	t.Parallel()
	path := file(t, "a.txt", "words")
	if got := posted(t, []string{"ingest", path}); len(got) != 1 || len(got["origin"]) != 1 || got["origin"][0] != path {
		t.Errorf("sent %v", got)
	}
}

// Options that converters heed are flags where something is converted without a server.
func TestConversionOptionsAreFlagsOfConvert(t *testing.T) {
	t.Parallel()
	convert := command(t, "convert")
	for _, row := range option.Rows(option.ForConversion) {
		if flagOf(convert, row.Option) == nil {
			t.Errorf("convert has no flag --%s", row.Option)
		}
	}
}

func command(t *testing.T, name string) *kong.Node {
	t.Helper()
	nodes := model(t).Children
	i := slices.IndexFunc(nodes, func(n *kong.Node) bool { return n.Name == name })
	if i < 0 {
		t.Fatalf("there is no command %s", name)
	}
	return nodes[i]
}

func flagOf(command *kong.Node, name string) *kong.Flag {
	for _, flag := range command.Flags {
		if flag.Name == name {
			return flag
		}
	}
	return nil
}

// example is a row's example as a form has it.
func example(t *testing.T, row option.Row) string {
	t.Helper()
	if row.Kind != option.Object {
		return fmt.Sprint(row.Example)
	}
	raw, err := json.Marshal(row.Example)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// posted runs the program and returns the form that the server got.
func posted(t *testing.T, args []string) map[string][]string {
	t.Helper()
	var form map[string][]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		form = r.MultipartForm.Value
		_, _ = fmt.Fprintln(w, `{"task_id": "t", "document_id": "d"}`)
	}))
	t.Cleanup(server.Close)
	if code, _, errs := call(t, append(args, "--server", server.URL)...); code != 0 {
		t.Errorf("exit %d, %s", code, strings.TrimSpace(errs))
	}
	return form
}
