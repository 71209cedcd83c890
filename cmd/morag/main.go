// Command morag turns audio, video, documents and more into searchable text. One
// binary is the server, the worker and the client; each subcommand is a file here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/alecthomas/kong"

	"morag/internal/client"
)

// version is set by the linker.
var version = "dev"

// cli is the whole command line. Its tags are the reference that the documents are
// generated from.
type cli struct {
	Config  string           `name:"config" env:"MORAG_CONFIG" placeholder:"FILE" help:"YAML file with settings (default: of serve and worker ./morag.yaml, else morag/config.yaml in your configuration folder, else /etc/morag/config.yaml)."`
	Release kong.VersionFlag `name:"version" help:"Print the version."`

	Serve      serveCmd      `cmd:"" help:"Run the server."`
	Worker     workerCmd     `cmd:"" help:"Run a worker that converts for a server."`
	Ingest     ingestCmd     `cmd:"" help:"Have files, or what is at addresses, made searchable."`
	Sync       syncCmd       `cmd:"" help:"Keep the documents of a server in step with folders and feeds."`
	Convert    convertCmd    `cmd:"" help:"Convert a file or what is at an address to Markdown, without a server."`
	Search     searchCmd     `cmd:"" help:"Search what was ingested."`
	Ask        askCmd        `cmd:"" help:"Have a language model answer a question from what was ingested."`
	Eval       evalCmd       `cmd:"" help:"Measure how well a search finds."`
	Tasks      tasksCmd      `cmd:"" help:"Look at ingestions."`
	Jobs       jobsCmd       `cmd:"" help:"Look at remote jobs."`
	Workers    workersCmd    `cmd:"" help:"Look at the workers."`
	MCP        mcpCmd        `cmd:"" name:"mcp" help:"Offer a server's documents to agents, by the Model Context Protocol on standard input and output."`
	Documents  documentsCmd  `cmd:"" help:"Look at what is stored."`
	Settings   configCmd     `cmd:"" name:"config" help:"Look at the settings."`
	Keys       keysCmd       `cmd:"" help:"Manage the keys of a server, in its data folder."`
	Reindex    reindexCmd    `cmd:"" help:"Have another model embed the documents of a server, which stay searchable."`
	Migrate    migrateCmd    `cmd:"" help:"Copy a data folder to a PostgreSQL and S3 that servers share, or back."`
	Backup     backupCmd     `cmd:"" help:"Write all that a server keeps to a file, while it runs."`
	Restore    restoreCmd    `cmd:"" help:"Make a data folder of a backup."`
	Verify     verifyCmd     `cmd:"" help:"Read everything in a data folder and tell what is wrong."`
	Health     healthCmd     `cmd:"" help:"Tell whether a server is ready, part by part."`
	Models     modelsCmd     `cmd:"" help:"Manage the models of MORAG_EMBEDDER=local."`
	Selftest   selftestCmd   `cmd:"" help:"Check a running server end to end."`
	Demo       demoCmd       `cmd:"" help:"Show the whole path with a server and a worker of its own."`
	Doctor     doctorCmd     `cmd:"" help:"List the engines and how to get those that are missing."`
	Completion completionCmd `cmd:"" help:"Print what makes a shell complete this command line."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	ConvertEngine  convertEngineCmd  `cmd:"" hidden:"" help:"Convert for the process that started this one."`
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

// startGC lets the heap grow while a command starts: hardly anything of that is garbage,
// and looking for it takes a tenth of the start.
const startGC = 400

// started has garbage collected as usual from then on.
var started = func() {}

func main() {
	usual := debug.SetGCPercent(startGC)
	started = sync.OnceFunc(func() { debug.SetGCPercent(usual) })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal does what it does to any program.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), streams{out: outlet(os.Stdout), err: outlet(os.Stderr)}))
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args, environ []string, std streams) int {
	var c cli
	if words, asked := completing(args); asked {
		return answerShell(std, &c, words)
	}
	args = remoteOnly(askedHelp(args))
	settings, err := readSettings(args)
	voice := newVoice(std.err, args, settings)
	if err != nil {
		voice.fail(oneLine(err.Error()))
		return exitUsage
	}
	exit := -1
	parser, err := newParser(&c, std, func(code int) { exit = code }, settings)
	if err != nil {
		voice.fail(oneLine(err.Error()))
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // help or the version was printed
		return exit
	}
	if err != nil {
		voice.fail(oneLine(withHint(err)))
		return exitUsage
	}
	warnUnknown(voice, parser.Model, environ, settings)
	parsed.Bind(std, &c, parser.Model, settings)
	if _, later := parsed.Selected().Target.Addr().Interface().(*serveCmd); !later {
		started()
	}
	err = runTraced(ctx, parsed, std)
	if err == nil {
		return 0
	}
	voice.fail(explain(err, addressOf(parsed)))
	if isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// runTraced runs a command. One that talks to a server is a span that what the server does for
// it belongs to.
func runTraced(ctx context.Context, parsed *kong.Context, std streams) error {
	if _, talks := parsed.Selected().Target.Addr().Interface().(addressed); !talks {
		parsed.BindTo(ctx, (*context.Context)(nil))
		return parsed.Run()
	}
	tracer, done, err := openTracer(ctx, "client", slog.New(slog.NewTextHandler(std.err, nil)))
	if err != nil {
		return err
	}
	defer done()
	ctx, span := tracer.Start(ctx, parsed.Selected().FullPath())
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run()
	span.End(err)
	return err
}

// answerShell tells a shell what the last of the words may be.
func answerShell(std streams, c *cli, words []string) int {
	parser, err := newParser(c, std, func(int) {}, &settings{})
	if err == nil {
		err = complete(std.out, parser.Model, words)
	}
	if err != nil {
		return exitFailed
	}
	return 0
}

// addressOf is the server that a command talks to, "" for none.
func addressOf(parsed *kong.Context) string {
	if to, ok := parsed.Selected().Target.Addr().Interface().(addressed); ok {
		return to.address()
	}
	return ""
}

// askedHelp makes what people type for help the flag: nothing, and help [COMMAND].
func askedHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// remoteOnly makes a flag of the third value of --remote.
func remoteOnly(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--remote=only" {
			args[i] = "--remote-only"
		}
	}
	return args
}

// withHint says what is wrong with the arguments, and where to read how they should be.
func withHint(err error) string {
	command := "morag"
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		if selected := wrong.Context.Selected(); selected != nil {
			command = selected.FullPath()
		}
	}
	text := err.Error()
	if missing, ok := strings.CutPrefix(text, `expected "<`); ok {
		name, _, _ := strings.Cut(missing, ">")
		text = "<" + name + "> is missing"
		if command == "morag search" {
			text = noQuery
		}
	}
	if strings.HasSuffix(text, "?") {
		return fmt.Sprintf("%s See %s --help", text, command)
	}
	return fmt.Sprintf("%s; see %s --help", text, command)
}

// usageError is a wrong setting or argument that only shows when it is used.
type usageError struct{ error }

// isUsage tells whether a command was called wrongly: by its own judgement, or by that of
// the server, which has found a value of the call to be missing or wrong.
func isUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage) || client.IsStatus(err, http.StatusUnprocessableEntity)
}

func newParser(c *cli, std streams, exit func(int), settings *settings) (*kong.Kong, error) {
	parser, err := kong.New(c,
		kong.Name("morag"),
		kong.Description("Makes recordings and documents searchable."),
		kong.Writers(wide(std.out), std.err),
		kong.Exit(exit),
		kong.Resolvers(settings),
		kong.Vars{"version": versionLine()},
		kong.NamedMapper("object", kong.MapperFunc(decodeObject)),
		kong.NamedMapper("status", kong.MapperFunc(decodeStatus)),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeNumber)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return nil, err
	}
	showExamples(parser.Model)
	return parser, nil
}
