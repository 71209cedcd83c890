package data_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

func TestValues(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, raw, want string }{
		"commas":          {"a.csv", "a,b\n1,\"x, y\"\n", "| a | b |\n| --- | --- |\n| 1 | x, y |"},
		"semicolons":      {"a.csv", "a;b\n1,5;2,5\n3,0;4,0\n", "| a | b |\n| --- | --- |\n| 1,5 | 2,5 |\n| 3,0 | 4,0 |"},
		"tabs in a csv":   {"a.csv", "a\tb\n1\t2\n", "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		"bars":            {"a.csv", "a|b\n1|2\n", "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		"its own word":    {"a.csv", "sep=;\na;b,c\n1;2,3\n", "| a | b,c |\n| --- | --- |\n| 1 | 2,3 |"},
		"tsv":             {"a.tsv", "a\tb\tc\n1\t\t3\n", "| a | b | c |\n| --- | --- | --- |\n| 1 |  | 3 |"},
		"stray quotes":    {"a.tsv", "a\tb\n1\t\"x\n2\ty \"z\" \"\n\"3\"\t\"u\tv\"\n\n", "| a | b |\n| --- | --- |\n| 1 | \"x |\n| 2 | y \"z\" \" |\n| 3 | u v |"},
		"lines in a tsv":  {"a.tsv", "a\tb\n1\t\"two\nlines \"\"q\"\"\"\n2\t\"no\nx\ty\"\n", "| a | b |\n| --- | --- |\n| 1 | two<br>lines \"q\" |\n| 2 | \"no |\n| x | y\" |"},
		"ragged":          {"a.csv", "a,b\n1\n1,2,3\n", "| a | b |  |\n| --- | --- | --- |\n| 1 |  |  |\n| 1 | 2 | 3 |"},
		"quotes":          {"a.csv", "a,b\n\"say \"\"x\"\"\",\"two\nlines\"\n5\" wide,z\n", "| a | b |\n| --- | --- |\n| say \"x\" | two<br>lines |\n| 5\" wide | z |"},
		"old line ends":   {"a.csv", "a,b\r1,2\r", "| a | b |\n| --- | --- |\n| 1 | 2 |"},
		"one column":      {"a.csv", "a\n1\n2\n", "| a |\n| --- |\n| 1 |\n| 2 |"},
		"a bar in a cell": {"a.csv", "a,b\nx|y,2\n", "| a | b |\n| --- | --- |\n| x\\|y | 2 |"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if doc := documenttest.Must(t, tt.file, tt.raw); doc.Content != tt.want {
				t.Errorf("got\n%s\nwant\n%s", doc.Content, tt.want)
			}
		})
	}
}

func TestValuesEncodings(t *testing.T) {
	t.Parallel()
	// The first accent comes late.
	text := "name,place\n" + strings.Repeat("x,y\n", 50_000) + "Jürgen,Köln\n"
	latin, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"UTF-8": text, "mark": "\uFEFF" + text, "latin": latin, "UTF-16": wide} {
		doc := documenttest.Must(t, "a.csv", raw)
		if !strings.HasPrefix(doc.Content, "| name | place |\n") || !strings.HasSuffix(doc.Content, "\n| Jürgen | Köln |") {
			t.Errorf("%s: %.40q … %q", name, doc.Content, doc.Content[len(doc.Content)-30:])
		}
		if doc.Metadata["row_count"] != 50_001 {
			t.Errorf("%s: %v", name, doc.Metadata)
		}
	}
}

