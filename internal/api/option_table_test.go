package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"morag/internal/option"
	"morag/internal/outbound"
)

// A row of the table of options is taken from a form, from request_data, from the objects
// in it, and, where it says so, from the metadata.
func TestEveryOptionIsTaken(t *testing.T) {
	t.Parallel()
	for _, row := range option.Rows() {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			text, ok := row.Example.(string)
			raw, err := json.Marshal(row.Example)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				text = string(raw)
			}
			member := fmt.Sprintf("{%q: %s}", row.Name, raw)
			ways := map[string]map[string]string{
				"form":               {row.Name: text},
				"request_data":       {"request_data": member},
				"options":            {"options": member},
				"processing_options": {"request_data": `{"processing_options": ` + member + `}`},
			}
			if row.InMetadata {
				ways["metadata"] = map[string]string{"metadata": member}
			}
			if short, ok := strings.CutPrefix(row.Name, "webhook_"); ok {
				ways["webhook_config"] = map[string]string{"request_data": fmt.Sprintf(`{"webhook_config": {%q: %s}}`, short, raw)}
			}
			want, err := option.Read(map[string]any{row.Name: text})
			if err != nil {
				t.Fatal(err)
			}
			for way, fields := range ways {
				o, err := readOptions(fields)
				if err != nil {
					t.Fatal(err)
				}
				got, err := o.task(&outbound.Guard{})
				if len(got.Metadata) == 0 && row.Kind != option.Object {
					got.Metadata = nil // what was in it is an option
				}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %v gives %+v, %v", way, fields, got, err)
				}
			}
		})
	}
}
