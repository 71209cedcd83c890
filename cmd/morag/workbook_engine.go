package main

import (
	"os"

	"morag/internal/app"
)

// workbookEngineCmd is the process that the document converter starts for formulas and
// encrypted files; it is for no one else.
type workbookEngineCmd struct{}

func (workbookEngineCmd) Run(std streams) error { return app.ServeWorkbook(os.Stdin, std.out) }
