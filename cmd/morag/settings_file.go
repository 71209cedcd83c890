package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// The settings files that nobody has to name.
const (
	folderSettings = "morag.yaml" // in the working directory
	systemSettings = "/etc/morag/config.yaml"
)

// beforeParsing finds the command among the arguments, "" for none, and the settings file
// that they or the environment name: the file is read before the arguments can be.
func beforeParsing(args []string) (command, path string) {
	path = os.Getenv("MORAG_CONFIG")
	for i := 0; i < len(args); i++ {
		value, assigned := strings.CutPrefix(args[i], "--config=")
		switch {
		case assigned:
			path = value
		case args[i] == "--config" && i+1 < len(args):
			i++
			path = args[i]
		case command == "" && !strings.HasPrefix(args[i], "-"):
			command = args[i]
		}
	}
	return command, path
}

// runsHere tells whether a command is one that an operator starts in a folder of its own,
// and so reads the settings that lie there. Others are called wherever somebody happens to
// be, in an unpacked archive say, whose settings would run programs and send keys away.
func runsHere(command string) bool { return command == "serve" || command == "worker" }

// isEngine tells whether a command is one that only this program starts. What it needs of
// the settings it is told.
func isEngine(command string) bool {
	return command == "convert-engine" || command == "workbook-engine"
}

// openSettings opens the file at path, or without one the first that is there of those
// that the command takes by itself; nil when there is none.
func openSettings(command, path string) (*os.File, error) {
	if path != "" {
		return os.Open(path)
	}
	if runsHere(command) {
		if f, err := openOwned(folderSettings); !isAbsent(err) {
			return f, err
		}
	}
	if dir, err := os.UserConfigDir(); err == nil {
		f, err := os.Open(filepath.Join(dir, "morag", "config.yaml"))
		// A folder that may not be looked into is that of another user, whose HOME is still set.
		if !isAbsent(err) && !errors.Is(err, fs.ErrPermission) {
			return f, err
		}
	}
	f, err := os.Open(systemSettings)
	if isAbsent(err) || errors.Is(err, fs.ErrPermission) && !runsHere(command) { // a server's, with its keys
		return nil, nil
	}
	return f, err
}

// isAbsent tells that there is no such file. HOME may be no folder: /dev/null is common.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
