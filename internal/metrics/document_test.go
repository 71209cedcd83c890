package metrics

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"morag/internal/generatedtest"
)

//go:generate go test -run ^TestGeneratedMetrics$ -update .

// describedAs reads what a description says of itself, which has no other way to be asked.
var describedAs = regexp.MustCompile(`^Desc\{fqName: "(morag_[^"]*)", help: ("(?:[^"\\]|\\.)*"), unit: "", constLabels: \{\}, variableLabels: \{([^}]*)\}\}$`)

func TestGeneratedMetrics(t *testing.T) {
	m := New()
	m.Tell("")
	m.WatchTasks(nil)
	m.WatchJobs(nil, time.Now)
	m.WatchWorkers(nil)
	m.WatchIndex(nil)
	m.WatchReindexing(nil)
	m.WatchStorage(nil)
	m.WatchEngines(nil)
	m.WatchDatabase(nil, nil)
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		m.registry.Describe(descs)
	}()
	var rows []string
	for d := range descs {
		of := describedAs.FindStringSubmatch(d.String())
		if of == nil {
			continue // of the runtime and the process
		}
		help, err := strconv.Unquote(of[2])
		if err != nil {
			t.Fatal(err)
		}
		labels := ""
		if of[3] != "" {
			labels = "`" + strings.ReplaceAll(of[3], ",", "`, `") + "`"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", of[1], labels, help))
	}
	slices.Sort(rows)
	if len(rows) < 30 {
		t.Fatalf("only %d metrics were found", len(rows))
	}
	generatedtest.Check(t, "../../docs/monitoring.md", "metrics", "| metric | labels | what it tells |\n|---|---|---|\n"+strings.Join(rows, ""))
}