func TestValuesLimits(t *testing.T) {
	t.Parallel()
	c := document.New(document.Config{MaxText: 10_000})
	for name, raw := range map[string]string{
		"a large file":  strings.Repeat("x,y\n", 3000),
		"a large table": strings.Repeat("x\n", 4000),
		"many columns":  strings.Repeat(",", 17_000),
		"binary":        "a,b\n1,\x00\x00\n",
	} {
		src := documenttest.File(t, "a.csv", []byte(raw))
		src.MIME = "text/csv"
		if _, err := c.Convert(t.Context(), src, convert.Options{}, nil); !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, raw, want string }{
		"an object": {"a.json", `{"title": "T", "n": 1.50, "big": 12345678901234567890, "on": true, "no": null, "e": "", "l": ["a", "b"], "o": {}}`,
			"- title: T\n- n: 1.50\n- big: 12345678901234567890\n- on: true\n- no: null\n- e: \"\"\n- l: a, b\n- o: {}"},
		"nesting":     {"a.json", `{"a": {"b": {"c": "two\nlines"}}, "z": [[1, 2], {"q": 3}]}`, "- a:\n  - b:\n    - c: two\n      lines\n- z:\n  - 1, 2\n  -\n    - q: 3"},
		"a table":     {"a.json", `[{"a": 1, "b": "x|y"}, {"b": "z", "c": [1, 2]}]`, "| a | b | c |\n| --- | --- | --- |\n| 1 | x\\|y |  |\n|  | z | 1, 2 |"},
		"names twice": {"a.json", `[{"a": "", "b": 1, "a": "x", "a": "", "a": "y"}, {"a": 2}]`, "| a | b |\n| --- | --- |\n| \"\", x, \"\", y | 1 |\n| 2 |  |"},
		"NDJSON":      {"a.ndjson", "{\"a\": 1}\n{\"a\": 2}\n", "| a |\n| --- |\n| 1 |\n| 2 |"},
		"a scalar":    {"a.json", `"just text"`, "just text"},
		"UTF-16":      {"a.json", "\xff\xfe\"\x00\xfc\x00\"\x00", "ü"},
		"in a table":  {"a.json", `{"rows": [{"a": 1}, {"a": 2}]}`, "- rows:\n\n  | a |\n  | --- |\n  | 1 |\n  | 2 |"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := documenttest.File(t, tt.file, []byte(tt.raw))
			src.MIME = "application/json"
			doc, err := documenttest.Convert(t, src, convert.Options{})
			if err != nil || doc.Content != tt.want {
				t.Errorf("%v, got\n%s\nwant\n%s", err, doc.Content, tt.want)
			}
		})
	}
	if doc := documenttest.Must(t, "a.json", `{"title": "T"}`); doc.Metadata["title"] != "T" {
		t.Errorf("%v", doc.Metadata)
	}
}

func TestBadJSON(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"a": [1, 2`:             "truncated",
		`{"a": }`:                 "broken near byte",
		`{"a": 1}}`:               "broken near byte",
		"plain words":             "broken near byte",
		"  \n":                    "no value",
		strings.Repeat("[", 1000): "nested",
	} {
		src := documenttest.File(t, "a.json", []byte(raw))
		src.MIME = "application/json"
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", raw, err)
		}
	}
	src := documenttest.File(t, "a.json", []byte("["+strings.Repeat(`"x",`, 2000)+`1]`))
	if _, err := document.New(document.Config{MaxText: 1000}).Convert(t.Context(), src, convert.Options{}, nil); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("a long outline: %v", err)
	}
}

func BenchmarkCSV(b *testing.B) {
	var raw strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&raw, "%d,some words,%d.5,x\n", i, i)
	}
	src := documenttest.File(b, "a.csv", []byte(raw.String()))
	b.SetBytes(int64(raw.Len()))
	for b.Loop() {
		if _, err := documenttest.Convert(b, src, convert.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.csv", []byte("a,b\n1,2\n"), false)
	documenttest.Conformance(t, "a.tsv", []byte("a\tb\n1\t2\n"), false)
	documenttest.Conformance(t, "a.json", []byte(`{"some": ["text", {"and": "more"}]}`), true)
}

// A value may be as long as the text may be, wherever it stands.
func TestLongValues(t *testing.T) {
	t.Parallel()
	for _, size := range []int{4091, 4092, 4093, 4094, 4095, 5000, 1 << 19} {
		long := strings.Repeat("é", size/2) + strings.Repeat("€", size/2) // characters that the end of a buffer cuts
		for name, tt := range map[string]struct{ raw, want string }{
			"in the header": {long + ",b\n1,2\n", "| " + long + " | b |\n| --- | --- |\n| 1 | 2 |"},
			"in a row":      {"a;b\n1;" + long + "\n3;4\n", "| a | b |\n| --- | --- |\n| 1 | " + long + " |\n| 3 | 4 |"},
			"quoted":        {"a,b\n\"" + long + ",\n" + long + "\",2\n", "| a | b |\n| --- | --- |\n| " + long + ",<br>" + long + " | 2 |"},
			"at the end":    {"a,b\n1," + long, "| a | b |\n| --- | --- |\n| 1 | " + long + " |"},
		} {
			if got := documenttest.Must(t, "a.csv", tt.raw).Content; got != tt.want {
				t.Errorf("%d characters %s: %d bytes of %d", size, name, len(got), len(tt.want))
			}
		}
	}
}

// A value of several lines ends after some: a mark that nothing closes costs no more than that.
func TestLinesOfAValue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ lines, rows int }{{20, 1}, {21, 22}} {
		text := "a\tb\n1\t\"x" + strings.Repeat("\nl", test.lines-1) + "\nend\"\n"
		if doc := documenttest.Must(t, "a.tsv", text); doc.Metadata["row_count"] != test.rows {
			t.Errorf("%d lines more: %v rows", test.lines, doc.Metadata["row_count"])
		}
	}
}
