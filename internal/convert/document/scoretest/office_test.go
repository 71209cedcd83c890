package scoretest_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

var office = flag.Bool("office", false, "score the formats that LibreOffice reads, too: make try-office")

// officeSpecimens are old Office files, which LibreOffice writes and reads. Its installation
// takes longer than all other tests of documents: they are scored where it is asked for.
func officeSpecimens(t *testing.T) []specimen {
	t.Helper()
	if !*office {
		return nil
	}
	report := read(t, "report.md")
	return []specimen{
		{"doc", "report.doc", truthOf(report, ""), func(t *testing.T) []byte { return libreOffice(t, "report.docx", "doc", pandoc(t, report, "docx")) }},
		{"xls", "sheets.xls", strings.Replace(sheetsTruth, "Comment on A4: By order of the board\n\n", "", 1), func(t *testing.T) []byte { return libreOffice(t, "sheets.xlsx", "xls", workbook(t)) }},
		{"ppt", "show.ppt", showTruth, func(t *testing.T) []byte { return libreOffice(t, "show.pptx", "ppt", pandoc(t, showTruth, "pptx")) }},
	}
}

const showTruth = "## Traffic\n\n- the ferry line was reopened\n- the weather was calm\n\n## Costs\n\n| Item | Crowns |\n| --- | --- |\n| Lantern | 1,200 |\n| Rope | 35 |\n"

// workbook is the file of sheetsTruth, without its comment.
func workbook(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	for i, sheet := range strings.Split(strings.TrimPrefix(sheetsTruth, "## "), "\n\n## ") {
		name, table, _ := strings.Cut(sheet, "\n\n")
		err := book.SetSheetName("Sheet1", name)
		if i > 0 {
			_, err = book.NewSheet(name)
		}
		table, _, _ = strings.Cut(table, "\n\n")
		for row, line := range strings.Split(strings.Replace(table, "| --- | --- | --- |\n", "", 1), "\n") {
			for column, value := range strings.Split(strings.Trim(line, "| "), " | ") {
				cell, _ := excelize.CoordinatesToCellName(column+1, row+1)
				err = errors.Join(err, book.SetCellStr(name, cell, value))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	raw, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// libreOffice writes a file in another format.
func libreOffice(t *testing.T, name, format string, raw []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, "soffice", "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--convert-to", format, "--outdir", dir, filepath.Join(dir, name))
	out, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(name, filepath.Ext(name))+"."+format))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
