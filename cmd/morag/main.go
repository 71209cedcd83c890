// Command morag turns audio, video, documents and more into searchable text. One
// binary is the server, the worker and the client; each subcommand is a file here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"morag/internal/client"
)

// version is set by the linker.
var version = "dev"

// cli is the whole command line. Its tags are the reference that the documents are
// generated from.
type cli struct {
	Config string `name:"config" env:"MORAG_CONFIG" placeholder:"FILE" help:"YAML file with settings (default: ./morag.yaml if it is there)."`

	Serve     serveCmd     `cmd:"" help:"Run the server."`
	Worker    workerCmd    `cmd:"" help:"Run a worker that converts for a server."`
	Ingest    ingestCmd    `cmd:"" help:"Have files, or what is at addresses, made searchable."`
	Convert   convertCmd   `cmd:"" help:"Convert a file or what is at an address to Markdown, without a server."`
	Search    searchCmd    `cmd:"" help:"Search what was ingested."`
	Tasks     tasksCmd     `cmd:"" help:"Look at ingestions."`
	Jobs      jobsCmd      `cmd:"" help:"Look at remote jobs."`
	Workers   workersCmd   `cmd:"" help:"Look at the workers."`
	Documents documentsCmd `cmd:"" help:"Look at what is stored."`
	Keys      keysCmd      `cmd:"" help:"Manage the keys of a server, in its data folder."`
	Selftest  selftestCmd  `cmd:"" help:"Check a running server end to end."`
	Demo      demoCmd      `cmd:"" help:"Show the whole path with a server and a worker of its own."`
	Doctor    doctorCmd    `cmd:"" help:"List the engines and how to get those that are missing."`
	Version   versionCmd   `cmd:"" help:"Print the version."`

	WorkbookEngine workbookEngineCmd `cmd:"" hidden:"" help:"Compute formulas for the document converter."`
}

// Exit codes: 0 done, 1 failed, 2 wrong usage.
const (
	exitFailed = 1
	exitUsage  = 2
)

// streams are what a command reads and writes.
type streams struct {
	out io.Writer
	err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal does what it does to any program.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), streams{out: os.Stdout, err: os.Stderr}))
}

// run is the program: it answers the exit code.
func run(ctx context.Context, args, environ []string, std streams) int {
	var c cli
	settings, err := readSettings(args)
	if err != nil {
		fmt.Fprintln(std.err, "morag:", err)
		return exitUsage
	}
	exit := -1
	parser, err := newParser(&c, std, func(code int) { exit = code }, settings)
	if err != nil {
		fmt.Fprintln(std.err, "morag:", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // help was printed
		return exit
	}
	if err != nil {
		fmt.Fprintln(std.err, "morag:", err)
		return exitUsage
	}
	warnUnknown(std.err, parser.Model, environ, settings)
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(std)
	err = parsed.Run()
	if err == nil {
		return 0
	}
	if client.IsStatus(err, http.StatusUnauthorized) {
		err = fmt.Errorf("%w: --api-key or MORAG_API_KEY names the key", err)
	}
	fmt.Fprintln(std.err, "morag:", oneLine(err.Error()))
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a wrong setting or argument that only shows when it is used.
type usageError struct{ error }

func newParser(c *cli, std streams, exit func(int), settings *settings) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("morag"),
		kong.Description("Makes recordings and documents searchable."),
		kong.Writers(std.out, std.err),
		kong.Exit(exit),
		kong.Resolvers(settings),
		kong.NamedMapper("object", kong.MapperFunc(decodeObject)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
}
