package ooxml

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
)

// compound is the head of an OLE file that names a stream.
func compound(stream string) []byte {
	raw := append([]byte(compoundMagic), make([]byte, 3000)...)
	for _, c := range stream {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(c))
	}
	return append(raw, make([]byte, 1000)...)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	sound := wordFile{body: []string{para("", strings.Repeat("word ", 1000))}}.zip(t)
	main := func(body string) []byte { return parts{{"word/document.xml", body}}.zip(t) }
	encrypted := bytes.Clone(sound)
	for i := range encrypted[:len(encrypted)-10] {
		switch string(encrypted[i : i+4]) {
		case "PK\x03\x04":
			encrypted[i+6] |= 1
		case "PK\x01\x02":
			encrypted[i+8] |= 1
		}
	}
	tests := []struct {
		name   string
		raw    []byte
		limits Limits
		kind   error
		want   string
	}{
		{"empty", nil, Limits{}, convert.ErrBadSource, "not a Word document"},
		{"garbage", []byte("%PDF-1.7 and more of it"), Limits{}, convert.ErrBadSource, "not a Word document"},
		{"truncated", sound[:len(sound)*2/3], Limits{}, convert.ErrBadSource, "truncated"},
		{"encrypted", compound("EncryptedPackage"), Limits{}, convert.ErrBadSource, "encrypted"},
		{"encrypted zip", encrypted, Limits{}, convert.ErrBadSource, "encrypted"},
		{"doc", compound("WordDocument"), Limits{}, convert.ErrUnsupported, "old Word format"},
		{"ppt", compound("PowerPoint Document"), Limits{}, convert.ErrUnsupported, "old PowerPoint format"},
		{"another compound file", compound("x"), Limits{}, convert.ErrBadSource, "compound file"},
		{"pptx", slideFile{}.zip(t), Limits{}, convert.ErrBadSource, "is a PowerPoint presentation"},
		{"pptx in a docx's place", main(`<p:presentation ` + slideSpaces + `/>`), Limits{}, convert.ErrBadSource, "is a PowerPoint presentation"},
		{"another zip", parts{{"a.txt", "x"}}.zip(t), Limits{}, convert.ErrBadSource, "has no word/document.xml"},
		{"no XML", main("hello"), Limits{}, convert.ErrBadSource, "damaged"},
		{"XML cut off", main(`<w:document ` + wordSpaces + `><w:body><w:p>`), Limits{}, convert.ErrBadSource, "damaged"},
		{"an entity of its own", main(`<!DOCTYPE x [<!ENTITY a "b">]><w:document ` + wordSpaces + `><w:body>&a;</w:body></w:document>`), Limits{}, convert.ErrBadSource, "damaged"},
		{"nested too deeply", main(`<w:document ` + wordSpaces + `><w:body>` + strings.Repeat("<w:sdt>", 1e6)), Limits{}, convert.ErrBadSource, "nested too deeply"},
		{"a bomb", main(`<w:document ` + wordSpaces + `>` + strings.Repeat(" ", 9<<20)), Limits{MaxToken: 1 << 30}, convert.ErrBadSource, "times its size"},
		{"a large part", sound, Limits{MaxPart: 1000}, convert.ErrBadSource, "a part of the document is larger than"},
		{"large in all", sound, Limits{MaxTotal: 30_000}, convert.ErrBadSource, "when unpacked"},
		{"a long text", main(`<w:document ` + wordSpaces + `><w:body>` + strings.Repeat("x", 200_000)), Limits{MaxToken: 10_000}, convert.ErrBadSource, "longer than 10000 bytes"},
		{"much text", sound, Limits{MaxText: 100}, convert.ErrBadSource, "more than 100 bytes of text"},
		{"many parts", sound, Limits{MaxDirectory: -1 << 17}, convert.ErrBadSource, "too many parts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := convertBytes(t.Context(), tt.raw, tt.limits)
			if doc != nil || !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("document %v, error %v, want %v with %q", doc, err, tt.kind, tt.want)
			}
			var told *convert.Error
			if !errors.As(err, &told) || strings.ContainsAny(told.Message, "\n") {
				t.Errorf("no sentence for the sender: %v", err)
			}
		})
	}
}

func TestDamagedHelperParts(t *testing.T) {
	t.Parallel()
	f := wordFile{body: []string{para("", "kept"), entry(1, 0, "item")}, styles: "<broken", numbering: "&no;"}
	doc := docxOf(t, f)
	if doc.Content != "kept\n\nitem" || len(doc.Warnings) != 2 {
		t.Errorf("content %q, warnings %q", doc.Content, doc.Warnings)
	}
}

// TestChecksum damages a byte in the stored text, which only the checksum shows.
func TestChecksum(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "word/document.xml", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, `<w:document `+wordSpaces+`><w:body>`+para("", "MARK")+`</w:body></w:document>`); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	raw := bytes.Replace(b.Bytes(), []byte("MARK"), []byte("MARX"), 1)
	if _, err := convertBytes(t.Context(), raw, Limits{}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("error %v", err)
	}
}

// brokenDisk fails like a disk and not like a file.
type brokenDisk struct{ r io.ReaderAt }

var errDisk = errors.New("disk trouble")

func (d brokenDisk) ReadAt(b []byte, offset int64) (int, error) {
	if offset < 100 {
		return 0, errDisk
	}
	return d.r.ReadAt(b, offset)
}

