package extent_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"morag/internal/extent"
)

func TestParts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{}`: nil, ` [ ] `: nil, `1`: nil, `"a,b"`: nil, ``: nil, `]`: nil, `[1`: nil,
		`[1]`: {"", "1"}, "[ 1 ,\n[2,{}] ]": {"", "1", "", "[2,{}]"}, `["a]\",","b"]`: {"", `"a]\","`, "", `"b"`},
		`{"a" : {"b":[1,2]} , "a,:":"x"}`: {`"a"`, `{"b":[1,2]}`, `"a,:"`, `"x"`}, `[1] [2]`: {"", "1"},
	} {
		var got []string
		for p := range extent.Parts([]byte(raw)) {
			got = append(got, string(p.Name), raw[p.From:p.To])
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", raw, got)
		}
	}
	for range extent.Parts([]byte(`[1,2]`)) {
		break
	}
}

func FuzzParts(f *testing.F) {
	f.Add([]byte(`{"a":["\\\"",{}],"b":[[],1]}`))
	f.Add([]byte(`[1, "]"]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var list []json.RawMessage
		isList := json.Unmarshal(raw, &list) == nil && list != nil
		n := 0
		for p := range extent.Parts(raw) {
			if p.From >= p.To || p.To > len(raw) {
				t.Fatalf("%q: a part of %d to %d", raw, p.From, p.To)
			}
			if isList && (n >= len(list) || string(list[n]) != string(raw[p.From:p.To])) {
				t.Fatalf("%q: %q is not element %d", raw, raw[p.From:p.To], n)
			}
			n++
		}
		if isList && n != len(list) {
			t.Errorf("%q: %d parts, want %d", raw, n, len(list))
		}
	})
}
