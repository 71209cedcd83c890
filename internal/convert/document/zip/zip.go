// Package zip reads the documents in a zip archive, each as a section under its name.
package zip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// MIME is what detection finds.
const MIME = "application/zip"

const (
	noun = "a zip archive"
	// maxFiles is the most files of an archive that are read.
	maxFiles = 1000
	// maxName is how much of a name is shown, in bytes.
	maxName = 200
)

// Config is what an archive needs besides its limits.
type Config struct {
	// ScratchDir is where its files are read from, one after the other; "" for the system's
	// folder.
	ScratchDir string
	// Reader finds the reader of a format, as the converter of documents does.
	Reader func(mimeType string) (source.Reader, error)
}

// Reader reads archives.
type Reader struct{ config Config }

// New makes a reader.
func New(config Config) *Reader { return &Reader{config} }

// Read makes a document of the files in an archive. Formats that are zip archives by
// themselves are read as what they are. Archives in it are left out, and so is what is no
// document or cannot be read, which warnings tell.
func (r *Reader) Read(ctx context.Context, src source.File) (*content.Document, error) {
	a, err := archive.OpenFile(src, noun)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if kind, err := kindOf(a); err != nil {
		return nil, err
	} else if kind != "" {
		read, err := r.config.Reader(kind)
		if err != nil {
			return nil, err
		}
		return read(ctx, src)
	}
	dir, err := frame.Scratch(r.config.ScratchDir, "document")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	u := &unpacking{
		ctx: ctx, archive: a, src: src, read: r.config.Reader, path: filepath.Join(dir, "file"),
		unpacked: src.Limits.MaxUnpacked, text: src.Limits.MaxText, left: map[string]int{},
	}
	if err := u.all(); err != nil {
		return nil, err
	}
	if len(u.names) == 0 {
		message := "the archive holds no file that can be converted"
		if len(u.warnings) > 0 {
			message += ": " + strings.TrimSuffix(u.warnings[0], ".")
		}
		return nil, convert.BadSource(message, nil)
	}
	for _, what := range slices.Sorted(maps.Keys(u.left)) {
		u.warnings = append(u.warnings, fmt.Sprintf("Left out of the archive: %s (%d).", what, u.left[what]))
	}
	return &content.Document{
		Content: u.out.String(), Warnings: u.warnings,
		Metadata: map[string]any{"engine": "zip", "files": u.names},
	}, nil
}

// kinds are formats that are zip archives by themselves, by a part that only they have.
var kinds = map[string]string{
	"word/document.xml":      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"ppt/presentation.xml":   "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"xl/workbook.xml":        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"META-INF/container.xml": "application/epub+zip",
}

// kindOf is the format that an archive is, although its first bytes did not tell; "" for an
// archive.
func kindOf(a *archive.Archive) (string, error) {
	for part, kind := range kinds {
		if a.Has(part) && (a.Has("[Content_Types].xml") || kind == "application/epub+zip") {
			return kind, nil
		}
	}
	if !a.Has("mimetype") || !a.Has("content.xml") {
		return "", nil
	}
	raw, err := a.Read("mimetype")
	kind := strings.TrimSpace(string(raw[:min(len(raw), 200)]))
	if err != nil || !strings.HasPrefix(kind, "application/vnd.oasis.opendocument.") {
		return "", err
	}
	return kind, nil
}

// unpacking is an archive while its files are read.
type unpacking struct {
	ctx      context.Context
	archive  *archive.Archive
	src      source.File
	read     func(mimeType string) (source.Reader, error)
	path     string // where the file lies that is read
	unpacked int64  // bytes that may still be unpacked
	text     int64  // bytes of text that may still come
	out      strings.Builder
	names    []string // of what was read
	warnings []string
	left     map[string]int // what was left out, by its kind
}

func (u *unpacking) all() error {
	files := u.archive.Names()
	if len(files) > maxFiles {
		u.left[fmt.Sprintf("files beyond the first %d", maxFiles)] = len(files) - maxFiles
		files = files[:maxFiles]
	}
	for i, name := range files {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		u.src.Progress(float64(i)/float64(len(files)), "reading "+shown(name))
		if isSystems(name) {
			u.left["files that systems keep beside others"]++
			continue
		}
		if err := u.file(name); err != nil {
			return err
		}
	}
	return nil
}

// isSystems tells what no person has put into an archive.
func isSystems(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini"
}

