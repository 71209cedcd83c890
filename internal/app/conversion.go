package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/document/workbook"
	"morag/internal/convert/piece"
	"morag/internal/jail"
	"morag/internal/outbound"
	"morag/internal/proc"
)

// ConverterConfig says how conversions are run.
type ConverterConfig struct {
	Engines config.Engines
	Version string
	// Command is the program with its arguments that calls [ServeConversions]; without one
	// conversions run in this process.
	Command []string
	Dir     string   // for scratch, where Engines name no folder; "" for the system's
	Cache   string   // what takes long to make is kept here; "" for not
	Size    int      // how many processes are kept
	Read    []string // files of the operator's that are converted where they are
	Split   config.Split
	Logger  *slog.Logger
}

// Converters are all of the program's, each conversion in a process of its own.
type Converters struct {
	*convert.Registry
	// Meter measures recordings, in such a process too.
	Meter  convert.Converter
	cutter convert.Converter
	pool   *jail.Pool
	// scratch is where conversions in this process have it, "" for the system's folder.
	scratch string
	again   func(confined bool) (*convert.Registry, error)
}

// OpenConverters is the same for the server, the worker and `morag convert`. It fails on a
// setting that cannot work, which it names. Close them.
func OpenConverters(c ConverterConfig) (*Converters, error) {
	guard, err := newGuard(c.Engines)
	if err != nil {
		return nil, err
	}
	inner, err := NewConverters(c.Engines, c.Version)
	meter, cutter := newMeter(c.Engines), newCutter(recipe{Engines: c.Engines}, c.Split)
	if err != nil || len(c.Command) == 0 {
		return &Converters{Registry: inner, Meter: meter, cutter: cutter, scratch: absoluteDir(c.Engines.TempDir)}, err
	}
	settings, err := c.encode()
	if err != nil {
		return nil, err
	}
	e := c.Engines
	pool, err := jail.New(jail.Config{
		Command: c.Command, Settings: settings, Sentinels: sentinels,
		Dir: cmp.Or(e.TempDir, c.Dir), Size: c.Size,
		Memory: int64(e.ConvertMemory) + modelSize(e.WhisperModel), Scratch: int64(e.ScratchLimit), Timeout: e.ConvertTimeout.Duration(),
		Read: append(c.Read, absolute(e.WhisperModel)...), Env: environment("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
		Dial: newDial(e, guard), Open: openTypes(e), Log: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	again := func(confined bool) (*convert.Registry, error) {
		return recipe{Engines: e, version: c.Version, guard: guard, confined: confined}.converters()
	}
	return &Converters{Registry: inner.Each(pool.Wrap), Meter: pool.Wrap(meter), pool: pool, again: again}, nil
}

// WarmUp starts the processes that are kept, without waiting for them.
func (c *Converters) WarmUp() {
	if c.pool != nil {
		c.pool.WarmUp()
	}
}

// Close ends what is being converted.
func (c *Converters) Close() {
	if c.pool != nil {
		c.pool.Close()
	}
}

// Cut implements [ingest.Cutter], in a process of its own.
func (c *Converters) Cut(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress, take piece.Taker) (content.Cutting, error) {
	src.Type = content.Pieces
	var cutting content.Cutting
	from := func(doc *content.Document, scratch *os.Root) (err error) {
		cutting, err = piece.Take(doc, scratch, take)
		return err
	}
	if c.pool != nil {
		_, err := c.pool.ConvertInto(ctx, src, opt, progress, from)
		return cutting, err
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	doc, err := c.cutter.Convert(ctx, src, opt, progress)
	if err != nil {
		return cutting, err
	}
	scratch, err := os.OpenRoot(cmp.Or(c.scratch, os.TempDir()))
	if err != nil {
		return cutting, err
	}
	defer scratch.Close()
	return cutting, from(doc, scratch)
}

// openConverters are the server's. They are closed after all that uses them.
func (s *Server) openConverters(c ServerConfig) (*Converters, error) {
	converters, err := OpenConverters(ConverterConfig{
		Engines: c.Settings.Engines, Version: c.Version, Command: c.Converter, Dir: filepath.Join(s.stores.dir, "scratch"),
		Cache: filepath.Join(s.stores.dir, "cache"),
		Size:  c.Settings.Runners, Split: c.Settings.Split, Logger: s.log,
	})
	if err == nil {
		s.cleanup.add("converters", func() error { converters.Close(); return nil })
	}
	return converters, err
}

// sentinels are the errors that code outside of the converters asks for.
var sentinels = jail.Sentinels{
	"archive.ErrNoPart": archive.ErrNoPart, "archive.ErrDamaged": archive.ErrDamaged, "charset.ErrBinary": charset.ErrBinary, "markup.ErrDepth": markup.ErrDepth,
	"compound.ErrDamaged": compound.ErrDamaged, "audio.ErrNoSound": audio.ErrNoSound, "cos.ErrSyntax": cos.ErrSyntax, "cos.ErrUnsupported": cos.ErrUnsupported,
	"workbook.ErrUnavailable": workbook.ErrUnavailable, "workbook.ErrPassword": workbook.ErrPassword,
	"proc.ErrNotFound": proc.ErrNotFound, "proc.ErrTimeout": proc.ErrTimeout, "proc.ErrOutput": proc.ErrOutput,
	"outbound.ErrRefused": outbound.ErrRefused, "outbound.ErrRedirects": outbound.ErrRedirects, "outbound.ErrTooMuch": outbound.ErrTooMuch,
}

// childSettings are what a process makes its converters of.
type childSettings struct {
	Engines config.Engines
	Version string
	Cache   string
	Split   config.Split
}

func (c ConverterConfig) encode() ([]byte, error) {
	raw, err := json.Marshal(childSettings{c.Engines, c.Version, c.Cache, c.Split})
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return raw, nil
}

// ServeConversions is what a process does that [OpenConverters] starts; abandon ends it.
func ServeConversions(in io.Reader, out io.Writer, abandon func()) error {
	return jail.Child{Make: makeConverters, Sentinels: sentinels, Abandon: abandon}.Serve(in, out)
}

func makeConverters(raw []byte, in jail.Inside) (jail.Converter, error) {
	var set childSettings
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("decode settings: %w", err)
	}
	set.Engines.TempDir = in.Scratch
	guard, err := newGuard(set.Engines)
	if err != nil {
		return nil, err
	}
	if in.Dial != nil {
		guard = guard.Through(func(ctx context.Context, network, address string) (net.Conn, error) {
			return in.Dial(ctx, network, address, false)
		})
		// All services are called by this transport.
		http.DefaultTransport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return in.Dial(ctx, network, address, true)
		}
	}
	all, err := recipe{
		Engines: set.Engines, cache: set.Cache, version: set.Version, guard: guard, confined: in.Confined, maxScratch: in.MaxScratch,
		fetched: func(c fileConverter) fileConverter { return in.Found(c) },
	}.converters()
	if err != nil {
		return nil, err
	}
	_ = all.Prepare() // else it happens when it is needed
	return all.With(newMeter(set.Engines), newCutter(recipe{Engines: set.Engines, cache: set.Cache, maxScratch: in.MaxScratch}, set.Split)), nil
}

// newDial connects for the processes: pages and videos go where the guard allows, and
// everybody may call the services that the settings name.
func newDial(e config.Engines, guard *outbound.Guard) jail.Dial {
	hosts := map[string]bool{}
	services := []string{e.SpeechURL, e.VisionURL, e.DoclingURL}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		services = append(services, os.Getenv(name))
	}
	for _, address := range services {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			hosts[u.Hostname()] = true
		}
	}
	return func(ctx context.Context, contentType, network, address string, service bool) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		switch {
		case err != nil || network != "tcp" && network != "tcp4" && network != "tcp6":
			return nil, fmt.Errorf("dial %s %.200q: %w", network, address, outbound.ErrRefused)
		case service && hosts[host]:
			return new(net.Dialer).DialContext(ctx, network, address)
		case !service && (contentType == content.Web || contentType == content.YouTube):
			return guard.DialContext(ctx, network, address)
		}
		return nil, fmt.Errorf("dial %.200q for %s: %w", address, contentType, outbound.ErrRefused)
	}
}

