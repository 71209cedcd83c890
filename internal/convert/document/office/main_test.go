package office_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"morag/internal/convert/document/documenttest"
	"morag/internal/convert/document/workbook"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == documenttest.WorkbookFlag {
		if err := workbook.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
