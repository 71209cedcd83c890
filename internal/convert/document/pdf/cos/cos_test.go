package cos

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func packed(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// written is a file of objects, in their order, with a table or a stream of their places.
func written(t testing.TB, modern bool, objects ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	places := make([]int, 0, len(objects))
	for i, o := range objects {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := out.Len()
	if !modern {
		fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
		for _, p := range places {
			fmt.Fprintf(&out, "%010d 00000 n \n", p)
		}
		fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
		return out.Bytes()
	}
	var rows bytes.Buffer // with the predictor that takes the row above
	var above [4]byte
	for _, p := range append([]int{0}, append(places, at)...) {
		row := [4]byte{1, byte(p >> 16), byte(p >> 8), byte(p)}
		rows.WriteByte(2)
		for i := range row {
			rows.WriteByte(row[i] - above[i])
		}
		above = row
	}
	data := packed(t, rows.Bytes())
	fmt.Fprintf(&out, "%d 0 obj\n<</Type/XRef/Size %d/Root 1 0 R/W[1 3 0]/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, len(objects)+2, len(data), data, at)
	return out.Bytes()
}

func open(t testing.TB, raw []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPages(t *testing.T) {
	t.Parallel()
	const content = "0 0 m 10 10 l S"
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R 2 0 R 4 0 R]/Count 2/MediaBox[0 0 100 200]/Rotate 90>>", // and itself
		"<</Type/Page/Contents 5 0 R/Resources<</Font<</F 1 0 R>>>>>>",
		"<</Type/Page/Contents[5 0 R 5 0 R]/CropBox[10 10 90 190]/Rotate -90>>",
		fmt.Sprintf("<</Length 6 0 R/Filter/FlateDecode>>\nstream\n%s\nendstream", packed(t, []byte(content))),
		fmt.Sprint(len(packed(t, []byte(content)))),
	}
	table := written(t, false, objects...)
	for name, raw := range map[string][]byte{
		"a table":        table,
		"a stream":       written(t, true, objects...),
		"a broken table": bytes.Replace(table, []byte("startxref\n"), []byte("startxref\n9"), 1),
		"no table":       table[:bytes.Index(table, []byte("xref\n"))],
		"wrong lengths":  bytes.Replace(table, []byte("/Length 6 0 R"), []byte("/Length 3    "), 1),
	} {
		f := open(t, raw)
		pages := f.Pages()
		if len(pages) != 2 {
			t.Errorf("%s: %d pages", name, len(pages))
			continue
		}
		first, err := f.Contents(pages[0])
		second, _ := f.Contents(pages[1])
		if string(first) != content || err != nil || string(second) != content+"\n"+content+"\n" {
			t.Errorf("%s: %q, %q, %v", name, first, second, err)
		}
		if pages[0].Rotate != 1 || pages[1].Rotate != 3 || pages[0].Box[3] != 200 || pages[1].Crop[0] != 10 || f.Dict(pages[0].Resources["Font"]) == nil {
			t.Errorf("%s: %+v", name, pages)
		}
	}
}

func TestScanner(t *testing.T) {
	t.Parallel()
	s := NewScanner([]byte("<</A#20b [1 -.5 +3 12 0 R true null]/S(a\\(b\\)\\101\\\n(c))/H<4a4B5>>> % note\nBT 1e BI"))
	want := []Object{
		Dict{"A b": Array{1.0, -0.5, 3.0, Ref(12), true, nil}, "S": String("a(b)A(c)"), "H": String("JKP")},
		Operator("BT"), Operator("1e"), Operator("BI"),
	}
	for _, w := range want {
		if o, more := s.Next(); !more || !reflect.DeepEqual(o, w) {
			t.Errorf("got %#v, want %#v", o, w)
		}
	}
	if o, more := s.Next(); more {
		t.Errorf("%v after the end", o)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":   {nil, ErrSyntax},
		"noise":     {[]byte(strings.Repeat("obj 1 0 << ", 99)), ErrSyntax},
		"encrypted": {bytes.Replace(written(t, false, "<</Type/Catalog>>"), []byte("/Root"), []byte("/Encrypt 1 0 R/Root"), 1), ErrUnsupported},
	} {
		if _, err := Open(bytes.NewReader(tt.raw), int64(len(tt.raw))); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bomb := packed(t, make([]byte, maxStream+1))
	f := open(t, written(t, false, "<</Type/Catalog/B 2 0 R>>", fmt.Sprintf("<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream", len(bomb), bomb)))
	stream, _ := f.Resolve(Ref(2)).(*Stream)
	if _, err := f.Data(stream); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a bomb: %v", err)
	}
}

// FuzzFile: whatever a file is, it is read or refused, and soon.
func FuzzFile(f *testing.F) {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[3 0 R]/Count 1>>", "<</Type/Page/Contents 4 0 R>>", "<</Length 3>>\nstream\n1 w\nendstream"}
	f.Add(written(f, false, objects...))
	f.Add(written(f, true, objects...))
	f.Add([]byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>endobj"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		for _, page := range file.Pages() {
			content, _ := file.Contents(page)
			for s := NewScanner(content); ; {
				if _, more := s.Next(); !more {
					break
				}
			}
		}
	})
}