// commandGrace is how much longer than its program a conversion by it may take.
const commandGrace = time.Minute

// openTypes are those of the operator's own programs, which bring their own bounds. Who
// writes down sound with one does so for videos too.
func openTypes(e config.Engines) map[string]jail.Open {
	open := map[string]jail.Open{}
	for contentType := range e.Commands {
		open[contentType] = jail.Open{Timeout: e.Timeout.Duration() + commandGrace, Env: environment(e.CommandEnv...)}
	}
	if sound, own := open[content.Audio]; own {
		if _, own := open[content.Video]; !own {
			sound.Timeout *= 2 // ffmpeg comes first
			open[content.Video] = sound
		}
	}
	return open
}

// environment are the variables that are set.
func environment(names ...string) (env []string) {
	for _, name := range names {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// modelSize is what a speech engine takes for its model: the file and a quarter.
func modelSize(path string) int64 {
	info, err := os.Stat(path)
	if path == "" || err != nil {
		return 0
	}
	return info.Size() + info.Size()/4
}

// absoluteDir is the folder's absolute path, "" of none.
func absoluteDir(dir string) string {
	if full := absolute(dir); full != nil {
		return full[0]
	}
	return ""
}

func absolute(path string) []string {
	full, err := filepath.Abs(path)
	if path == "" || err != nil {
		return nil
	}
	return []string{full}
}
