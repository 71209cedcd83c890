package option_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"morag/internal/generatedtest"
	"morag/internal/option"
)

//go:generate go test -run ^TestGenerated -update .

func TestGeneratedOptions(t *testing.T) {
	for _, part := range []option.Part{option.ForDocument, option.ForConversion, option.ForWay, option.ForWebhook} {
		var table strings.Builder
		table.WriteString("| option | value | without it | on the command line | what it does |\n|---|---|---|---|---|\n")
		for _, r := range option.Rows(part) {
			fmt.Fprintf(&table, "| `%s` | %s | %s | `--%s` | %s |\n", r.Name, value(r), without(r), flag(r), r.Help)
		}
		generatedtest.Check(t, "../../docs/options.md", "options for the "+string(part), table.String())
	}
}

func TestGeneratedWorkerOptions(t *testing.T) {
	var table strings.Builder
	table.WriteString("| in `task_options` | value | what it asks for |\n|---|---|---|\n")
	for _, r := range option.Rows() {
		if r.Travels() {
			fmt.Fprintf(&table, "| `%s` | %s | %s |\n", r.Name, value(r), r.Help)
		}
	}
	generatedtest.Check(t, "../../docs/worker-protocol.md", "options of a worker", table.String())
}

// value says what an option may be.
func value(r option.Row) string {
	switch {
	case r.Kind == option.Number:
		return fmt.Sprintf("%d to %d", r.Min, r.Max)
	case r.Kind == option.Flag:
		return "true or false"
	case r.Kind == option.Object:
		return fmt.Sprintf("an object of at most %d KiB", r.Max>>10)
	case r.Values != nil:
		return "one of those named"
	case r.Format == "uri":
		return "an address"
	}
	return "text, as `" + fmt.Sprint(r.Example) + "`"
}

func without(r option.Row) string {
	if r.Unset == nil {
		return "–"
	}
	raw, err := json.Marshal(r.Unset)
	if err != nil {
		return err.Error()
	}
	return "`" + strings.Trim(string(raw), `"`) + "`"
}

// flag is the option's flag with what it is given, unless it switches something on.
func flag(r option.Row) string {
	if r.Kind == option.Flag {
		return r.Option
	}
	return r.Option + " …"
}
