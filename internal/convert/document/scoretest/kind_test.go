package scoretest_test

import "testing"

// kindSpecimens are documents of what their formats have besides prose: formulas.
func kindSpecimens(t *testing.T) []specimen {
	t.Helper()
	var all []specimen
	formulas := read(t, "formulas.md")
	for _, format := range []string{"docx", "odt"} {
		all = append(all, specimen{format, "formulas." + format, truthOf(formulas, ""), func(t *testing.T) []byte { return pandoc(t, formulas, format) }})
	}
	return all
}
