package rtf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"morag/internal/convert"
	"morag/internal/convert/document/source"
	"morag/internal/proc"
)

const (
	pandoc       = "pandoc"
	pandocRemedy = "apt-get install pandoc"
	// pandocHeap is the memory that pandoc may take, in MiB. Its runtime watches over
	// that itself: it reserves far more address space than it uses, so that a cap on
	// that would end it at once.
	pandocHeap = 1024
	// exitHeap is how pandoc ends when that is not enough.
	exitHeap = 251
)

// pandocHTML makes HTML of a text that it reads from standard input. It reads and writes no
// files and has no network (--sandbox).
func pandocHTML(ctx context.Context, limits source.Limits, format, noun string, input io.Reader) ([]byte, error) {
	result, err := proc.Run(ctx, proc.Cmd{
		Name: pandoc,
		Args: []string{
			"+RTS", fmt.Sprintf("-M%dM", pandocHeap), "-RTS",
			"--sandbox", "--quiet", "--from", format, "--to", "html5", "--wrap", "none", "--mathml",
		},
		Stdin: input, Timeout: limits.Timeout, MaxStdout: limits.MaxText,
	})
	var failure *proc.Error
	switch {
	case err == nil:
		return result.Stdout, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return nil, convert.NoEngine(fmt.Sprintf("%s files need the program pandoc: %s", strings.ToUpper(format), pandocRemedy))
	case errors.Is(err, proc.ErrTimeout):
		return nil, convert.BadSource(fmt.Sprintf("the document took longer than %s to read", limits.Timeout), err)
	case errors.Is(err, proc.ErrOutput):
		return nil, convert.BadSource(fmt.Sprintf("the document holds more than %d MiB of text", limits.MaxText>>20), err)
	case errors.As(err, &failure) && failure.ExitCode == exitHeap:
		return nil, convert.BadSource(fmt.Sprintf("the document needs more than %d MiB of memory to read", pandocHeap), err)
	}
	return nil, convert.BadSource("the file is not a readable "+noun, err)
}

// Engine is pandoc in the list of engines.
func Engine(ctx context.Context) convert.Engine {
	version, err := proc.Version(ctx, pandoc, "--version")
	return convert.Engine{Name: pandoc, Purpose: "text of RTF files", Version: version, Available: err == nil, Remedy: pandocRemedy}
}
