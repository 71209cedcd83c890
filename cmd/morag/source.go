package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sourcesOf are the files and addresses that the arguments name. A folder stands for the
// files in it and in its folders, without those that are hidden or no regular files.
func sourcesOf(arguments []string, recursive bool) ([]string, error) {
	var sources []string
	for _, argument := range arguments {
		info, err := os.Stat(argument)
		if isAddress(argument) || err != nil || !info.IsDir() {
			sources = append(sources, argument) // what cannot be read is told when it is its turn
			continue
		}
		if !recursive {
			return nil, usageError{fmt.Errorf("%s is a folder: -r ingests the files in it", argument)}
		}
		files, err := filesIn(argument)
		if err != nil {
			return nil, err
		}
		sources = append(sources, files...)
	}
	if len(sources) == 0 {
		return nil, errors.New("there are no files in " + strings.Join(arguments, ", "))
	}
	return sources, nil
}

func filesIn(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && path != folder
		switch {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && entry.Type().IsRegular():
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// standardInput is the argument that stands for it.
const standardInput = "-"

// keepInput copies what is read into a file, since an upload that broke off is sent again.
// remove removes it.
func keepInput(r io.Reader) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "morag-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // the system clears up what stays
	path = filepath.Join(dir, "standard-input")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = io.Copy(f, r)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("read standard input: %w", err)
	}
	return path, remove, nil
}
