// Package workbook does what takes a whole spreadsheet program: it computes the formulas of
// an Excel workbook and opens encrypted Office files, by excelize. A stranger's formula
// may run for ever or fill the memory, and so may the key of an encrypted file; hence
// all of it happens in a process of its own, which is this program again: [Serve] is what
// that process does, and the methods of [Engine] start it.
package workbook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"morag/internal/convert/document/ooxml"
	"morag/internal/proc"
)

// Engine starts the processes. It is safe for concurrent use.
type Engine struct {
	// Command is the program, with arguments, that calls [Serve].
	Command []string
	// Timeout is how long one process may run.
	Timeout time.Duration
	// MaxMemory is the address space it may take, on Linux.
	MaxMemory int64
	// MaxUnpacked is the largest workbook in bytes, uncompressed.
	MaxUnpacked int64
}

// guard is set in the environment of the process: it starts no other.
const guard = "WORKBOOK_ENGINE_CHILD"

// maxReply bounds what a process may print, in bytes.
const maxReply = 256 << 20

var (
	// ErrUnavailable: there is no command to start.
	ErrUnavailable = errors.New("no engine for workbooks")
	// ErrPassword: the password does not open the file.
	ErrPassword = errors.New("the password does not open the file")
)

// request is what a process is to do. The password travels this way and not among the
// arguments, which every user of the machine can see.
type request struct {
	Path        string       `json:"path"`
	Password    string       `json:"password,omitempty"`
	Decrypt     string       `json:"decrypt,omitempty"` // the file to write
	MaxUnpacked int64        `json:"max_unpacked"`
	Cells       []ooxml.Cell `json:"cells,omitempty"`
}

// reply is a line of the answer: one for each cell, or one in all.
type reply struct {
	Value string `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

// Calculate computes cells of the workbook in a file: a value for each, "" where there is
// none. With an error come the values that were ready before it.
func (e Engine) Calculate(ctx context.Context, path string, cells []ooxml.Cell) ([]string, error) {
	values := make([]string, 0, len(cells))
	var failure error
	err := e.run(ctx, request{Path: path, MaxUnpacked: e.MaxUnpacked, Cells: cells}, func(r reply) {
		if r.Error != "" && len(values) == 0 && failure == nil {
			failure = errors.New(r.Error)
		}
		values = append(values, r.Value)
	})
	if err == nil && len(values) < len(cells) {
		err = failure
	}
	return values, err
}

// Decrypt writes the document inside of an encrypted Office file to another file. It
// returns ErrPassword when nothing comes of the password.
func (e Engine) Decrypt(ctx context.Context, path, password, to string) error {
	answer := reply{Error: "no answer"}
	err := e.run(ctx, request{Path: path, Password: password, Decrypt: to, MaxUnpacked: e.MaxUnpacked}, func(r reply) { answer = r })
	switch {
	case err != nil:
		return err
	case answer.Error != "":
		return fmt.Errorf("decrypt: %s", answer.Error)
	}
	head := make([]byte, 4)
	f, err := os.Open(to)
	if err != nil {
		return fmt.Errorf("decrypt: %w", err)
	}
	defer f.Close()
	if _, err := f.Read(head); err != nil || !bytes.Equal(head, []byte("PK\x03\x04")) {
		return ErrPassword
	}
	return nil
}

// run starts a process and reads its answer line by line.
func (e Engine) run(ctx context.Context, q request, each func(reply)) error {
	if len(e.Command) == 0 || os.Getenv(guard) != "" {
		return ErrUnavailable
	}
	input, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("ask workbook engine: %w", err)
	}
	_, err = proc.Run(ctx, proc.Cmd{
		Name: e.Command[0], Args: e.Command[1:], Env: []string{guard + "=1"},
		Stdin: bytes.NewReader(input), Timeout: e.Timeout, MaxStdout: maxReply, MaxMemory: e.MaxMemory,
		Line: func(line []byte) {
			var r reply
			if json.Unmarshal(line, &r) == nil {
				each(r)
			}
		},
	})
	return err
}
