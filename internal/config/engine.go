package config

import "fmt"

// Engines says what the converters work with, on the server and on a worker.
type Engines struct {
	AllowPrivateURLs []string `name:"allow-private-urls" env:"MORAG_ALLOW_PRIVATE_URLS" help:"Hosts or networks that webhooks and addresses to convert may name although they are private; * for all."`
	MaxPageSize      Bytes    `env:"MORAG_MAX_PAGE_SIZE" default:"20MiB" help:"Largest web page that is fetched."`
	MaxDownloadSize  Bytes    `env:"MORAG_MAX_DOWNLOAD_SIZE" default:"2GiB" help:"Largest file of another kind, or sound of a video, that is fetched from an address."`
	FetchTimeout     Seconds  `env:"MORAG_FETCH_TIMEOUT" default:"60" help:"Seconds a site has to send a page, or to go on sending a file."`
	IgnoreRobots     bool     `env:"MORAG_IGNORE_ROBOTS" help:"Fetch pages that their site's robots.txt disallows."`
	TempDir          string   `env:"MORAG_TEMP_DIR" help:"Folder for scratch files (default: of the server in its data folder, of a worker in the user's cache, else the system's)."`
	SpeechURL        string   `name:"speech-url" env:"MORAG_SPEECH_URL" help:"Address of an OpenAI-compatible transcription service, up to /v1."`
	SpeechAPIKey     string   `name:"speech-api-key" env:"MORAG_SPEECH_API_KEY" help:"Key for it."`
	SpeechModel      string   `env:"MORAG_SPEECH_MODEL" help:"Its model (default whisper-1)."`
	WhisperModel     string   `env:"MORAG_WHISPER_MODEL" help:"Path of a model file for whisper-cli."`
	DoclingURL       string   `name:"docling-url" env:"MORAG_DOCLING_URL" help:"Address of a docling-serve, which converts documents when use_docling asks for it."`
	DoclingAPIKey    string   `name:"docling-api-key" env:"MORAG_DOCLING_API_KEY" help:"Key for it."`
	VisionURL        string   `name:"vision-url" env:"MORAG_VISION_URL" help:"Address of an OpenAI-compatible service that describes pictures, up to /v1."`
	VisionAPIKey     string   `name:"vision-api-key" env:"MORAG_VISION_API_KEY" help:"Key for it."`
	VisionModel      string   `env:"MORAG_VISION_MODEL" help:"Its model (default gpt-4o-mini)."`
	ThumbnailCount   int      `env:"MORAG_THUMBNAIL_COUNT" default:"5" help:"Pictures taken of a video when thumbnails are asked for."`
	ThumbnailWidth   int      `env:"MORAG_THUMBNAIL_WIDTH" default:"320" help:"Longer side of a thumbnail in pixels."`
	Commands         Commands `env:"MORAG_COMMANDS" placeholder:"JSON" help:"Converters of your own: for a content type a program and its arguments, as {\"dwg\": [\"dwg2md\", \"{input}\"]}."`
	CommandEnv       []string `env:"MORAG_COMMAND_ENV" help:"Names of variables that they get besides PATH and LANG."`
	CommandMemory    Bytes    `env:"MORAG_COMMAND_MEMORY" default:"16GiB" help:"Address space each of their processes may take, on Linux; 0 for no limit, as programs for a GPU may need."`
	MaxPages         int      `env:"MORAG_MAX_PAGES" default:"10000" help:"Most pages of a PDF."`
	MaxPixels        int64    `env:"MORAG_MAX_PIXELS" default:"100000000" help:"Most pixels of a picture."`
	MaxExtracted     Bytes    `name:"max-extracted-size" env:"MORAG_MAX_EXTRACTED_SIZE" default:"1GiB" help:"Largest size of a document's parts when unpacked (docx, xlsx, odt, epub and the like)."`
	Threads          int      `env:"MORAG_ENGINE_THREADS" help:"Threads an engine may use (default: all processors)."`
	ConvertMemory    Bytes    `env:"MORAG_CONVERT_MEMORY" default:"2GiB" help:"Memory that one conversion may take with all its engines, besides the model of MORAG_WHISPER_MODEL."`
	ConvertTimeout   Seconds  `env:"MORAG_CONVERT_TIMEOUT" help:"Seconds one conversion may take (default: by content type and size, minutes for what is small)."`
	ScratchLimit     Bytes    `env:"MORAG_SCRATCH_LIMIT" default:"20GiB" help:"Disk space that conversions may take together while they run; each may take its part of it."`
	Timeout          Seconds  `name:"engine-timeout" env:"MORAG_ENGINE_TIMEOUT" default:"14400" help:"Seconds one engine may run."`
}

// Validate refuses a value that cannot work, naming the setting.
func (e *Engines) Validate() error {
	if e.ThumbnailCount < 1 || e.ThumbnailCount > 100 {
		return fmt.Errorf("MORAG_THUMBNAIL_COUNT must be from 1 to 100, not %d", e.ThumbnailCount)
	}
	if e.ThumbnailWidth < 1 || e.ThumbnailWidth > 2048 {
		return fmt.Errorf("MORAG_THUMBNAIL_WIDTH must be from 1 to 2048 pixels, not %d", e.ThumbnailWidth)
	}
	if e.MaxPages < 1 {
		return fmt.Errorf("MORAG_MAX_PAGES must be at least 1, not %d", e.MaxPages)
	}
	if e.MaxPixels < 1 {
		return fmt.Errorf("MORAG_MAX_PIXELS must be at least 1, not %d", e.MaxPixels)
	}
	if e.ConvertMemory < 64<<20 {
		return fmt.Errorf("MORAG_CONVERT_MEMORY must be at least 64MiB, not %d bytes", e.ConvertMemory)
	}
	if e.ScratchLimit < 1<<20 {
		return fmt.Errorf("MORAG_SCRATCH_LIMIT must be at least 1MiB, not %d bytes", e.ScratchLimit)
	}
	return validURLs(map[string]string{
		"MORAG_SPEECH_URL": e.SpeechURL, "MORAG_VISION_URL": e.VisionURL, "MORAG_DOCLING_URL": e.DoclingURL,
	})
}