func TestTroubleOfThisMachine(t *testing.T) {
	t.Parallel()
	raw := wordFile{body: []string{para("", "x")}}.zip(t)
	_, err := Docx(t.Context(), brokenDisk{bytes.NewReader(raw)}, int64(len(raw)), Limits{})
	if !errors.Is(err, errDisk) || errors.Is(err, convert.ErrBadSource) {
		t.Errorf("error %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	raw := wordFile{body: []string{strings.Repeat(para("", "x"), 10_000)}}.zip(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := readerFunc(func(b []byte, offset int64) (int, error) {
		if offset < int64(len(raw))/2 {
			cancel()
		}
		return bytes.NewReader(raw).ReadAt(b, offset)
	})
	if doc, err := Docx(ctx, r, int64(len(raw)), Limits{}); !errors.Is(err, context.Canceled) || doc != nil {
		t.Errorf("document %v, error %v", doc, err)
	}
}

type readerFunc func(b []byte, offset int64) (int, error)

func (f readerFunc) ReadAt(b []byte, offset int64) (int, error) { return f(b, offset) }

// TestCutAndTurned cuts a sound file anywhere and turns bytes of it: it must fail as a
// bad source or give a clean document.
func TestCutAndTurned(t *testing.T) {
	t.Parallel()
	raw := wordFile{styles: testStyles, body: []string{para("berschrift1", "Head"), para("", "text")}, more: coreAndApp("t", "a", 1, 1)}.zip(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		damaged := bytes.Clone(raw[:len(raw)-random.IntN(2)*random.IntN(len(raw))])
		for range random.IntN(4) {
			if len(damaged) > 0 {
				damaged[random.IntN(len(damaged))] ^= byte(1 << random.IntN(8))
			}
		}
		doc, err := convertBytes(t.Context(), damaged, Limits{})
		isSound(t, doc, err)
	}
}

func isSound(t *testing.T, doc *content.Document, err error) {
	t.Helper()
	switch {
	case err != nil:
		if doc != nil || !errors.Is(err, convert.ErrBadSource) && !errors.Is(err, convert.ErrUnsupported) {
			t.Errorf("document %v, error %v", doc, err)
		}
	case !utf8.ValidString(doc.Content) || strings.ContainsRune(doc.Content, 0) || strings.HasSuffix(doc.Content, content.PageBreak):
		t.Errorf("content %q", doc.Content)
	case doc.Metadata["engine"] != engine:
		t.Errorf("metadata %v", doc.Metadata)
	}
}

// fuzzLimits keep a single input short.
var fuzzLimits = Limits{MaxPart: 1 << 20, MaxTotal: 4 << 20, MaxText: 1 << 20}

func FuzzDocx(f *testing.F) {
	numbering := abstractNum(1, "decimal %1.", "lowerRoman %1.%2)") + num(1, 1, "")
	f.Add(para("berschrift1", "Head")+entry(1, 1, "x")+wordTable(2, row("a", "b")), testStyles, numbering, para("", "note"))
	f.Add(para("", run("b ", "b,i"), field1("HYPERLINK x:y", run("z", mono)), `<m:oMath><m:nary><m:e><m:t>x</m:t></m:e></m:nary></m:oMath>`), "<w:style>", "&", "")
	f.Add(`<w:p><w:r><w:br w:type="page"/><w:footnoteReference w:id="1"/><w:pict><w:txbxContent><w:tbl><w:tr><w:tc><w:tbl/></w:tc></w:tr></w:tbl></w:txbxContent></w:pict></w:r></w:p>`, "", "", "x")
	f.Fuzz(func(t *testing.T, body, styles, numbering, note string) {
		raw := wordFile{body: []string{body}, styles: styles, numbering: numbering, footnotes: `<w:footnote w:id="1">` + note + `</w:footnote>`}.zip(t)
		doc, err := convertBytes(t.Context(), raw, fuzzLimits)
		isSound(t, doc, err)
	})
}

func FuzzPptx(f *testing.F) {
	f.Add(box("title", "", "", text("T"))+box("", "1", "1,2", level(1, `<a:buAutoNum type="romanUcPeriod"/>`, "x")), text("note"), `<p:sp/>`)
	f.Add(`<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc hMerge="1"/></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`, "", "<a:lstStyle><a:lvl1pPr><a:buNone/>")
	f.Fuzz(func(t *testing.T, tree, notes, layout string) {
		raw := slideFile{slides: []slideSource{{tree: tree, notes: notes, links: []string{"l slideLayout ../slideLayouts/l.xml", "d1 diagramData ../slideLayouts/l.xml"}}},
			more: parts{{"ppt/slideLayouts/l.xml", `<p:sldLayout ` + slideSpaces + `>` + layout + `</p:sldLayout>`}}}.zip(t)
		doc, err := Pptx(t.Context(), bytes.NewReader(raw), int64(len(raw)), fuzzLimits)
		isSound(t, doc, err)
	})
}

// FuzzContainer is given whole files.
func FuzzContainer(f *testing.F) {
	f.Add(wordFile{body: []string{para("", "x")}}.zip(f))
	f.Add(slideFile{slides: []slideSource{{tree: box("title", "", "", text("T"))}}}.zip(f))
	f.Add(compound("EncryptedPackage"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := convertBytes(t.Context(), raw, fuzzLimits)
		isSound(t, doc, err)
		doc, err = Pptx(t.Context(), bytes.NewReader(raw), int64(len(raw)), fuzzLimits)
		isSound(t, doc, err)
	})
}
