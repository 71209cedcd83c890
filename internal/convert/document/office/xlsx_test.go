package office_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

// salesBook is a workbook whose formulas have no values yet, as programs write it.
func salesBook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetSheetName("Sheet1", "Sales"))
	for cell, value := range map[string]any{
		"B2": "Name", "C2": "When", "D2": "Amount", "E2": "Share", "F2": "Total",
		"B3": "a|b\nline", "C3": time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC), "D3": 1234.5678, "E3": 0.256,
		"B4": "x", "C4": time.Date(2024, 3, 4, 5, 6, 7, 0, time.UTC), "D4": 7, "E4": true,
		"B8": "merged", "B9": "a link",
	} {
		must(f.SetCellValue("Sales", cell, value))
	}
	for cell, formula := range map[string]string{"F3": "D3*2", "F4": "SUM(D3:D4)", "F5": `IF(D3>1,"big","small")`, "F6": "1/0", "C7": "C3+1"} {
		must(f.SetCellFormula("Sales", cell, formula))
	}
	euros := `#,##0.00 "€"`
	for cell, style := range map[string]*excelize.Style{
		"C3": {NumFmt: 14}, "C4": {NumFmt: 22}, "C7": {NumFmt: 14}, "D3": {CustomNumFmt: &euros}, "D4": {CustomNumFmt: &euros}, "E3": {NumFmt: 9},
	} {
		id, err := f.NewStyle(style)
		must(err)
		must(f.SetCellStyle("Sales", cell, cell, id))
	}
	must(f.MergeCell("Sales", "B8", "D8"))
	must(f.SetCellHyperLink("Sales", "B9", "https://example.com/x", "External"))
	for _, name := range []string{"Hidden", "Very", "Empty", "Two"} {
		_, err := f.NewSheet(name)
		must(err)
		if name != "Empty" {
			must(f.SetCellValue(name, "A1", "only "+name))
		}
	}
	must(f.SetSheetVisible("Hidden", false))
	must(f.SetSheetVisible("Very", false, true))
	must(f.SetDocProps(&excelize.DocProperties{Title: "The Book", Creator: "Ann", Created: "2024-01-02T03:04:05Z"}))
	var out bytes.Buffer
	must(f.Write(&out))
	return out.Bytes()
}

const salesText = `## Sales

| Name | When | Amount | Share | Total |
| --- | --- | --- | --- | --- |
| a\|b<br>line | 2024-03-04 | 1,234.5678 € | 25.6% | 2469.1356 |
| x | 2024-03-04T05:06:07 | 7.00 € | TRUE | 1241.5678 |
|  |  |  |  | big |
|  |  |  |  | #DIV/0! |
|  | 2024-03-05 |  |  |  |
| merged |  |  |  |  |
| [a link](https://example.com/x) |  |  |  |  |

## Two

| only Two |
| --- |`

func TestXlsx(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.xlsx", string(salesBook(t)))
	if doc.Content != salesText {
		t.Errorf("got\n%s\nwant\n%s", doc.Content, salesText)
	}
	for key, want := range map[string]any{"title": "The Book", "author": "Ann", "created": "2024-01-02T03:04:05Z"} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: %v", key, doc.Metadata[key])
		}
	}
	if got, _ := doc.Metadata["sheets"].([]string); !slices.Equal(got, []string{"Sales", "Empty", "Two"}) {
		t.Errorf("sheets %v", doc.Metadata["sheets"])
	}
	if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "2 sheets are hidden") {
		t.Errorf("warnings %q", doc.Warnings)
	}
}

// Without the engine the formulas themselves are the text.
func TestXlsxWithoutEngine(t *testing.T) {
	t.Parallel()
	src := documenttest.File(t, "a.xlsx", salesBook(t))
	doc, err := document.New(document.Config{}).Convert(t.Context(), src, convert.Options{}, nil)
	if err != nil || !strings.Contains(doc.Content, "=SUM(D3:D4)") || len(doc.Warnings) != 3 {
		t.Errorf("%+v, %v", doc, err)
	}
}

// A formula that asks for more memory than there is takes its process down and nothing
// else.
func TestXlsxFormulaBomb(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	if err := errors.Join(
		f.SetCellValue("Sheet1", "A1", "kept"),
		f.SetCellFormula("Sheet1", "A2", "1+1"),
		f.SetCellFormula("Sheet1", "A3", `REPT(REPT("xxxxxxxxxx",32000),32000)`),
		f.SetCellFormula("Sheet1", "A4", "SUMPRODUCT(ROW(A1:XFD1048576)*COLUMN(A1:XFD1048576))"),
	); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	src := documenttest.File(t, "a.xlsx", out.Bytes())
	c := document.New(document.Config{Timeout: 20 * time.Second, WorkbookCommand: documenttest.WorkbookCommand()})
	doc, err := c.Convert(t.Context(), src, convert.Options{}, nil)
	if err != nil || !strings.HasPrefix(doc.Content, "## Sheet1\n\n| kept |\n| --- |\n| 2 |") || len(doc.Warnings) == 0 {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestEncryptedOfficeFiles(t *testing.T) {
	t.Parallel()
	// No real file is as small as those of the other tests.
	padded := func(parts string) []byte {
		padding := make([]byte, 16<<10)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(padding)
		return withPart(t, parts, "padding.bin", string(padding))
	}
	for name, raw := range map[string][]byte{"a.xlsx": salesBook(t), "a.docx": padded(documenttest.Word(t)), "a.pptx": padded(slideFile(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			locked, err := excelize.Encrypt(raw, &excelize.Options{Password: "secret"})
			if err != nil {
				t.Fatal(err)
			}
			src := documenttest.File(t, name, locked)
			scratch := t.TempDir()
			for _, tt := range []struct{ password, want string }{{"", "give its password"}, {"wrong", "does not open"}} {
				_, err := documenttest.New(scratch).Convert(t.Context(), src, convert.Options{Password: tt.password}, nil)
				if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("password %q: %v", tt.password, err)
				}
			}
			plain, err := documenttest.Convert(t, documenttest.File(t, name, raw), convert.Options{})
			if err != nil {
				t.Fatal(err)
			}
			doc, err := documenttest.New(scratch).Convert(t.Context(), src, convert.Options{Password: "secret"}, nil)
			if err != nil || doc.Content != plain.Content {
				t.Errorf("%+v, %v", doc, err)
			}
		})
	}
}
