package main

import (
	"fmt"
	"path/filepath"

	"morag/internal/mirror"
)

// fromSize is from which size on it is shown how far a file is, in bytes.
const fromSize = 1 << 20

// Begin implements [mirror.Report].
func (f *syncedFolder) Begin(files int) { f.board = newBoard(f.std.err, files) }

// Sending implements [mirror.Report].
func (f *syncedFolder) Sending(path string, sent, total int64) {
	if total >= fromSize {
		f.board.show(path, oneLine(filepath.Base(path)), float64(sent)/float64(total), "uploading")
	}
}

// syncedFile is what --json prints of a file.
type syncedFile struct {
	Folder     string   `json:"folder"`
	Action     string   `json:"action"`
	Path       string   `json:"path"`
	From       string   `json:"from,omitempty"`
	DocumentID string   `json:"document_id,omitempty"`
	TaskID     string   `json:"task_id,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
	Error      *string  `json:"error"`
}

// Done implements [mirror.Report].
func (f *syncedFolder) Done(c mirror.Change) {
	f.board.end(c.Path)
	if c.Action == mirror.Failed {
		f.refused++
	}
	if f.command.JSON {
		one := syncedFile{f.name, string(c.Action), c.Path, c.From, c.DocumentID, c.TaskID, c.Warnings, nil}
		if c.Err != nil {
			text := explain(c.Err, f.command.Server)
			one.Error = &text
		}
		_ = printJSON(f.std.out, one) // output that nobody reads any more is told by nobody
		return
	}
	name := f.shown(c.Path)
	switch {
	case c.Err != nil && c.Action == mirror.Failed:
		fmt.Fprintf(f.std.err, "morag: %s: could not be converted: %s\n", name, oneLine(c.Err.Error()))
	case c.Err != nil:
		fmt.Fprintf(f.std.err, "morag: %s: %s\n", name, explain(c.Err, f.command.Server))
	default:
		for _, warning := range c.Warnings {
			fmt.Fprintf(f.std.err, "%s: warning: %s\n", name, oneLine(asFlags(warning)))
		}
		fmt.Fprintln(f.std.out, f.line(c, name))
	}
}

// shown is a file's name as it is told: with its folder's where there are several.
func (f *syncedFolder) shown(path string) string {
	if f.several && !isAddress(f.name) {
		path = filepath.Join(f.name, path)
	}
	return oneLine(path)
}

func (f *syncedFolder) line(c mirror.Change, name string) string {
	document := ""
	if c.DocumentID != "" {
		document = ": document " + short(c.DocumentID)
	}
	if c.TaskID != "" {
		document = fmt.Sprintf(": task %s document %s", short(c.TaskID), short(c.DocumentID))
	}
	if c.From != "" {
		name = f.shown(c.From) + " to " + name
	}
	return fmt.Sprintf("%s %s%s", c.Action, name, document)
}
