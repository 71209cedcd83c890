package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/layout"
)

// drawingOf is a page of 200 × 100 points that draws something.
func drawingOf(t testing.TB, page, operators string) (rules, dots []layout.Box) {
	t.Helper()
	raw := fmt.Sprintf("%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]/MediaBox[0 0 200 100]>>endobj\n"+
		"3 0 obj<</Type/Page/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>%s>>endobj\n4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"+
		"5 0 obj<</Type/XObject/Subtype/Form/Matrix[1 0 0 1 10 0]/Length 31>>stream\n0 0 m 20 0 l S /X Do           \nendstream endobj\ntrailer<</Root 1 0 R>>",
		page, len(operators), operators)
	file, err := cos.Open(bytes.NewReader([]byte(raw)), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return drawn(file, file.Pages()[0], 200, 100)
}

func TestDrawing(t *testing.T) {
	t.Parallel()
	for operators, want := range map[string][2][]layout.Box{
		"10 20 m 110 20 l S":                 {{{Left: 10, Top: 80, Right: 110, Bottom: 80}}, nil},
		"10 20 m 110 60 l S":                 {nil, nil}, // aslant
		"q 2 0 0 2 10 0 cm 0 10 40 1 re f Q": {{{Left: 10, Top: 78, Right: 90, Bottom: 80}}, nil},
		"1 g 10 20 100 1 re f":               {nil, nil}, // white on white
		"10 20 100 50 re f":                  {nil, nil}, // a ground
		"10 20 m 110 20 l n":                 {nil, nil},
		"10 20 100 50 re s":                  {{{Left: 10, Top: 80, Right: 110, Bottom: 80}, {Left: 110, Top: 30, Right: 110, Bottom: 80}, {Left: 10, Top: 30, Right: 110, Bottom: 30}, {Left: 10, Top: 30, Right: 10, Bottom: 80}}, nil},
		"52 50 m 52 51 51 52 50 52 c 49 52 48 51 48 50 c 48 49 49 48 50 48 c 51 48 52 49 52 50 c S": {nil, []layout.Box{{Left: 48, Top: 48, Right: 52, Bottom: 52}}},
		"50 50 3 3 re f": {nil, []layout.Box{{Left: 50, Top: 47, Right: 53, Bottom: 50}}},
		"BI /W 1 ID 10 20 m 110 20 l S EI 0 0 m 50 0 l S": {{{Left: 0, Top: 100, Right: 50, Bottom: 100}}, nil},
	} {
		rules, dots := drawingOf(t, "", operators)
		if !slices.Equal(rules, want[0]) || !slices.Equal(dots, want[1]) {
			t.Errorf("%s: %+v, %+v", operators, rules, dots)
		}
	}
	// A form that draws itself ends.
	if rules, _ := drawingOf(t, "", "/X Do"); len(rules) == 0 || rules[0] != (layout.Box{Left: 10, Top: 100, Right: 30, Bottom: 100}) {
		t.Errorf("a form: %+v", rules)
	}
	// A page that is shown turned has its lines turned.
	if rules, _ := drawingOf(t, "/Rotate 90/MediaBox[0 0 100 200]", "10 20 m 60 20 l S"); len(rules) != 1 || rules[0] != (layout.Box{Left: 20, Top: 10, Right: 20, Bottom: 60}) {
		t.Errorf("turned: %+v", rules)
	}
}

func FuzzDrawing(f *testing.F) {
	f.Add("q 1 0 0 1 0 0 cm 10 20 100 50 re B* Q 0 0 m 9 9 l h S /X Do BI ID x EI")
	f.Add("1e9 1e9 m 0 0 l S [ << (")
	f.Fuzz(func(t *testing.T, operators string) {
		rules, dots := drawingOf(t, "", operators)
		if len(rules) > maxDrawn+64 || len(dots) > maxDrawn+64 {
			t.Errorf("%d lines, %d dots", len(rules), len(dots))
		}
	})
}

// FuzzCalls: wherever a page shows its texts, no letter of them is lost.
func FuzzCalls(f *testing.F) {
	f.Add("BT /F 10 Tf 60 100 Td (Yunnan) Tj 40 4 Td /F 6 Tf (1) Tj ET", "We came to Yunnan1, 2")
	f.Add("BT 0 Tf 1e9 0 0 1e9 0 0 Tm [(1) 3 <>] TJ T* (2) ' Ts ET", "x1 y2")
	f.Fuzz(func(t *testing.T, operators, text string) {
		var texts []shownText
		d := &drawing{file: &cos.File{}, toPage: matrix{1, 0, 0, -1, 0, 842}, texts: &texts}
		d.run([]byte(operators), nil, graphics{ctm: matrix{1, 0, 0, 1, 0, 0}}, 0)
		page := layout.Page{Width: 595, Height: 842, Runs: []layout.Run{{Box: layout.Box{Left: 60, Top: 700, Right: 300, Bottom: 760}, Size: 10, Text: text}, {Box: layout.Box{Left: 60, Top: 800, Right: 300, Bottom: 810}, Size: 10, Text: "1. A note"}}}
		got := ""
		for _, run := range partCalls(page.Runs, texts) {
			got += run.Text
		}
		if got != text+"1. A note" {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestWordlike(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"harbour", "Harbour,", "NATO", "1,250.00", "état", "Übung", "вода", "state-of-the-art"} {
		if !isWordlike(word) {
			t.Errorf("%q is one", word)
		}
	}
	for _, word := range []string{"IKYLW\\Y", "GWK[Z", "brtk", "hArBoUr", "a=b"} {
		if isWordlike(word) {
			t.Errorf("%q is none", word)
		}
	}
}

// A font that is silent about its characters is no reason to doubt words.
func TestCodedPages(t *testing.T) {
	t.Parallel()
	const silent = "<</Type/Font/Subtype/TrueType/BaseFont/ABCDEF+Own/FontDescriptor<</Flags 4/FontFile2 9 0 R>>"
	for name, tt := range map[string]struct {
		font, text string
		want       int
	}{
		"codes":          {silent + ">>", "IKYLW\\Y N\\OZ ]SZS[SVQ GWK[Z", 1},
		"words":          {silent + ">>", "Harbour dues for visiting yachts", 0},
		"told":           {silent + "/ToUnicode 1 0 R>>", "IKYLW\\Y N\\OZ ]SZS[SVQ GWK[Z", 0},
		"numbers":        {"<</Subtype/Type1/BaseFont/ABCDEF+Own/Encoding<</Differences[1/g1/g2/C03/space]>>>>", "xq! brt ##a", 1},
		"names":          {"<</Subtype/Type1/BaseFont/ABCDEF+Own/Encoding<</Differences[1/a/b/C/space]>>>>", "xq! brt ##a", 0},
		"another font's": {silent[:len(silent)-len("/FontDescriptor<</Flags 4/FontFile2 9 0 R>>")] + ">>", "xq! brt ##a", 0},
	} {
		raw := "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]>>endobj\n" +
			"3 0 obj<</Type/Page/Resources<</Font<</F " + tt.font + ">>>>>>endobj\ntrailer<</Root 1 0 R>>"
		file, err := cos.Open(bytes.NewReader([]byte(raw)), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		doc := &layout.Document{Pages: []layout.Page{{Runs: []layout.Run{{Font: "ABCDEF+Own", Text: tt.text}}}}}
		if got := codedPages(file, doc); len(got) != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFormFields(t *testing.T) {
	t.Parallel()
	got := fieldsOf([]byte(`<xdp:xdp xmlns:xdp="x"><template><draw>no</draw></template><xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/">` +
		`<xfa:data><form><owner><name>Anna  Berg</name><town/></owner><boat>Aurora &amp; Co</boat></form></xfa:data></xfa:datasets></xdp:xdp>`))
	if want := []string{"name: Anna Berg", "boat: Aurora & Co"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func FuzzFormFields(f *testing.F) {
	f.Add([]byte(`<a xmlns:xfa="xfa"><xfa:data><b>c</b></xfa:data>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if fields := fieldsOf(raw); len(fields) > maxFields {
			t.Error(len(fields))
		}
	})
}
