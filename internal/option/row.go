package option

import (
	"cmp"
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Part is what an option is about, and with that where it is heeded.
type Part string

// The parts.
const (
	// ForDocument: how the text is cut and kept. Only an ingestion heeds it.
	ForDocument Part = "document"
	// ForConversion: how the source becomes text. Whatever converts heeds it, a worker too.
	ForConversion Part = "conversion"
	// ForWay: who converts, and when. Only an ingestion heeds it.
	ForWay Part = "way"
	// ForWebhook: who is told of the end. It belongs to the whole request: of a batch,
	// not of its items.
	ForWebhook Part = "webhook"
)

// Kind is the JSON type of an option's values.
type Kind string

// The kinds.
const (
	Text   Kind = "string"
	Flag   Kind = "boolean"
	Number Kind = "integer"
	Object Kind = "object"
)

// Row is one option.
type Row struct {
	// Name is what it is called in forms, in JSON and in task_options.
	Name string
	Part Part
	Kind Kind
	// Min and Max bound a Number; Max bounds a Text, or an Object as JSON, in bytes, 0
	// for not at all.
	Min, Max int
	// Values are those that a Text may have, nil for any, and Pattern what it must match.
	Values  []string
	Pattern *regexp.Regexp
	// Format is uri, header or "".
	Format string
	// Unset is what holds when the option is not given, nil when that depends.
	Unset any
	// Example is a value that is allowed.
	Example any
	// InMetadata says that it may also stand in the metadata.
	InMetadata bool
	// Secret says that it is shown to nobody and never leaves the server.
	Secret bool
	// Help is what it does, in a sentence or two.
	Help string
	// Option is its flag on the command line, without the dashes.
	Option string

	must    string
	later   bool // its bounds are held elsewhere
	negated bool // the field says the opposite
	field   []int
}

// Travels tells whether a worker is told of the option.
func (r *Row) Travels() bool { return r.Part == ForConversion && !r.Secret }

var table = rowsOf(reflect.TypeFor[Options](), "", "", nil)

// Rows returns the rows of the parts, of all when none is named, in the order of the
// fields.
func Rows(parts ...Part) []Row {
	if len(parts) == 0 {
		return slices.Clone(table)
	}
	var some []Row
	for _, r := range table {
		if slices.Contains(parts, r.Part) {
			some = append(some, r)
		}
	}
	return some
}

// rowsOf makes the rows of the fields of a struct.
func rowsOf(t reflect.Type, part Part, prefix string, above []int) []Row {
	var rows []Row
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(above), i)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			rows = append(rows, rowsOf(inner, Part(f.Tag.Get("of")), prefix+f.Tag.Get("prefix"), at)...)
			continue
		}
		rows = append(rows, newRow(f, part, prefix, at))
	}
	return rows
}

func newRow(f reflect.StructField, part Part, prefix string, at []int) Row {
	stored, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	wire := f.Tag.Get("option")
	_, inMetadata := f.Tag.Lookup("metadata")
	_, secret := f.Tag.Lookup("secret")
	r := Row{
		Name: strings.ReplaceAll(prefix, "-", "_") + cmp.Or(wire, stored), Part: cmp.Or(Part(f.Tag.Get("of")), part),
		Min: bound(f.Tag.Get("min"), math.MinInt32), Max: bound(f.Tag.Get("max"), 0), Format: f.Tag.Get("format"),
		InMetadata: inMetadata, Secret: secret, Help: f.Tag.Get("help"),
		Option: prefix + cmp.Or(f.Tag.Get("name"), strings.ReplaceAll(stored, "_", "-")),
		must:   f.Tag.Get("must"), later: f.Tag.Get("later") != "", negated: wire != "", field: at,
	}
	r.Kind = kindOf(f.Type)
	if values := f.Tag.Get("values"); values != "" {
		r.Values = strings.Split(values, ",")
	}
	if pattern := f.Tag.Get("pattern"); pattern != "" {
		r.Pattern = regexp.MustCompile(pattern)
	}
	r.Unset, r.Example = r.typed(f.Tag.Get("unset")), r.typed(f.Tag.Get("example"))
	return r
}

func kindOf(t reflect.Type) Kind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return Text
	case reflect.Bool:
		return Flag
	case reflect.Int:
		return Number
	case reflect.Slice: // JSON as it is written
		return Object
	}
	panic("option: no kind for a field of type " + t.String())
}

func bound(text string, none int) int {
	if text == "" {
		return none
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("option: a bound that is no number: " + text)
	}
	return n
}

// typed is a tag's text as a value of the row's kind, nil for "".
func (r *Row) typed(text string) any {
	if text == "" || r.Kind == Text {
		if text == "" {
			return nil
		}
		return text
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic("option: " + r.Name + ": " + err.Error())
	}
	if n, ok := v.(float64); ok {
		return int(n)
	}
	return v
}
