// Package config holds the settings of the programs: their names, defaults and
// bounds. Each has three spellings, in order of precedence: the flag, the
// environment variable, the key in a YAML file.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"morag/internal/content"
)

// Server holds the settings of `morag serve`.
type Server struct {
	Addr          string   `env:"MORAG_ADDR" default:"127.0.0.1:8000" help:"Address to listen on; port 0 picks a free one."`
	DataDir       string   `env:"MORAG_DATA_DIR" default:"./data" help:"Folder for everything that is stored."`
	DatabaseURL   string   `name:"database-url" env:"MORAG_DATABASE_URL" placeholder:"URL" help:"PostgreSQL that several servers share, postgres://USER:PASSWORD@HOST:PORT/DATABASE (default: none, and everything is kept in the data folder)."`
	BlobURL       string   `name:"blob-url" env:"MORAG_BLOB_URL" placeholder:"URL" help:"Where servers that share a database keep files: file:///PATH of a folder that all of them have, or s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME with the credentials of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	VectorURL     string   `name:"vector-url" env:"MORAG_VECTOR_URL" placeholder:"URL" help:"Where servers that share a database search vectors: pgvector: for the extension of that name in the database, or qdrant://HOST:PORT/NAME, qdrants:// for TLS (default: in the memory of each)."`
	VectorAPIKey  string   `name:"vector-api-key" env:"MORAG_VECTOR_API_KEY" help:"Key for a Qdrant."`
	Roles         []string `env:"MORAG_ROLES" default:"api,ingest,maintain" help:"What a server that shares a database does: api (answer requests), ingest (run tasks), maintain (webhooks and clearing up)."`
	RemoteJobsDir string   `name:"remote-jobs-data-dir" env:"MORAG_REMOTE_JOBS_DATA_DIR" help:"Folder of the remote jobs (default: remote_jobs in the data folder)."`
	SourceDirs    []string `env:"MORAG_SOURCE_DIRS" help:"Further folders that source_file_path may name, separated by commas."`
	SharedSources bool     `env:"MORAG_SHARED_SOURCES" default:"true" negatable:"" help:"Jobs read their sources in those folders, as every server that hands them out can; else a source is copied when its job is made."`

	RemoteConversionEnabled bool     `env:"MORAG_REMOTE_CONVERSION_ENABLED" help:"Let clients ask for remote conversion."`
	RemoteContentTypes      []string `env:"MORAG_REMOTE_CONTENT_TYPES" default:"audio,video,youtube" help:"Content types that are converted remotely when asked for."`
	RemoteFallbackTimeout   Seconds  `env:"MORAG_REMOTE_FALLBACK_TIMEOUT" default:"300" help:"Seconds without any worker of the type before converting locally."`
	RemoteTimeoutAudio      Seconds  `env:"MORAG_REMOTE_TIMEOUT_AUDIO" help:"Seconds a remote audio job may take (default 3600)."`
	RemoteTimeoutVideo      Seconds  `env:"MORAG_REMOTE_TIMEOUT_VIDEO" help:"Seconds a remote video job may take (default 3600)."`
	RemoteTimeoutYoutube    Seconds  `env:"MORAG_REMOTE_TIMEOUT_YOUTUBE" help:"Seconds a remote youtube job may take (default 1800)."`
	RemoteTimeoutDocument   Seconds  `env:"MORAG_REMOTE_TIMEOUT_DOCUMENT" help:"Seconds a remote document job may take (default 900)."`
	RemoteTimeoutWeb        Seconds  `env:"MORAG_REMOTE_TIMEOUT_WEB" help:"Seconds a remote web job may take (default 600)."`
	RemoteTimeoutImage      Seconds  `env:"MORAG_REMOTE_TIMEOUT_IMAGE" help:"Seconds a remote image job may take (default 300)."`
	RetryBackoff            Seconds  `env:"MORAG_RETRY_BACKOFF" default:"30" help:"Seconds before the first retry of a remote job; doubles each time, at most an hour."`
	ClaimConfirmTimeout     Seconds  `env:"MORAG_CLAIM_CONFIRM_TIMEOUT" default:"120" help:"Seconds between a claim and the worker's first heartbeat or byte of the download."`

	Split Split `embed:""`

	MaxUploadSize  Bytes   `env:"MORAG_MAX_UPLOAD_SIZE" default:"5GiB" help:"Largest upload."`
	MaxResultSize  Bytes   `env:"MORAG_MAX_RESULT_SIZE" default:"64MiB" help:"Largest result of a remote job."`
	MaxConnections int     `env:"MORAG_MAX_CONNECTIONS" default:"50000" help:"Connections at a time; more wait, and those for which the process may not open files enough."`
	MaxUploads     int     `env:"MORAG_MAX_UPLOADS" default:"32" help:"Uploads at a time, of one key no more than it leaves free; more wait 10 s and are then answered 503."`
	RateLimit      float64 `env:"MORAG_RATE_LIMIT" default:"500" help:"Requests a second of one key, or with wrong keys of one address, with a burst of twice as many; more are answered 429; 0 for no limit."`
	MaxQueuedTasks int     `env:"MORAG_MAX_QUEUED_TASKS" default:"100000" help:"Tasks that may be under way, of one key no more than it leaves free; more are answered 503."`
	MaxPendingJobs int     `env:"MORAG_MAX_PENDING_JOBS" default:"200000" help:"Remote jobs that may be pending, of one key no more than it leaves free; more are answered 503."`
	KeepSources    bool    `env:"MORAG_KEEP_SOURCES" default:"true" negatable:"" help:"Keep a document's source file with it."`
	MinFreeSpace   Bytes   `env:"MORAG_MIN_FREE_SPACE" help:"What is to stay free on the disks of the data folder and of the jobs: uploads, ingestions and new jobs that would leave less are answered 503 (default: 1 GiB or a twentieth of the disk, whichever is less)."`
	Retention      Seconds `env:"MORAG_RETENTION" default:"168h" help:"How long remote jobs, and what tasks need to be tried or told again, are kept after their end."`
	Runners        int     `env:"MORAG_RUNNERS" default:"2" help:"How many tasks are converted and stored at a time."`

	Insecure    bool     `env:"MORAG_INSECURE" help:"Listen on other addresses than loopback although there are no keys."`
	CORSOrigins []string `name:"cors-origins" env:"MORAG_CORS_ORIGINS" help:"Origins, such as https://app.example, whose pages may call this server; * for all, of a server that has keys."`
	TLSCert     string   `name:"tls-cert" env:"MORAG_TLS_CERT" placeholder:"FILE" help:"Certificate chain (PEM) to serve https with; read anew when it changes."`
	TLSKey      string   `name:"tls-key" env:"MORAG_TLS_KEY" placeholder:"FILE" help:"Its private key (PEM)."`

	Embedding Embedding `embed:""`
	Rerank    Rerank    `embed:""`
	Chat      Chat      `embed:""`
	SignOn    SignOn    `embed:""`
	Engines   Engines   `embed:""`
	Log       Log       `embed:""`
}

// Split says which sources are converted in parts, by several workers at a time.
type Split struct {
	SplitAfter  Seconds `env:"MORAG_SPLIT_AFTER" default:"20m" help:"Length from which a recording that workers convert is cut into pieces, each a job of its own."`
	SplitLength Seconds `env:"MORAG_SPLIT_LENGTH" default:"10m" help:"About how long a piece is; it is cut at a pause nearby."`
	SplitPages  int     `env:"MORAG_SPLIT_PAGES" default:"50" help:"Pages of a piece of a PDF that workers convert; one with no more is not cut."`
}

// Validate refuses a value that cannot work, naming the setting.
func (s *Split) Validate() error {
	switch {
	case s.SplitLength.Duration() < minSplitLength:
		return fmt.Errorf("MORAG_SPLIT_LENGTH must be at least %s", minSplitLength)
	case s.SplitPages < 1:
		return fmt.Errorf("MORAG_SPLIT_PAGES must be at least 1")
	}
	return nil
}

// minSplitLength is about a sentence.
const minSplitLength = time.Second

// Embedding says how text becomes vectors.
type Embedding struct {
	Embedder           string `env:"MORAG_EMBEDDER" default:"hash" enum:"hash,local,gemini,openai" help:"hash (offline, lexical), local (a model in this process), gemini or openai."`
	EmbeddingModel     string `env:"MORAG_EMBEDDING_MODEL" help:"Model of gemini or openai (default: the provider's); of local a folder as sentence-transformers has it, or the name of one in MORAG_MODELS_DIR (default: all-MiniLM-L6-v2)."`
	ModelsDir          string `env:"MORAG_MODELS_DIR" help:"Folder of the models that morag models pull fetches (default: models in the data folder)."`
	EmbeddingDimension int    `env:"MORAG_EMBEDDING_DIMENSION" help:"Length of the vectors (default: the model's)."`
	Reindex            bool   `env:"MORAG_REINDEX" help:"Have documents that another model has embedded embedded anew in the background, without waiting for morag reindex."`
	GeminiAPIKey       string `name:"gemini-api-key" env:"MORAG_GEMINI_API_KEY,GEMINI_API_KEY" help:"Key for gemini."`
	GeminiBaseURL      string `name:"gemini-base-url" env:"MORAG_GEMINI_BASE_URL" help:"Address of the Gemini API (default: Google's)."`
	OpenAIAPIKey       string `name:"openai-api-key" env:"MORAG_OPENAI_API_KEY,OPENAI_API_KEY" help:"Key for openai."`
	OpenAIBaseURL      string `name:"openai-base-url" env:"MORAG_OPENAI_BASE_URL" help:"Address of the OpenAI-compatible API, up to /v1."`
}

// Rerank says which service orders the results of a search anew.
type Rerank struct {
	RerankURL     string  `name:"rerank-url" env:"MORAG_RERANK_URL" help:"Address of a service that orders the results of a search anew, as Cohere's and Jina's or text-embeddings-inference, with or without /rerank at its end (default: none)."`
	RerankAPIKey  string  `name:"rerank-api-key" env:"MORAG_RERANK_API_KEY" help:"Key for it."`
	RerankModel   string  `env:"MORAG_RERANK_MODEL" help:"Its model (default: the service's)."`
	RerankTimeout Seconds `env:"MORAG_RERANK_TIMEOUT" default:"1" help:"Seconds that a search waits for it; then the results are in the order without it."`
}

// Validate refuses a value that cannot work, naming the setting.
func (r *Rerank) Validate() error {
	if r.RerankTimeout <= 0 {
		return fmt.Errorf("MORAG_RERANK_TIMEOUT must be more than 0")
	}
	return validURLs(map[string]string{"MORAG_RERANK_URL": r.RerankURL})
}

// Chat says which language model answers questions.
type Chat struct {
	ChatURL     string  `name:"chat-url" env:"MORAG_CHAT_URL" help:"Address of an OpenAI-compatible chat service that answers questions, up to /v1 (default: none, and no question is answered)."`
	ChatAPIKey  string  `name:"chat-api-key" env:"MORAG_CHAT_API_KEY" help:"Key for it."`
	ChatModel   string  `env:"MORAG_CHAT_MODEL" default:"gpt-4o-mini" help:"Its model."`
	ChatTimeout Seconds `env:"MORAG_CHAT_TIMEOUT" default:"120" help:"Seconds that one answer may take."`
}

// Log says what is logged and how. Logs go to standard error.
type Log struct {
	LogLevel  string `env:"MORAG_LOG_LEVEL" default:"info" enum:"debug,info,warn,error,DEBUG,INFO,WARN,WARNING,ERROR" help:"debug, info, warn or error."`
	LogFormat string `env:"MORAG_LOG_FORMAT" default:"text" enum:"text,json" help:"text or json."`
}

// JobsDir is the folder of the remote jobs.
func (s *Server) JobsDir() string {
	if s.RemoteJobsDir != "" {
		return s.RemoteJobsDir
	}
	return filepath.Join(s.DataDir, "remote_jobs")
}

// Timeouts are the job timeouts that are set, by content type.
func (s *Server) Timeouts() map[string]time.Duration {
	timeouts := map[string]time.Duration{}
	for contentType, v := range map[string]Seconds{
		content.Audio: s.RemoteTimeoutAudio, content.Video: s.RemoteTimeoutVideo, content.YouTube: s.RemoteTimeoutYoutube,
		content.Doc: s.RemoteTimeoutDocument, content.Web: s.RemoteTimeoutWeb, content.Image: s.RemoteTimeoutImage,
	} {
		if v > 0 {
			timeouts[contentType] = v.Duration()
		}
	}
	return timeouts
}

// Validate refuses a value that cannot work, naming the setting.
func (s *Server) Validate() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("MORAG_ADDR must be a host and a port, as 127.0.0.1:8000, not %q", s.Addr)
	}
	if err := s.validateShared(); err != nil {
		return err
	}
	if s.Runners < 1 || s.Runners > 256 {
		return fmt.Errorf("MORAG_RUNNERS must be from 1 to 256, not %d", s.Runners)
	}
	for i, t := range s.RemoteContentTypes {
		normal, err := content.Normalize(strings.TrimSpace(t))
		if err != nil {
			return fmt.Errorf("MORAG_REMOTE_CONTENT_TYPES: %w", err)
		}
		s.RemoteContentTypes[i] = normal
	}
	for _, dir := range s.SourceDirs {
		if !filepath.IsAbs(dir) {
			return fmt.Errorf("MORAG_SOURCE_DIRS must hold absolute paths, not %q", dir)
		}
	}
	if d := s.Embedding.EmbeddingDimension; d < 0 || d > 16384 {
		return fmt.Errorf("MORAG_EMBEDDING_DIMENSION must be from 1 to 16384, not %d", d)
	}
	if s.Chat.ChatTimeout <= 0 {
		return fmt.Errorf("MORAG_CHAT_TIMEOUT must be more than 0")
	}
	if s.MaxUploadSize <= 0 {
		return fmt.Errorf("MORAG_MAX_UPLOAD_SIZE must be more than 0")
	}
	for name, n := range map[string]int{
		"MORAG_MAX_CONNECTIONS": s.MaxConnections, "MORAG_MAX_UPLOADS": s.MaxUploads, "MORAG_MAX_QUEUED_TASKS": s.MaxQueuedTasks, "MORAG_MAX_PENDING_JOBS": s.MaxPendingJobs,
	} {
		if n < 1 {
			return fmt.Errorf("%s must be 1 or more, not %d", name, n)
		}
	}
	if s.RateLimit < 0 {
		return fmt.Errorf("MORAG_RATE_LIMIT must be 0 or more, not %v", s.RateLimit)
	}
	if s.MaxResultSize <= 0 {
		return fmt.Errorf("MORAG_MAX_RESULT_SIZE must be more than 0")
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return fmt.Errorf("MORAG_TLS_CERT and MORAG_TLS_KEY must be set both or neither")
	}
	if err := validOrigins(s.CORSOrigins); err != nil {
		return err
	}
	if err := s.Engines.Validate(); err != nil {
		return err
	}
	if err := s.Split.Validate(); err != nil {
		return err
	}
	if err := s.SignOn.Validate(); err != nil {
		return err
	}
	if err := s.Rerank.Validate(); err != nil {
		return err
	}
	return validURLs(map[string]string{
		"MORAG_GEMINI_BASE_URL": s.Embedding.GeminiBaseURL,
		"MORAG_OPENAI_BASE_URL": s.Embedding.OpenAIBaseURL,
		"MORAG_CHAT_URL":        s.Chat.ChatURL,
	})
}

// LoopbackOnly refuses to listen for strangers while nothing authenticates them: it is
// for a server that has no keys.
func (s *Server) LoopbackOnly() error {
	if s.Insecure {
		return nil
	}
	host := s.Addr
	if i := strings.LastIndex(host, ":"); i >= 0 {
		host = strings.Trim(host[:i], "[]")
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("MORAG_ADDR %q is not a loopback address and there are no keys: make one by `morag keys create`, or set MORAG_INSECURE=true to listen there all the same", s.Addr)
}

// NamedOrigins refuses to let the pages of every origin call while nothing authenticates
// them: it is for a server that has no keys.
func (s *Server) NamedOrigins() error {
	if !slices.Contains(s.CORSOrigins, "*") {
		return nil
	}
	return fmt.Errorf("MORAG_CORS_ORIGINS * lets every page call this server and there are no keys: make one by `morag keys create`, or name the origins")
}

// validOrigins refuses what no browser ever sends as an origin.
func validOrigins(origins []string) error {
	for i, o := range origins {
		o = strings.TrimSuffix(strings.TrimSpace(o), "/")
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o) {
			return fmt.Errorf("MORAG_CORS_ORIGINS must hold origins such as https://app.example or *, not %q", o)
		}
		origins[i] = o
	}
	return nil
}

func validURLs(byName map[string]string) error {
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if byName[name] == "" {
			continue
		}
		u, err := url.Parse(byName[name])
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("%s must be an http or https address, not %q", name, byName[name])
		}
	}
	return nil
}
