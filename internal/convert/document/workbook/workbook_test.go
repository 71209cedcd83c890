package workbook_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"morag/internal/convert/document/ooxml"
	"morag/internal/convert/document/workbook"
)

// serveFlag makes this test binary the process of the engine.
const serveFlag = "serve-workbook"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == serveFlag {
		if workbook.Serve(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func engine() workbook.Engine {
	return workbook.Engine{Command: []string{os.Args[0], serveFlag}, Timeout: time.Minute, MaxUnpacked: 64 << 20}
}

// book writes a workbook with two formulas and returns its path.
func book(t *testing.T, opts ...excelize.Options) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := errors.Join(
		f.SetCellValue("Sheet1", "A1", 20),
		f.SetCellFormula("Sheet1", "A2", "A1*2+2"),
		f.SetCellFormula("Sheet1", "A3", "A2/0"),
		f.SaveAs(path, opts...),
	); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCalculate(t *testing.T) {
	t.Parallel()
	cells := []ooxml.Cell{{Sheet: "Sheet1", Name: "A2"}, {Sheet: "Sheet1", Name: "A3"}, {Sheet: "None", Name: "A1"}}
	values, err := engine().Calculate(t.Context(), book(t), cells)
	if err != nil || strings.Join(values, " ") != "42 #DIV/0! " {
		t.Errorf("%q, %v", values, err)
	}
}

func TestCalculateRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "noise")
	if err := os.WriteFile(path, []byte("no workbook"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine().Calculate(t.Context(), path, []ooxml.Cell{{Sheet: "S", Name: "A1"}}); err == nil {
		t.Error("noise was computed")
	}
	if _, err := (workbook.Engine{}).Calculate(t.Context(), path, nil); !errors.Is(err, workbook.ErrUnavailable) {
		t.Errorf("without a command: %v", err)
	}
	small := engine()
	small.MaxUnpacked = 100
	if _, err := small.Calculate(t.Context(), book(t), []ooxml.Cell{{Sheet: "Sheet1", Name: "A2"}}); err == nil {
		t.Error("the limit of size was passed over")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine().Calculate(ctx, book(t), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestDecrypt(t *testing.T) {
	t.Parallel()
	path := book(t, excelize.Options{Password: "secret"})
	to := filepath.Join(t.TempDir(), "plain")
	if err := engine().Decrypt(t.Context(), path, "secret", to); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if v, err := f.GetCellValue("Sheet1", "A1"); v != "20" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if err := engine().Decrypt(t.Context(), path, "wrong", to); err == nil {
		t.Error("a wrong password opens the file")
	}
	if err := engine().Decrypt(t.Context(), book(t), "x", to); err == nil {
		t.Error("a file that is not encrypted was decrypted")
	}
}

func TestServeWithoutRequest(t *testing.T) {
	t.Parallel()
	if err := workbook.Serve(strings.NewReader("noise"), &bytes.Buffer{}); err == nil {
		t.Error("noise is no request")
	}
}
