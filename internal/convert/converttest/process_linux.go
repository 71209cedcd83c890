package converttest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// ProcessesNaming lists the running programs that have dir in their arguments.
func ProcessesNaming(dir string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, err := os.ReadFile(file) // empty for a zombie, gone for one that has ended
		if err == nil && bytes.Contains(line, []byte(dir)) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
