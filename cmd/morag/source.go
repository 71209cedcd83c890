package main

import (
	"errors"
	"fmt"
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
