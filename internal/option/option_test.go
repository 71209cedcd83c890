package option_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"morag/internal/chunk"
	"morag/internal/convert"
	"morag/internal/option"
)

// given are the examples of all rows, as a JSON body has them.
func given(t *testing.T) map[string]any {
	t.Helper()
	values := map[string]any{}
	for _, r := range option.Rows() {
		values[r.Name] = r.Example
	}
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	clear(values)
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// Every row is whole: a name, a part, a sentence, and an example that may be asked for
// and is not what holds anyway.
func TestRowsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range option.Rows() {
		switch r.Part {
		case option.ForDocument, option.ForConversion, option.ForWay, option.ForWebhook:
		default:
			t.Errorf("%s is of the part %q", r.Name, r.Part)
		}
		if seen[r.Name] || seen[r.Option] || !strings.HasSuffix(r.Help, ".") || r.Example == nil || r.Example == r.Unset {
			t.Errorf("%+v is not whole", r)
		}
		seen[r.Name], seen[r.Option] = true, true
	}
	if len(seen) < 20 {
		t.Errorf("only the options %v", seen)
	}
}

// What is asked for in one spelling is found in every other: values of a JSON body, the
// fields of a form, and a task's row.
func TestEveryOptionTravels(t *testing.T) {
	t.Parallel()
	values := given(t)
	for _, r := range option.Rows() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			asked := map[string]any{r.Name: values[r.Name]}
			if r.Part == option.ForWebhook {
				asked["webhook_url"] = values["webhook_url"]
			}
			read, err := option.Read(asked)
			if err != nil {
				t.Fatal(err)
			}
			if reflect.ValueOf(read).IsZero() {
				t.Fatal("it was not read")
			}
			form, err := read.Fields()
			if err != nil || len(form) != len(asked) {
				t.Fatalf("the form is %v, %v", form, err)
			}
			fields := map[string]any{}
			for _, f := range form {
				fields[f.Name] = f.Value
			}
			row, err := json.Marshal(read)
			if err != nil {
				t.Fatal(err)
			}
			var kept option.Options
			if err := json.Unmarshal(row, &kept); err != nil || !reflect.DeepEqual(kept, read) {
				t.Errorf("a task keeps %s, %v", row, err)
			}
			for name, again := range map[string]map[string]any{"form": fields, "values": jsonOf(t, read.Values())} {
				if back, err := option.Read(again); err != nil || !reflect.DeepEqual(back, read) {
					t.Errorf("%s: %v gives %+v, %v", name, again, back, err)
				}
			}
		})
	}
}

// jsonOf is values after a journey as JSON.
func jsonOf(t *testing.T, values map[string]any) (back map[string]any) {
	t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// A worker is told of what it can heed, and of no secret.
func TestWhatWorkersAreTold(t *testing.T) {
	t.Parallel()
	asked, err := option.Read(given(t))
	if err != nil {
		t.Fatal(err)
	}
	told := asked.Travelling()
	for _, r := range option.Rows() {
		if _, is := told[r.Name]; is != (r.Part == option.ForConversion && !r.Secret) {
			t.Errorf("%s: told %v", r.Name, is)
		}
	}
	raw, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	want := asked.Conversion
	want.Password = ""
	if got := option.ReadLenient(raw, option.ForConversion).Conversion; got != want {
		t.Errorf("%s is read as %+v, want %+v", raw, got, want)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for _, r := range option.Rows() {
		wrong := []any{[]any{}, map[string]any{"a": func() {}}}
		switch r.Kind {
		case option.Number:
			wrong = append(wrong, "many", 1.5, 1e99, true)
		case option.Flag:
			wrong = append(wrong, "maybe", 2.0)
		case option.Object:
			wrong = append(wrong, "[]", "null", "{", map[string]any{"a": strings.Repeat("x", r.Max)})
		case option.Text:
			wrong = append(wrong, 1.0)
			if r.Max > 0 {
				wrong = append(wrong, strings.Repeat("x", r.Max+1))
			}
			if r.Format == "header" {
				wrong = append(wrong, "a\r\nX: y")
			}
			if r.Pattern != nil {
				wrong = append(wrong, "../x")
			}
		}
		for _, value := range wrong {
			_, err := option.Read(map[string]any{r.Name: value})
			if !errors.Is(err, option.ErrWrong) || !strings.HasPrefix(err.Error(), r.Name+" must ") {
				t.Errorf("%s=%.20v: %v; want a sentence that begins with the name", r.Name, value, err)
			}
			raw, err := json.Marshal(map[string]any{r.Name: value})
			if err == nil && !reflect.ValueOf(option.ReadLenient(raw, r.Part)).IsZero() {
				t.Errorf("%s=%.20v is not left unset by a lenient reader", r.Name, value)
			}
		}
	}
}

// The bounds of the table are those of the packages that hold them.
func TestBoundsAreThoseThatHold(t *testing.T) {
	t.Parallel()
	rows := map[string]option.Row{}
	for _, r := range option.Rows() {
		rows[r.Name] = r
	}
	for name, want := range map[string][3]any{
		"chunk_size":      {chunk.MinSize, chunk.MaxSize, chunk.DefaultSize},
		"chunk_overlap":   {0, chunk.MaxOverlap, chunk.DefaultOverlap},
		"thumbnail_count": {1, convert.MaxThumbnails, nil},
		"thumbnail_size":  {1, convert.MaxThumbnailSize, nil},
	} {
		if r := rows[name]; r.Min != want[0] || r.Max != want[1] || r.Unset != want[2] {
			t.Errorf("%s is %d to %d, without it %v; want %v", name, r.Min, r.Max, r.Unset, want)
		}
	}
	strategy := rows["chunking_strategy"]
	if !reflect.DeepEqual(strategy.Values, chunk.Strategies()) || strategy.Unset != chunk.DefaultStrategy {
		t.Errorf("the strategies are %v, %v", strategy.Values, strategy.Unset)
	}
}

// A row of a task that an older server wrote is read as it is.
func TestRowsOfOlderServers(t *testing.T) {
	t.Parallel()
	var o option.Options
	err := json.Unmarshal([]byte(`{"document_id":"d","language":"en","thumbnail_count":2,"no_fallback":true,
		"webhook":{"url":"https://a.example","auth_token":"t","secret":"s"}}`), &o)
	want := option.Options{
		DocumentID: "d", Conversion: option.Conversion{Language: "en", ThumbnailCount: 2}, NoFallback: true,
		Webhook: &option.Webhook{URL: "https://a.example", AuthToken: "t", Secret: "s"},
	}
	if err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, %v", o, err)
	}
}
