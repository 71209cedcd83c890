package main

import (
	"fmt"
	"runtime"
)

type versionCmd struct{}

func (versionCmd) Run(std streams) error {
	_, err := fmt.Fprintln(std.out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("morag %s %s/%s %s", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
