package job_test

import (
	"encoding/json"
	"strings"
	"testing"

	"morag/internal/job"
)

// TestUnknownFieldsAreKept: a record of a newer program keeps its fields through a
// change by this one, wherever they stand and whatever they hold.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	plain := full(t)
	plain.Extra = nil
	whole := record(t, plain)
	for name, c := range map[string]struct{ extra, want string }{
		"none":        {``, ``},
		"a string":    {`"later":"a \"quoted\" } ] , \\"`, `"later":"a \"quoted\" } ] , \\"`},
		"a number":    {`"later":-1.5e3`, `"later":-1.5e3`},
		"a word":      {`"later":null`, `"later":null`},
		"an object":   {"\"later\" : { \"id\": [1, {\"x\": \"]\"}],\n\"y\": {} }", `"later":{"id":[1,{"x":"]"}],"y":{}}`},
		"several":     {`"b":1,"a":[],"b":2`, `"b":1,"a":[],"b":2`},
		"an odd name": {`"a\"b\\":1,"":2`, `"a\"b\\":1,"":2`},
		// What encoding/json takes for a field of ours is one.
		"a known name in capitals": {`"SOURCE_NAME":"a & b.mp3"`, ``},
		"a known name in escapes":  {`"source\u005fname":"a & b.mp3"`, ``},
	} {
		for place, data := range map[string]string{
			"first": strings.Replace(whole, "{", "{"+c.extra+",", 1),
			"last":  strings.TrimSuffix(whole, "}") + " , " + c.extra + " }\n",
		} {
			if c.extra == "" {
				data = whole
			}
			var j job.Job
			if err := json.Unmarshal([]byte(data), &j); err != nil {
				t.Fatalf("%s, %s: %v", name, place, err)
			}
			if string(j.Extra) != c.want {
				t.Errorf("%s, %s: keeps %s, want %s", name, place, j.Extra, c.want)
			}
			again := record(t, &j)
			if !strings.HasSuffix(again, `"result_data":{"content":"x","metadata":{},"processing_time":1.5}}`) || strings.Count(again, `"source_name"`) != 1 {
				t.Errorf("%s, %s: written as %s", name, place, again)
			}
			var next job.Job
			if err := json.Unmarshal([]byte(again), &next); err != nil || string(next.Extra) != string(j.Extra) {
				t.Errorf("%s, %s: then keeps %s, %v", name, place, next.Extra, err)
			}
		}
	}
}
