package content

import (
	"mime"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// format is one kind of file: its content type and its MIME type.
type format struct{ contentType, mime string }

// extensions are the file name extensions of the formats named here, and at the
// same time short names for their content types ("pdf" means document). MIME types
// are spelled as mimetype spells them.
var extensions = map[string]format{
	"mp3":  {Audio, "audio/mpeg"},
	"wav":  {Audio, "audio/wav"},
	"m4a":  {Audio, "audio/x-m4a"},
	"flac": {Audio, "audio/flac"},
	"ogg":  {Audio, "audio/ogg"},
	"oga":  {Audio, "audio/ogg"},
	"opus": {Audio, "audio/ogg"},
	"aac":  {Audio, "audio/aac"},
	"wma":  {Audio, "audio/x-ms-wma"},
	"mka":  {Audio, "audio/x-matroska"},
	"caf":  {Audio, "audio/x-caf"},

	"mp4":  {Video, "video/mp4"},
	"m4v":  {Video, "video/x-m4v"},
	"mkv":  {Video, "video/matroska"},
	"mov":  {Video, "video/quicktime"},
	"avi":  {Video, "video/x-msvideo"},
	"webm": {Video, "video/webm"},
	"ogv":  {Video, "video/ogg"},
	"wmv":  {Video, "video/x-ms-asf"},

	"pdf":       {Doc, PDF},
	"docx":      {Doc, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	"pptx":      {Doc, "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	"xlsx":      {Doc, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	"odt":       {Doc, "application/vnd.oasis.opendocument.text"},
	"ods":       {Doc, "application/vnd.oasis.opendocument.spreadsheet"},
	"odp":       {Doc, "application/vnd.oasis.opendocument.presentation"},
	"epub":      {Doc, "application/epub+zip"},
	"rtf":       {Doc, "text/rtf"},
	"html":      {Doc, "text/html"},
	"htm":       {Doc, "text/html"},
	"md":        {Doc, "text/markdown"},
	"markdown":  {Doc, "text/markdown"},
	"txt":       {Doc, "text/plain"},
	"text":      {Doc, "text/plain"},
	"csv":       {Doc, "text/csv"},
	"tsv":       {Doc, "text/tab-separated-values"},
	"json":      {Doc, "application/json"},
	"ndjson":    {Doc, "application/x-ndjson"},
	"jsonl":     {Doc, "application/x-ndjson"},
	"eml":       {Doc, "message/rfc822"},
	"msg":       {Doc, "application/vnd.ms-outlook"},
	"tnef":      {Doc, TNEF},
	"zip":       {Doc, "application/zip"},
	"doc":       {Doc, "application/msword"},
	"xls":       {Doc, "application/vnd.ms-excel"},
	"ppt":       {Doc, "application/vnd.ms-powerpoint"},
	"tex":       {Doc, "text/x-tex"},
	"latex":     {Doc, "text/x-tex"},
	"rst":       {Doc, "text/x-rst"},
	"org":       {Doc, "text/x-org"},
	"textile":   {Doc, "text/x-textile"},
	"wiki":      {Doc, "text/x-mediawiki"},
	"mediawiki": {Doc, "text/x-mediawiki"},
	"dbk":       {Doc, "application/docbook+xml"},
	"docbook":   {Doc, "application/docbook+xml"},
	"fb2":       {Doc, "application/x-fictionbook+xml"},
	"srt":       {Doc, "application/x-subrip"},
	"vtt":       {Doc, "text/vtt"},
	"ass":       {Doc, "text/x-ssa"},
	"ssa":       {Doc, "text/x-ssa"},
	"ipynb":     {Doc, "application/x-ipynb+json"},
	"xml":       {Doc, "text/xml"},
	"nxml":      {Doc, "application/jats+xml"},
	"rss":       {Doc, "application/rss+xml"},
	"atom":      {Doc, "application/atom+xml"},

	"png":  {Image, "image/png"},
	"jpg":  {Image, "image/jpeg"},
	"jpeg": {Image, "image/jpeg"},
	"webp": {Image, "image/webp"},
	"tiff": {Image, "image/tiff"},
	"tif":  {Image, "image/tiff"},
	"gif":  {Image, "image/gif"},
	"bmp":  {Image, "image/bmp"},
}

// MIME types that are asked for by name.
const (
	PDF = "application/pdf"
	// TNEF is what Outlook attaches to mails for itself, as winmail.dat.
	TNEF = "application/vnd.ms-tnef"
)

// containers hold audio, video or both, and their first bytes do not say which: the
// extensions that may decide it.
var containers = map[string][]string{
	"application/ogg":  {"ogg", "oga", "opus", "ogv"},
	"video/webm":       {"webm", "mkv", "mka"},
	"video/matroska":   {"mkv", "mka", "webm"},
	"video/mp4":        {"mp4", "m4a", "m4v", "mov"},
	"video/quicktime":  {"mov", "mp4", "m4a", "m4v"},
	"video/x-ms-asf":   {"wma", "wmv"},
	"video/x-matroska": {"mkv", "mka", "webm"},
}

// officeTypes are documents by name, though no extension above leads to them.
var officeTypes = map[string]bool{
	"application/msword": true, "application/vnd.ms-powerpoint": true, "application/vnd.ms-excel": true,
	"application/vnd.ms-outlook": true, "application/vnd.ms-publisher": true,
	"application/postscript": true, "application/x-mobipocket-ebook": true,
	"application/rtf": true, "application/x-pdf": true, "application/xhtml+xml": true,
	"application/xml": true, TNEF: true,
	// What encrypted Office files and old ones look like.
	"application/x-ole-storage": true,
}

// extensionOf returns the lower-case extension of a file name without its dot. The
// name is only data: both kinds of slash separate folders.
func extensionOf(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	return strings.ToLower(name[dot+1:])
}

// typeOfMIME returns the built-in content type of a MIME type, "" if there is none.
func typeOfMIME(name string) string {
	base, _, err := mime.ParseMediaType(name)
	if err != nil && base == "" {
		return ""
	}
	kind, _, _ := strings.Cut(base, "/")
	switch {
	case base == "application/ogg":
		return Audio
	case kind == Audio, kind == Video, kind == Image:
		return kind
	case kind == "text", officeTypes[base], strings.HasSuffix(base, "+xml"),
		strings.HasPrefix(base, "application/vnd.openxmlformats-officedocument."),
		strings.HasPrefix(base, "application/vnd.oasis.opendocument."):
		return Doc
	}
	for _, f := range extensions {
		if f.mime == base {
			return f.contentType
		}
	}
	if isText(mimetype.Lookup(base)) {
		return Doc
	}
	return ""
}

// isText tells whether m is some kind of text file.
func isText(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return true
		}
	}
	return false
}

// Formats lists the extensions of names, without the dot and sorted, that stand for a
// content type; none for web, youtube and types of one's own.
func Formats(contentType string) []string {
	var names []string
	for name, f := range extensions {
		if f.contentType == contentType {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
