package main

import (
	"os"

	"morag/internal/app"
)

// convertEngineCmd is the process in which the server, the worker and `morag convert`
// convert; it is for no one else.
type convertEngineCmd struct{}

func (convertEngineCmd) Run(std streams) error {
	return app.ServeConversions(os.Stdin, std.out, func() { os.Exit(exitFailed) })
}

// converterCommand starts this program again for conversions.
func converterCommand() ([]string, error) {
	self, err := os.Executable()
	return []string{self, "convert-engine"}, err
}
