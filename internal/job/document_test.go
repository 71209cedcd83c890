package job_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"morag/internal/job"
)

var update = flag.Bool("update", false, "write the generated parts of the documents")

func document(name string) string { return filepath.Join("..", "..", "docs", name) }

func TestStatesDocument(t *testing.T) {
	t.Parallel()
	path := document("job-states.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh := string(data)
	for name, text := range map[string]string{"diagram": diagram(), "table": table()} {
		begin, end := "<!-- begin generated: "+name+" -->\n", "<!-- end generated: "+name+" -->"
		before, rest, ok := strings.Cut(fresh, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no marks for the %s", path, name)
		}
		fresh = before + begin + text + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if fresh != string(data) {
		t.Errorf("%s is not what the table says: go generate ./internal/job", path)
	}
	for _, s := range job.Statuses() {
		if !strings.Contains(fresh, "\n| `"+string(s)+"` | ") {
			t.Errorf("%s does not describe the state %s", path, s)
		}
	}
	_, senders, _ := strings.Cut(fresh, "| event | who sends it |")
	for _, e := range job.Events() {
		if !strings.Contains(senders, "`"+string(e)+"`") {
			t.Errorf("%s does not say who sends %s", path, e)
		}
	}
}

// diagram draws the table, one arrow for all events between two states.
func diagram() string {
	var b strings.Builder
	fmt.Fprintf(&b, "```mermaid\nstateDiagram-v2\n    [*] --> %s: %s\n", job.Pending, job.Created)
	events := map[[2]job.Status][]string{}
	var arrows [][2]job.Status
	for _, tr := range job.Transitions() {
		arrow := [2]job.Status{tr.From, tr.To}
		if events[arrow] == nil {
			arrows = append(arrows, arrow)
		}
		events[arrow] = append(events[arrow], string(tr.Event))
	}
	for _, a := range arrows {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", a[0], a[1], strings.Join(events[a], ", "))
	}
	fmt.Fprintf(&b, "    %s --> [*]\n```\n", job.Completed)
	return b.String()
}

func table() string {
	var b strings.Builder
	b.WriteString("| from | event | to | when |\n|---|---|---|---|\n")
	for _, tr := range job.Transitions() {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", tr.From, tr.Event, tr.To, tr.When)
	}
	return b.String()
}

// TestFileDocument looks whether every field of a record has its row, in the order in
// which it is written.
func TestFileDocument(t *testing.T) {
	t.Parallel()
	path := document("job-file.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	_, fields, _ := strings.Cut(string(data), "## The fields")
	fields, _, _ = strings.Cut(fields, "\n## ")
	for line := range strings.Lines(fields) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.HasPrefix(cells[1], " `") {
			documented = append(documented, strings.Trim(cells[1], " `"))
		}
	}
	if want := recordFields(t); !reflect.DeepEqual(documented, want) {
		t.Errorf("%s has rows for\n%v, a record has the fields\n%v", path, documented, want)
	}
	for _, s := range job.Statuses() {
		if !strings.Contains(string(data), "\n"+string(s)+"/") {
			t.Errorf("%s does not show the folder %s", path, s)
		}
	}
}

// recordFields are the names of a record's fields, as written.
func recordFields(t *testing.T) []string {
	t.Helper()
	j := full(t)
	j.Extra = nil
	dec := json.NewDecoder(strings.NewReader(record(t, j)))
	var names []string
	depth := 0
	for key := true; ; {
		token, err := dec.Token()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		switch d, _ := token.(json.Delim); d {
		case '{', '[':
			depth++
			key = depth == 1
			continue
		case '}', ']':
			depth--
			key = true
			continue
		}
		if depth == 1 {
			if name, ok := token.(string); ok && key {
				names = append(names, name)
				key = false
			} else {
				key = true
			}
		}
	}
}
