package scoretest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
	"morag/internal/convert/document/scoretest"
)

var (
	keep = flag.Bool("keep", false, "write the scores into testdata/floor.json")
	show = flag.String("show", "", "print what becomes of the document of this name")
)

// slack is how much a format may fall below its floor.
const slack = 0.01

// No format may keep less of its documents than it did. What is better raises the floor:
// go test -run Floors . -args -keep.
func TestFloors(t *testing.T) {
	sums, counts := map[string]float64{}, map[string]int{}
	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %6s %6s %6s %6s %6s %6s %6s\n", "", "recall", "prec.", "order", "heads", "tables", "lists", "total")
	for _, s := range specimens(t) {
		raw := s.make(t)
		doc, err := documenttest.Convert(t, documenttest.File(t, s.name, raw), convert.Options{})
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		if *show == s.name {
			fmt.Println(doc.Content)
		}
		score := scoretest.Compare(s.truth, doc.Content)
		if score.FalseTables > 0 {
			t.Errorf("%s: %d tables where there are none", s.name, score.FalseTables)
		}
		fmt.Fprintf(&table, "%-14s", s.name)
		for _, measure := range []float64{score.Recall, score.Precision, score.Order, score.Headings, score.Tables, score.Lists, score.Total()} {
			if measure < 0 {
				fmt.Fprintf(&table, " %6s", "")
				continue
			}
			fmt.Fprintf(&table, " %6.3f", measure)
		}
		table.WriteByte('\n')
		sums[s.format] += score.Total()
		counts[s.format]++
	}
	floors := map[string]float64{}
	raw, err := os.ReadFile("testdata/floor.json")
	if err == nil {
		err = json.Unmarshal(raw, &floors)
	}
	if err != nil && !*keep {
		t.Fatal(err)
	}
	for _, format := range slices.Sorted(maps.Keys(sums)) {
		total := sums[format] / float64(counts[format])
		fmt.Fprintf(&table, "%-14s %48.3f (%.3f)\n", format, total, floors[format])
		if total < floors[format]-slack {
			t.Errorf("%s scores %.3f, its floor is %.3f", format, total, floors[format])
		}
		floors[format] = math.Floor(1000*total) / 1000
	}
	t.Logf("\n%s", table.String())
	if !*keep {
		return
	}
	raw, err = json.MarshalIndent(floors, "", "  ")
	if err == nil {
		err = os.WriteFile("testdata/floor.json", append(raw, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
