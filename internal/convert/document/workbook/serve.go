package workbook

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxValue is the longest value of a cell in bytes; Excel allows 32767 characters.
const maxValue = 128 << 10

// Serve does what one request on in asks for and answers on out, a line of JSON for each
// cell. Its error is for the standard error of the process.
func Serve(in io.Reader, out io.Writer) error {
	var q request
	if err := json.NewDecoder(in).Decode(&q); err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	w := bufio.NewWriter(out)
	answer := json.NewEncoder(w)
	if q.Decrypt != "" {
		r := reply{}
		if err := decrypt(q); err != nil {
			r.Error = err.Error()
		}
		if err := answer.Encode(r); err != nil {
			return err
		}
		return w.Flush()
	}
	f, err := excelize.OpenFile(q.Path, excelize.Options{UnzipSizeLimit: q.MaxUnpacked, UnzipXMLSizeLimit: q.MaxUnpacked})
	if err != nil {
		return fmt.Errorf("open workbook: %w", err)
	}
	defer f.Close()
	for _, c := range q.Cells {
		r := reply{}
		r.Value, err = calculate(f, c.Sheet, c.Name)
		if err != nil {
			r.Error = err.Error()
		}
		if err := answer.Encode(r); err != nil {
			return err
		}
		// What is ready is kept if the next formula takes the process down.
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// calculate computes a cell. excelize panics over some formulas that it cannot read.
func calculate(f *excelize.File, sheet, cell string) (value string, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			value, err = "", fmt.Errorf("%v", failure)
		}
	}()
	value, err = f.CalcCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil && strings.HasPrefix(err.Error(), "#") {
		return err.Error(), nil // a value as cells show it, such as #DIV/0!
	}
	if err != nil {
		return "", err
	}
	if len(value) > maxValue {
		return "", fmt.Errorf("the value has %d bytes", len(value))
	}
	return value, nil
}

func decrypt(q request) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("%v", failure)
		}
	}()
	raw, err := os.ReadFile(q.Path)
	if err != nil {
		return err
	}
	plain, err := excelize.Decrypt(raw, &excelize.Options{Password: q.Password})
	if err != nil {
		return err
	}
	return os.WriteFile(q.Decrypt, plain, 0o600)
}
