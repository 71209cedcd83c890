package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/option"
)

type convertCmd struct {
	config.Engines
	wishes
	Source string `arg:"" name:"source" placeholder:"FILE|URL" help:"File or address to convert. An address may be one inside your own network, unless MORAG_ALLOW_PRIVATE_URLS is set."`
	Out    string `short:"o" placeholder:"FILE" help:"Write here instead of to standard output."`
	JSON   bool   `name:"json" help:"Print {content, metadata} as JSON, with segments, thumbnails and warnings if there are any."`
	Type   string `placeholder:"TYPE" help:"Content type (default: found out)."`
}

// wishes are the options of a conversion. How many thumbnails are taken is said by the
// engines' settings here.
type wishes struct {
	option.Conversion
	ThumbnailCount struct{} `kong:"-"`
}

func (c *convertCmd) Run(ctx context.Context, std streams) error {
	if err := c.Validate(); err != nil {
		return usageError{err}
	}
	claimed, err := content.Normalize(c.Type)
	if err != nil {
		return usageError{err}
	}
	src, err := c.source(std, claimed)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if _, err := os.Stat(filepath.Dir(c.Out)); err != nil { // before a conversion that takes long
			return fmt.Errorf("--out: %w", err)
		}
	}
	if len(c.AllowPrivateURLs) == 0 {
		c.AllowPrivateURLs = []string{"*"} // who runs this can call those addresses anyway
	}
	command, err := converterCommand()
	if err != nil {
		return err
	}
	converters, err := app.OpenConverters(app.ConverterConfig{
		Engines: c.Engines, Version: version, Command: command, Read: paths(src), Cache: userCache(),
	})
	if err != nil {
		return err
	}
	defer converters.Close()
	bar := newProgress(std.err, src.Name)
	doc, err := converters.Convert(ctx, src, c.Conversion, bar.show)
	bar.done()
	if err != nil {
		return err
	}
	for _, w := range doc.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	return c.write(std, doc)
}

// userCache is where this user's conversions keep what takes long to make, "" for nowhere.
func userCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "morag")
}

// paths are the files of a source, which are converted where they are.
func paths(src content.Source) (all []string) {
	for _, path := range append([]string{src.Path}, src.Sidecars...) {
		if full, err := filepath.Abs(path); path != "" && err == nil {
			all = append(all, full)
		}
	}
	return all
}

// isAddress tells addresses from paths: no path begins like that.
func isAddress(arg string) bool {
	scheme, _, found := strings.Cut(arg, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

func (c *convertCmd) source(std streams, claimed string) (content.Source, error) {
	if isAddress(c.Source) {
		contentType := cmp.Or(claimed, content.TypeOfURL(c.Source))
		if contentType != content.Web && contentType != content.YouTube {
			return content.Source{}, usageError{fmt.Errorf("--type of an address is %s or %s, not %q", content.Web, content.YouTube, claimed)}
		}
		return content.Source{Name: c.Source, Type: contentType, URL: c.Source}, nil
	}
	if claimed == content.Web || claimed == content.YouTube {
		return content.Source{}, usageError{fmt.Errorf("--type %s needs an address that begins with http:// or https://", claimed)}
	}
	info, err := os.Stat(c.Source)
	if err != nil {
		return content.Source{}, err
	}
	if !info.Mode().IsRegular() {
		return content.Source{}, fmt.Errorf("%s is not a file", c.Source)
	}
	if info.Size() == 0 {
		return content.Source{}, fmt.Errorf("%s is empty", c.Source)
	}
	name := filepath.Base(c.Source)
	detected, mimeType, err := content.DetectFile(c.Source, name)
	if err != nil {
		return content.Source{}, err
	}
	contentType, warning := content.Resolve(claimed, detected, mimeType)
	if contentType == "" {
		return content.Source{}, errors.New("the file is of no known type: name it with --type")
	}
	if warning != "" {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(warning))
	}
	return content.Source{Path: c.Source, Name: name, Type: contentType, MIME: mimeType, Sidecars: sidecars(c.Source)}, nil
}

// sidecars are the subtitles that lie beside a file: of talk.mp3 these are talk.srt,
// talk.vtt, talk.ass and talk.ssa, and talk.de.srt with the language in its name.
func sidecars(file string) []string {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil // then there are none to see
	}
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	var found []string
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), extension)
		named := name == base || strings.TrimSuffix(name, filepath.Ext(name)) == base
		if named && e.Type().IsRegular() && slices.Contains([]string{".srt", ".vtt", ".ass", ".ssa"}, strings.ToLower(extension)) {
			found = append(found, filepath.Join(filepath.Dir(file), e.Name()))
		}
	}
	return found
}

func (c *convertCmd) write(std streams, doc *content.Document) error {
	out := std.out
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	if c.JSON {
		return printJSON(out, doc)
	}
	_, err := fmt.Fprintln(out, doc.Content)
	return err
}
