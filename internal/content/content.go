// Package content holds what every stage of the pipeline passes on: the source
// that comes in, the document that a converter makes of it, and the detection of
// what kind of source it is.
package content

// Built-in content types. The set is open: any name that [ValidType] accepts may
// be used, served by a converter that claims it.
const (
	Audio   = "audio"
	Video   = "video"
	Doc     = "document"
	Image   = "image"
	Web     = "web"
	YouTube = "youtube"
)

// Recording tells whether sources of a built-in type are recordings, in which things are
// said at some time.
func Recording(contentType string) bool {
	return contentType == Audio || contentType == Video || contentType == YouTube
}

// Source is one thing to convert, already on local disk.
type Source struct {
	// Path is the local file. It is the only field an engine may be given.
	Path string
	// Name is the caller's name for it: data for messages and metadata, never a path.
	Name string
	// Type is the content type, normalised.
	Type string
	// MIME is what detection found, "" when unknown.
	MIME string
	// URL is set for web and youtube sources.
	URL string
	// Sidecars are local files that belong to it, such as subtitles. Only who owns the
	// machine names them: for what came over the network there are none.
	Sidecars []string
}

// Segment is a timed piece of speech. Times are seconds from the start.
type Segment struct {
	Start      float64  `json:"start"`
	End        float64  `json:"end"`
	Text       string   `json:"text"`
	Speaker    string   `json:"speaker,omitempty"`
	Confidence *float64 `json:"confidence,omitempty"`
	// Words are when each word of the text is said, as [Segment.FitWords] has them; nil when
	// that is not known.
	Words []Word `json:"words,omitempty"`
	// Original is the text as it was before people corrected it, "" where they did not.
	Original string `json:"original,omitempty"`
}

// PageBreak stands between two pages in [Document.Content], as pdftotext puts it.
// It is white space to Markdown and to the chunker, so text keeps its page
// without any mark that a reader or a search would see.
const PageBreak = "\f"

// Document is the text of a source and what is known about it.
type Document struct {
	// Content is Markdown, UTF-8, pages separated by [PageBreak].
	Content string `json:"content"`
	// Metadata is never nil. Names are the same for every converter: title,
	// author, created (RFC 3339, UTC), language, page_count, duration (s), width,
	// height, engine, quality (high, medium, low), file_size, mime_type.
	Metadata map[string]any `json:"metadata"`
	// Fetched is the SHA-256, in hex, of the bytes that an address led to, where they say
	// more than the text: "" for a page with text, whose markup differs with every call.
	Fetched string `json:"fetched,omitempty"`
	// Segments are in time order; empty for what has no time.
	Segments []Segment `json:"segments,omitempty"`
	// Thumbnails are data URLs.
	Thumbnails []string `json:"thumbnails,omitempty"`
	// Warnings are for the person who asked: what was worked around.
	Warnings []string `json:"warnings,omitempty"`
}
