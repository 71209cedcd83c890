// Package option is the one table of what a client may ask of an ingestion. Each field of
// [Options] is an option, and its tags are its row: forms, JSON bodies, request_data,
// the command line, the client, workers and the documents read them, so that a new
// option costs its line here, its use, and a test of that use.
//
// The zero value asks for nothing: an option whose default is true is kept negated.
//
// The tags that this package reads, besides json (the name in a task's row):
//
//	option      the name on the wire, where it is not that of json
//	of          the [Part] it belongs to
//	min, max    bounds: of a number, or in bytes of a text or of an object as JSON
//	values      the values that a text may have, separated by commas
//	pattern     what a text must match
//	must        how the refusal of a wrong text goes on after the name and "must"
//	format      uri, or header for what is sent as the value of an HTTP header
//	later       the package that holds it to its bounds, with other options at hand
//	unset       what holds when it is not given; "" when that depends
//	metadata    it may also stand in the metadata, as the documents have it
//	secret      it is shown to nobody and never leaves the server
//	example     a value that is allowed, as a form has it
//	prefix      of a nested object: what its members' names begin with
//
// The others are kong's, for the command line.
package option

import "encoding/json"

// Options are what a client asks for with a source. They may hold secrets and never
// leave the server as they are.
type Options struct {
	DocumentID       string          `json:"document_id,omitempty" of:"document" pattern:"^[A-Za-z0-9_-]{1,128}$" must:"be 1 to 128 letters, digits, '_' or '-'" example:"talk-7" placeholder:"ID" help:"Name of the document (default: a new one)."`
	ReplaceExisting  bool            `json:"replace_existing,omitempty" of:"document" unset:"false" example:"true" name:"replace" help:"Replace the document of that name, or without a name the one of the same origin."`
	Origin           string          `json:"origin,omitempty" of:"document" max:"4096" example:"/home/ada/notes.txt" placeholder:"PLACE" help:"Where the source comes from, by which it is known again (default: the address; on the command line, also the file's whole path)."`
	Metadata         json.RawMessage `json:"metadata,omitempty" of:"document" max:"262144" example:"{\"project\":\"harbour\"}" type:"object" placeholder:"JSON" help:"Metadata of the document, a JSON object."`
	ChunkSize        int             `json:"chunk_size,omitempty" of:"document" min:"500" max:"16000" later:"chunk" unset:"4000" example:"1000" placeholder:"N" help:"Characters of a chunk, 500 to 16000."`
	ChunkOverlap     *int            `json:"chunk_overlap,omitempty" of:"document" min:"0" max:"1000" later:"chunk" unset:"200" example:"100" placeholder:"N" help:"Characters that neighbours share, 0 to 1000 and fewer than a chunk has; more than half of a chunk counts as half."`
	ChunkingStrategy string          `json:"chunking_strategy,omitempty" of:"document" values:"sentence,paragraph,word,character,page,semantic,segment" later:"chunk" unset:"sentence" example:"word" placeholder:"NAME" help:"Where to cut: sentence, paragraph, word, character, page, semantic or segment."`

	Conversion

	Remote        bool   `json:"remote,omitempty" of:"way" metadata:"" unset:"false" example:"true" help:"Let a worker convert; with the value only, refuse at once what no worker would be asked to."`
	RemoteOnly    bool   `json:"remote_only,omitempty" of:"way" metadata:"" unset:"false" example:"true" help:"The same as remote=only: never let the server convert."`
	RemoteTimeout int    `json:"remote_timeout,omitempty" of:"way" metadata:"" min:"1" max:"604800" example:"600" placeholder:"SECONDS" help:"How many seconds to wait for the workers, all tries together (default: 1800, or the type's timeout if that is longer)."`
	NoFallback    bool   `json:"no_fallback,omitempty" option:"fallback_to_local" of:"way" metadata:"" unset:"true" example:"false" negatable:"fallback" help:"The server converts when no worker does; without the fallback the ingestion fails instead."`
	Split         string `json:"split,omitempty" of:"way" values:"auto,never" unset:"auto" example:"never" placeholder:"HOW" help:"Cut what is long into pieces that several workers convert at a time: auto or never."`
	Priority      int    `json:"priority,omitempty" of:"way" min:"-1000000" max:"1000000" unset:"0" example:"5" help:"Higher is sooner, among what the same key has asked for; an administrator's goes before the others' too."`

	Webhook *Webhook `json:"webhook,omitempty" of:"webhook" embed:"" prefix:"webhook-"`
}

// Conversion is what converters heed, here and at a worker.
type Conversion struct {
	// Language is a BCP 47 tag, "" to let the engine find out.
	Language string `json:"language,omitempty" of:"conversion" max:"35" must:"be a language tag such as en or de-CH" example:"de-CH" placeholder:"TAG" help:"Language of the source (default: found out)."`
	// Prompt has words that an engine of speech should expect: names, terms, a glossary.
	Prompt string `json:"prompt,omitempty" of:"conversion" max:"4096" example:"Ada, Grace, heron" placeholder:"WORDS" help:"Words that are to be expected in a recording, such as names, for the engines that heed them."`
	// Translate asks an engine of speech to write in English what is said in another language.
	Translate bool `json:"translate,omitempty" of:"conversion" unset:"false" example:"true" help:"Write down in English what is said in a recording in another language, by an engine that can."`
	// Password opens an encrypted document.
	Password string `json:"password,omitempty" of:"conversion" max:"1024" secret:"" example:"open sesame" env:"MORAG_DOCUMENT_PASSWORD" help:"Password of an encrypted document."`
	// IncludeThumbnails asks for pictures where the type has them.
	IncludeThumbnails bool `json:"include_thumbnails,omitempty" of:"conversion" unset:"false" example:"true" name:"thumbnails" help:"Take thumbnails of pictures and videos."`
	// ThumbnailCount is how many are taken of a video, and ThumbnailSize the longer side
	// of each in pixels; 0 leaves it to the settings.
	ThumbnailCount int `json:"thumbnail_count,omitempty" of:"conversion" min:"1" max:"100" example:"2" placeholder:"N" help:"How many are taken of a video, 1 to 100 (default: the server's setting)."`
	ThumbnailSize  int `json:"thumbnail_size,omitempty" of:"conversion" min:"1" max:"2048" example:"64" placeholder:"PIXELS" help:"Longer side of a thumbnail, 1 to 2048 pixels (default: the server's setting)."`
	// UseDocling sends documents to a configured docling server.
	UseDocling bool `json:"use_docling,omitempty" of:"conversion" unset:"false" example:"true" help:"Have the docling server convert the document."`
}

// Webhook is whom to tell when the task ends.
type Webhook struct {
	URL       string `json:"url" format:"uri" example:"https://example.org/ended" name:"url" placeholder:"URL" help:"Whom to tell when it is done."`
	AuthToken string `json:"auth_token,omitempty" max:"1024" format:"header" secret:"" example:"token" env:"MORAG_WEBHOOK_AUTH_TOKEN" help:"Token that the message brings."`
	Secret    string `json:"secret,omitempty" max:"1024" secret:"" example:"whsec_bW9yYWc=" env:"MORAG_WEBHOOK_SECRET" help:"What that message is signed with."`
}
