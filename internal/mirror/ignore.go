package mirror

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// IgnoreFile names files that are left out, as .gitignore does for git, below the folder in
// which it lies.
const IgnoreFile = ".moragignore"

// maxIgnore bounds the bytes of such a file.
const maxIgnore = 1 << 20

// ignored are the patterns that hold in a folder: its own go after those of the folders above,
// so that they win.
type ignored []gitignore.Pattern

// with adds the patterns of a folder, if there are any. Where they cannot be read nothing is
// known of what they keep out, which is an error.
func (g ignored) with(root *os.Root, folder string) (ignored, error) {
	name := path.Join(folder, IgnoreFile)
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return g, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := openFile(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIgnore+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxIgnore {
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxIgnore)
	}
	patterns := g[:len(g):len(g)]
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, maxIgnore+1)
	for lines.Scan() {
		if line := trimmed(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, gitignore.ParsePattern(line, parts(folder)))
		}
	}
	return patterns, lines.Err()
}

// trimmed is a line without the spaces at its end, but one that a backslash keeps.
func trimmed(line string) string {
	without := strings.TrimRight(line, " \t\r")
	if strings.HasSuffix(without, `\`) && len(without) < len(line) {
		return without + " "
	}
	return without
}

// match tells whether a file or folder is left out: the last pattern that knows it says so.
func (g ignored) match(name string, folder bool) bool {
	elements := parts(name)
	for i := len(g) - 1; i >= 0; i-- {
		switch g[i].Match(elements, folder) {
		case gitignore.Exclude:
			return true
		case gitignore.Include:
			return false
		}
	}
	return false
}

// parts are the elements of a path below the folder, none of the folder's own.
func parts(name string) []string {
	if name == "." || name == "" {
		return nil
	}
	return strings.Split(name, "/")
}
