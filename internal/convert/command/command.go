// Package command runs anyone's own converter: a program that the operator names in the
// settings for a content type, built in or of his own. It is given the path of the file
// and prints Markdown, or a JSON object with the text, its segments and metadata.
//
// argument.go fills in the command line, result.go reads what comes out.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/proc"
)

// Config is what a [Converter] needs. Type and Command must be set.
type Config struct {
	// Type is the content type the command converts.
	Type string
	// Command is the program and its arguments, in which the names of [Placeholders]
	// in braces stand for what is known of a source. An argument that names something
	// which is not known of a source is left out.
	Command []string
	// Env names the variables of this process that the program gets besides PATH and
	// LANG. HOME is a scratch folder unless it is among them.
	Env []string
	// ScratchDir holds the folders of running conversions; "" is the system's folder
	// for temporary files.
	ScratchDir string
	// Timeout is how long one conversion may take (6 hours).
	Timeout time.Duration
	// MaxOutput is the most bytes the program may print or write as its result (64 MiB).
	MaxOutput int64
	// MaxMemory is the address space each of its processes may take, on Linux; 0 is no
	// limit.
	MaxMemory int64
}

// Exit codes that a program can use, as sysexits.h names them.
const (
	exitDataErr  = 65 // the file is at fault
	exitTempFail = 75 // another time it may do better
)

// Converter runs one command for one content type.
type Converter struct{ config Config }

var _ convert.Converter = (*Converter)(nil)

// New makes a converter. It fails on a command that cannot work, saying why in one
// clause; a program that is not there shows in [Converter.Engines] and fails the
// conversions.
func New(config Config) (*Converter, error) {
	if err := check(config.Type, config.Command); err != nil {
		return nil, err
	}
	config.Command = slices.Clone(config.Command)
	if program := config.Command[0]; program != filepath.Base(program) { // it runs in another folder
		absolute, err := filepath.Abs(program)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", config.Type, err)
		}
		config.Command[0] = absolute
	}
	config.Timeout = cmp.Or(config.Timeout, 6*time.Hour)
	config.MaxOutput = cmp.Or(config.MaxOutput, 64<<20)
	return &Converter{config: config}, nil
}

// Name is "command".
func (c *Converter) Name() string { return "command" }

// Types is the one type of the command.
func (c *Converter) Types() []string { return []string{c.config.Type} }

// program is the command's name as people know it.
func (c *Converter) program() string { return filepath.Base(c.config.Command[0]) }

// Engines is the program.
func (c *Converter) Engines(context.Context) []convert.Engine {
	_, err := proc.Find(c.config.Command[0]) // how it tells its version is its own affair
	return []convert.Engine{{
		Name: c.program(), Purpose: "command of your own", Available: err == nil,
		Remedy: "install it or correct MORAG_COMMANDS",
	}}
}

// Convert runs the command. An exit status of 65 wraps [convert.ErrBadSource] and any
// other one but 0 [convert.ErrEngine], with the last line of standard error. Lines there
// like "progress: 0.42 some words" are progress.
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	around := frame.Frame{Noun: "the source", Begin: "starting " + c.program(), Done: "converted"}
	return around.RunFile(ctx, src, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		doc, err := c.run(ctx, src, opt, &meter{report: progress})
		if err != nil {
			return nil, err
		}
		if _, told := doc.Metadata["engine"]; !told {
			doc.Metadata["engine"] = c.program()
		}
		return doc, nil
	})
}

