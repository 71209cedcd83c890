package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"

	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/command"
	"morag/internal/convert/document"
	"morag/internal/convert/document/workbook"
	"morag/internal/convert/image"
	"morag/internal/convert/piece"
	"morag/internal/convert/video"
	"morag/internal/convert/waveform"
	"morag/internal/convert/web"
	"morag/internal/convert/youtube"
	"morag/internal/outbound"
)

// newGuard fails with one line that names the setting.
func newGuard(e config.Engines) (*outbound.Guard, error) {
	guard, err := outbound.NewGuard(e.AllowPrivateURLs)
	if err != nil {
		return nil, fmt.Errorf("MORAG_ALLOW_PRIVATE_URLS: %w", err)
	}
	return guard, nil
}

// NewConverters lists the converters, to be run in this process; sites are told the
// program's version. It fails on a setting that cannot work, which it names.
func NewConverters(e config.Engines, version string) (*convert.Registry, error) {
	guard, err := newGuard(e)
	if err != nil {
		return nil, err
	}
	return recipe{Engines: e, version: version, guard: guard}.converters()
}

// fileConverter converts files of this machine.
type fileConverter interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// recipe is what the converters of a process are made of.
type recipe struct {
	config.Engines
	version    string
	guard      *outbound.Guard
	confined   bool   // see [youtube.Config]
	maxScratch int64  // see [audio.Config]
	cache      string // see [document.Config]
	// fetched decorates what converts files that were fetched from addresses; nil for not.
	fetched func(fileConverter) fileConverter
}

func (e recipe) converters() (*convert.Registry, error) {
	if e.fetched == nil {
		e.fetched = func(c fileConverter) fileConverter { return c }
	}
	own, err := newCommands(e.Engines)
	if err != nil {
		return nil, err
	}
	timeout := e.Timeout.Duration()
	sound := newSound(e, own)
	pictures := image.New(image.Config{
		Timeout: timeout, MaxPixels: e.MaxPixels, ThumbnailSize: e.ThumbnailWidth,
		VisionURL: e.VisionURL, VisionKey: e.VisionAPIKey, VisionModel: e.VisionModel,
	})
	files := append(own,
		sound,
		video.New(video.Config{Threads: e.Threads, Timeout: timeout, Thumbnails: e.ThumbnailCount, ThumbnailSize: e.ThumbnailWidth}, sound),
		document.New(document.Config{
			Timeout: timeout, Threads: e.Threads, ScratchDir: e.TempDir, MaxPages: e.MaxPages,
			Pictures: pictures, DoclingURL: e.DoclingURL, DoclingKey: e.DoclingAPIKey,
			MaxUnpacked: int64(e.MaxExtracted), WorkbookCommand: workbookCommand(), CompileCache: e.cache,
		}),
		pictures,
	)
	pages := web.New(web.Config{
		ScratchDir: e.TempDir, Version: e.version, MaxPage: int64(e.MaxPageSize), MaxFile: int64(e.MaxDownloadSize),
		FetchTimeout: e.FetchTimeout.Duration(), FileTimeout: timeout, IgnoreRobots: e.IgnoreRobots,
	}, e.guard, e.fetched(convert.NewRegistry(files...)))
	videos := youtube.New(youtube.Config{ScratchDir: e.TempDir, Timeout: timeout, MaxDownload: int64(e.MaxDownloadSize), Confined: e.confined}, e.guard, e.fetched(sound))
	return convert.NewRegistry(append(files, pages, videos)...), nil
}

// newCommands are the operator's own converters, which come before all others.
func newCommands(e config.Engines) ([]convert.Converter, error) {
	var own []convert.Converter
	for _, contentType := range slices.Sorted(maps.Keys(e.Commands)) {
		c, err := command.New(command.Config{
			Type: contentType, Command: e.Commands[contentType], Env: e.CommandEnv,
			ScratchDir: e.TempDir, Timeout: e.Timeout.Duration(), MaxMemory: int64(e.CommandMemory),
		})
		if err != nil {
			return nil, fmt.Errorf("MORAG_COMMANDS: %w", err)
		}
		own = append(own, c)
	}
	return own, nil
}

// newSound is what writes down speech, of videos too: the operator's own if he has one.
func newSound(e recipe, own []convert.Converter) convert.Converter {
	for _, c := range own {
		if slices.Contains(c.Types(), content.Audio) {
			return c
		}
	}
	return audio.New(audio.Config{
		ScratchDir: e.TempDir, Threads: e.Threads, Timeout: e.Timeout.Duration(), MaxScratch: e.maxScratch,
		SpeechURL: e.SpeechURL, SpeechKey: e.SpeechAPIKey, SpeechModel: e.SpeechModel, WhisperModel: e.WhisperModel,
	})
}

// newMeter is what measures recordings. It is no converter of a content type.
func newMeter(e config.Engines) convert.Converter {
	return waveform.New(e.TempDir, e.Timeout.Duration())
}

// newCutter is what cuts long sources into pieces. It is no converter of a content type.
func newCutter(e recipe, split config.Split) convert.Converter {
	timeout := e.Timeout.Duration()
	return piece.New(piece.Config{
		ScratchDir: e.TempDir, After: split.SplitAfter.Duration(), Length: split.SplitLength.Duration(), Pages: split.SplitPages,
		Recordings: audio.New(audio.Config{ScratchDir: e.TempDir, Threads: e.Threads, Timeout: timeout, MaxScratch: e.maxScratch}),
		Papers:     document.New(document.Config{Timeout: timeout, ScratchDir: e.TempDir, MaxPages: e.MaxPages, CompileCache: e.cache}).Papers(),
	})
}

// WorkbookCommand is the subcommand of this program that calls [ServeWorkbook].
const WorkbookCommand = "workbook-engine"

// ServeWorkbook is the process that the document converter starts for formulas and
// encrypted Office files: see [workbook.Serve].
func ServeWorkbook(in io.Reader, out io.Writer) error { return workbook.Serve(in, out) }

// commandPath is the package of the program that has the subcommand.
const commandPath = "morag/cmd/morag"

// workbookCommand starts this program again, nil where it cannot be found or is another
// one: a test's would run all its tests.
func workbookCommand() []string {
	self, err := os.Executable()
	build, known := debug.ReadBuildInfo()
	if err != nil || !known || build.Path != commandPath {
		return nil
	}
	return []string{self, WorkbookCommand}
}
