package scoretest_test

import (
	"fmt"
	"strings"
	"testing"
)

// kindSpecimens are documents of what their formats have besides prose: formulas, and tables
// longer than a page.
func kindSpecimens(t *testing.T) []specimen {
	t.Helper()
	var all []specimen
	formulas := read(t, "formulas.md")
	for _, format := range []string{"docx", "odt"} {
		all = append(all, specimen{format, "formulas." + format, truthOf(formulas, ""), func(t *testing.T) []byte { return pandoc(t, formulas, format) }})
	}
	set, truth := longTable()
	return append(all, specimen{"pdf", "timetable.pdf", truth, func(t *testing.T) []byte { return groff(t, []byte(set)) }})
}

// longTable is a table of several pages, whose head is written on each of them.
func longTable() (set, truth string) {
	var ms, md strings.Builder
	ms.WriteString(".SH\nTimetable\n.PP\nAll stations of the network are listed here with their lines and times.\n.TS H\ntab(;);\nl l l.\nStation;Line;Time\n.TH\n")
	md.WriteString("# Timetable\n\nAll stations of the network are listed here with their lines and times.\n\n| Station | Line | Time |\n| --- | --- | --- |\n")
	for i := range 150 {
		fmt.Fprintf(&ms, "Station %d;Line %d;%d min\n", i+1, i%7, 3*i)
		fmt.Fprintf(&md, "| Station %d | Line %d | %d min |\n", i+1, i%7, 3*i)
	}
	ms.WriteString(".TE\n.PP\nThe end of the timetable.\n")
	md.WriteString("\nThe end of the timetable.\n")
	return ms.String(), md.String()
}