// run runs the program in a scratch folder that is gone afterwards.
func (c *Converter) run(ctx context.Context, src content.Source, opt convert.Options, m *meter) (*content.Document, error) {
	w, err := c.open(src)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(w.dir)
	values, err := valuesOf(src, opt, w)
	if err != nil {
		return nil, err
	}
	arguments := fill(c.config.Command[1:], values)
	cmd := proc.Cmd{
		Name: c.config.Command[0], Args: arguments, Dir: w.dir, Env: c.environment(w.dir),
		Timeout: c.config.Timeout, MaxStdout: c.config.MaxOutput, MaxMemory: c.config.MaxMemory,
		ErrLine: m.line,
	}
	toFile := names(c.config.Command, "output")
	if toFile {
		cmd.Line = func([]byte) {} // what it prints besides its file is for nobody
	}
	result, err := proc.Run(ctx, cmd)
	if err != nil {
		return nil, c.failure(err, m.last(), w)
	}
	if toFile {
		if result.Stdout, err = c.readOutput(w); err != nil {
			return nil, err
		}
	}
	return parseResult(result.Stdout), nil
}

// workplace is where one run of the program works.
type workplace struct {
	dir    string // scratch
	source string // where the source really is
	input  string // a link to it whose name has the extension that programs go by
	output string // where {output} is to be written
}

func (c *Converter) open(src content.Source) (workplace, error) {
	source, err := filepath.Abs(src.Path)
	if err != nil {
		return workplace{}, fmt.Errorf("convert by command: %w", err)
	}
	dir, err := frame.Scratch(c.config.ScratchDir, "command")
	if err != nil {
		return workplace{}, err
	}
	w := workplace{dir: dir, source: source, input: filepath.Join(dir, "source"+extension(src.Name)), output: filepath.Join(dir, "output")}
	if os.Symlink(source, w.input) != nil && os.Link(source, w.input) != nil {
		w.input = source // not every system lets everyone link
	}
	return w, nil
}

// environment adds to what every engine gets.
func (c *Converter) environment(scratch string) []string {
	var env []string
	for _, name := range []string{"HOME", "TMPDIR", "TEMP", "TMP"} {
		env = append(env, name+"="+scratch)
	}
	for _, name := range c.config.Env {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// readOutput reads the file that the program was to write, or the one of that name
// with an extension of the program's own.
func (c *Converter) readOutput(w workplace) ([]byte, error) {
	path := w.output
	if _, err := os.Lstat(path); err != nil {
		if found, _ := filepath.Glob(path + ".*"); len(found) == 1 {
			path = found[0]
		}
	}
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, convert.EngineFailed(fmt.Sprintf("the command %s wrote no output file", c.program()), err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, convert.EngineFailed(fmt.Sprintf("the command %s wrote no output file that can be read", c.program()), err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, c.config.MaxOutput+1))
	if err != nil {
		return nil, fmt.Errorf("read the command's output: %w", err)
	}
	if int64(len(text)) > c.config.MaxOutput {
		return nil, c.tooMuch(nil)
	}
	return text, nil
}

func (c *Converter) tooMuch(cause error) error {
	return convert.EngineFailed(fmt.Sprintf("the command %s gave more than %d MiB", c.program(), c.config.MaxOutput>>20), cause)
}

// failure makes a sentence of how the program ended; last is what it said.
func (c *Converter) failure(err error, last string, w workplace) error {
	if last = w.hide(last); last != "" {
		last = ": " + last
	}
	failed, _ := errors.AsType[*proc.Error](err)
	switch {
	case errors.Is(err, proc.ErrNotFound):
		return convert.NoEngine(fmt.Sprintf("the program %s that MORAG_COMMANDS names is not there: install it", c.program()))
	case errors.Is(err, proc.ErrTimeout):
		return convert.EngineFailed(fmt.Sprintf("the command %s took longer than %s", c.program(), c.config.Timeout), err)
	case errors.Is(err, proc.ErrOutput):
		return c.tooMuch(err)
	case failed == nil:
	case failed.ExitCode == exitDataErr:
		return convert.BadSource(fmt.Sprintf("the command %s cannot read the file%s", c.program(), last), err)
	case failed.ExitCode == exitTempFail:
		return convert.EngineFailed(fmt.Sprintf("the command %s cannot convert now%s", c.program(), last), err)
	}
	return convert.EngineFailed(fmt.Sprintf("the command %s failed%s", c.program(), last), err)
}