// shown is a name as one line, in the encoding that it seems to be in.
func shown(name string) string {
	if text, err := charset.Decode([]byte(name)); err == nil {
		name = text
	}
	name = property.Line(name)
	if len(name) > maxName {
		name = "…" + strings.ToValidUTF8(name[len(name)-maxName:], "")
	}
	return name
}

// file reads one file. Whatever is wrong with it is a warning; only the machine's own
// trouble is an error.
func (u *unpacking) file(name string) error {
	title := shown(name)
	err := u.extract(name)
	var doc *content.Document
	if err == nil {
		doc, err = u.convert(name)
	}
	var told *convert.Error
	switch {
	case u.ctx.Err() != nil:
		return u.ctx.Err()
	case errors.As(err, &told), errors.Is(err, archive.ErrDamaged):
		sentence := "it is damaged"
		if told != nil {
			sentence = told.Message
		}
		u.warnings = append(u.warnings, fmt.Sprintf("Left out of the archive: %s: %s.", title, strings.TrimSuffix(sentence, ".")))
		return nil
	case err != nil || doc == nil:
		return err
	}
	if u.out.Len() > 0 {
		u.out.WriteString("\n\n")
	}
	u.out.WriteString("# " + escape.Replace(title))
	if text := strings.TrimSpace(strings.ReplaceAll(doc.Content, content.PageBreak, "\n")); text != "" {
		u.out.WriteString("\n\n" + text)
		u.text -= int64(len(text))
	}
	u.names = append(u.names, title)
	for _, warning := range doc.Warnings {
		u.warnings = append(u.warnings, title+": "+warning)
	}
	return nil
}

// escape keeps a name from being markup.
var escape = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`)

// extract writes a file of the archive where it can be read.
func (u *unpacking) extract(name string) error {
	part, err := u.archive.Open(name, max(u.unpacked, 0))
	if err != nil {
		return err
	}
	defer part.Close()
	file, err := os.OpenFile(u.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	in := &reading{in: frame.Reader(u.ctx, part)}
	n, err := io.Copy(file, in)
	u.unpacked -= n
	if closing := file.Close(); err == nil {
		err = closing
	}
	var told *convert.Error
	if in.err != nil && !errors.As(in.err, &told) {
		return u.archive.Damage(name, in.err)
	}
	if err != nil && in.err == nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return err
}

// reading remembers what went wrong with what is read, to tell it from what is written.
type reading struct {
	in  io.Reader
	err error
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// convert reads the file that was unpacked; nil when it is left out.
func (u *unpacking) convert(name string) (*content.Document, error) {
	contentType, kind, err := content.DetectFile(u.path, name)
	if err != nil {
		return nil, err
	}
	if kind == MIME || isPacked[kind] {
		u.left["archives"]++
		return nil, nil
	}
	if contentType != content.Doc {
		u.left[plural(contentType)]++
		return nil, nil
	}
	if err := u.spend(); err != nil {
		return nil, err
	}
	read, err := u.read(kind)
	if err != nil {
		return nil, err
	}
	inner := u.src
	inner.Path, inner.Name, inner.MIME = u.path, name, kind
	inner.Limits.MaxUnpacked, inner.Limits.MaxText = max(u.unpacked, 1), max(u.text, 1)
	inner.Progress = func(float64, string) {}
	doc, err := read(u.ctx, inner)
	if err == nil {
		if said := content.Contradiction(name, kind); said != "" {
			doc.Warnings = append(doc.Warnings, said)
		}
	}
	return doc, err
}

// spend takes what a document that is an archive itself says it unpacks to.
func (u *unpacking) spend() error {
	inner := u.src
	inner.Path = u.path
	a, err := archive.OpenFile(inner, noun)
	if err != nil {
		return nil // none
	}
	defer a.Close()
	if declared := a.Declared(); declared > u.unpacked {
		return convert.BadSource("it unpacks to more than is left of what one document may (MORAG_MAX_EXTRACTED_SIZE)", nil)
	} else {
		u.unpacked -= declared
	}
	return nil
}

// isPacked are archives of other forms.
var isPacked = map[string]bool{
	"application/gzip": true, "application/x-7z-compressed": true, "application/x-rar-compressed": true, "application/x-tar": true,
	"application/x-bzip2": true, "application/x-xz": true, "application/zstd": true, "application/jar": true,
}

func plural(contentType string) string {
	switch contentType {
	case content.Image:
		return "pictures"
	case content.Audio, content.Video:
		return "recordings"
	}
	return "files that are no documents"
}
