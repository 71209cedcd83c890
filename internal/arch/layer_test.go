package arch

// layer is one part of the program and what it may not know.
type layer struct {
	// packages are its packages below the module, each with what lies in its folder,
	// except folders that are a layer of their own.
	packages []string
	// never are packages further down the list, or of the standard library, that it
	// does not import all the same.
	never  []string
	reason string
}

// layers is the table of the program. Imports point down the list, or stay in their
// layer.
var layers = []layer{
	{[]string{"e2e"}, every("internal/app", "internal/api", "internal/ingest", "internal/dispatch", "internal/worker"),
		"end-to-end tests see what a user sees: the program, its network and its files"},
	{[]string{"cmd/morag"}, every("internal/api", "internal/worker", "internal/ingest", "internal/dispatch", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"a command reads flags and prints; app puts the parts together"},
	{[]string{"internal/app"}, nil,
		"app is the only place that names concrete adapters"},
	{[]string{"internal/transfer"}, every("internal/api", "internal/ingest", "internal/dispatch", "internal/task", "internal/document", "internal/index", adapters),
		"rows are copied as the tables have them, whatever they mean; jobs and blobs by their ports"},
	{[]string{"internal/demo", "internal/selftest"}, every("internal/api", "internal/worker", "internal/ingest", "internal/dispatch", "internal/search", "internal/sqlite", "internal/postgres", adapters),
		"both are users: all they know of the program is its network"},
	{[]string{"internal/mirror"}, every("internal/api", "internal/worker", "internal/ingest", "internal/dispatch", "internal/search", "internal/postgres", adapters),
		"a user, too, with a database file of its own"},
	{[]string{"internal/dashboard"}, every("internal/api", "internal/worker", "internal/client", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"pages show what the api answers, whoever makes the answers"},
	{[]string{"internal/api"}, every("internal/worker", "internal/client", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"the api decodes and answers; what it serves are ports and services"},
	{[]string{"internal/worker"}, every("internal/dispatch", "internal/ingest", "internal/search", "internal/job", "internal/task", "internal/index", "internal/sqlite", "internal/postgres", adapters),
		"server and worker meet in wire alone, so that each can be replaced"},
	{[]string{"internal/client"}, every("internal/dispatch", "internal/ingest", "internal/search", "internal/job", "internal/task", "internal/index", "internal/sqlite", "internal/postgres", adapters),
		"the client knows what the network shows"},
	{[]string{"internal/feed"}, every("internal", "os", "net/http", "database/sql"),
		"events in their order, whatever they tell of"},
	{[]string{"internal/maintain"}, every("internal/ingest", "internal/search", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"clearing up asks the packages that own what is cleared"},
	{[]string{"internal/dispatch"}, every("internal/ingest", "internal/remote", "internal/search", "internal/task", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"dispatch knows jobs and workers, not what their results are for; it tells of their ends by one function"},
	{[]string{"internal/ingest"}, every("internal/job", "internal/search", "internal/sqlite", "internal/postgres", "database/sql", adapters),
		"the pipeline speaks to ports, so that a store or engine is exchanged in app alone; of jobs it knows what remote tells"},
	{[]string{"internal/remote"}, every("internal/sqlite", "internal/postgres", "database/sql", adapters),
		"the seam of task and job, so that neither the pipeline nor the dispatcher needs to know both"},
	{[]string{"internal/assembly"}, every("os", "net/http", "database/sql", "internal/task", "internal/job"),
		"the text of what was converted in parts is a function of these"},
	{[]string{"internal/ask", "internal/search", "internal/library", "internal/reindex", "internal/webhook", "internal/auth", "internal/metrics"}, every("internal/sqlite", "internal/postgres", "database/sql", adapters),
		"services speak to ports"},
	{[]string{"internal/fleet"}, every("internal", "os", "net/http"),
		"the rules of workers and servers are pure; their stores bring the database"},
	{[]string{"internal/job"}, every("internal", "os", "net/http"),
		"the rules of a job are pure; its stores bring the disk"},
	{[]string{"internal/task"}, every("internal", "os", "net/http"),
		"the rules of a task are pure; its stores bring the database"},
	{[]string{"internal/document"}, every("internal/job", "internal/task", "internal/index", "os", "net/http", "database/sql"),
		"documents are what was ingested, wherever their chunks are"},
	{[]string{"internal/index"}, every("internal/job", "internal/task", "os", "net/http", "database/sql"),
		"the index knows documents, not where they come from"},
	{[]string{"internal/blob"}, every("internal", "net/http", "database/sql"),
		"a blob is bytes and nothing else"},
	{[]string{"internal/embed"}, every("internal", "os", "net/http", "database/sql"),
		"an embedder turns text into vectors and nothing else; providers bring the network"},
	{[]string{"internal/jail"}, every("internal/sqlite", "internal/postgres", "database/sql", "net/http", adapters),
		"a jail knows what a converter promises, not which there are"},
	{[]string{"internal/convert"}, every("internal/proc", "internal/chunk", "net/http", "database/sql"),
		"the port knows no engine; converters bring them"},
	{[]string{"internal/chat", "internal/rerank"}, every("internal/sqlite", "internal/postgres", "database/sql"),
		"a model is asked and knows nothing of documents"},
	{[]string{"internal/sqlite", "internal/postgres"}, every("internal"),
		"the database knows no domain"},
	{[]string{"internal/program", "internal/speech"}, every("internal/chunk", "internal/config", "internal/content", "internal/wire"),
		"what the demo and the tests need: our program as a process, text to speech and the measure of recognizers"},
	{[]string{"internal/proc", "internal/outbound", "internal/service", "internal/backoff", "internal/seal"}, every("internal"),
		"running a program, calling a stranger's address or a service, or encrypting needs nothing of ours"},
	{[]string{"internal/chunk", "internal/config", "internal/transcript"}, nil,
		"pure, over content"},
	{[]string{"internal/part"}, every("internal", "os", "net/http", "database/sql"),
		"what a record says of parts is pure"},
	{[]string{"internal/tus"}, every("internal", "database/sql"),
		"files that come in pieces, of whatever"},
	{[]string{"internal/share"}, every("internal", "os", "net/http", "database/sql"),
		"a rule of turns that knows no owner"},
	{[]string{"internal/systemd"}, every("internal", "net/http", "database/sql"),
		"the service manager is told, whoever is managed"},
	{[]string{"internal/stack"}, every("internal", "os", "net/http", "database/sql"),
		"a use of the runtime that knows nobody"},
	{[]string{"internal/estimate", "internal/eval", "internal/recent"}, every("internal", "os", "net/http", "database/sql"),
		"numbers and nothing else"},
	{[]string{"internal/cursor"}, every("internal", "os", "net/http", "database/sql"),
		"places in lists, whatever they list"},
	{[]string{"internal/sqlrow"}, every("internal", "os", "net/http", "database/sql"),
		"rows of either database, whatever they hold"},
	{[]string{"internal/trace"}, every("internal", "database/sql"),
		"spans of whatever takes a while"},
	{[]string{"internal/openapi"}, every("internal", "database/sql"),
		"the format of a document, which knows no API"},
	{[]string{"internal/content", "internal/extent", "internal/option", "internal/wire"}, every("internal", "net/http", "database/sql"),
		"the words that all packages share"},
	{[]string{"internal/arch", "internal/generatedtest"}, every("internal"),
		"tests that read the code need nothing of it"},
}

// granted are imports that a layer's never column refuses and that are right all the same.
var granted = []struct{ from, imported, reason string }{
	{"internal/task", "internal/option", "a task keeps what its client asked for"},
	{"internal/task", "internal/part", "a task keeps how its source is converted in parts"},
	{"internal/task", "internal/share", "whose task is next"},
	{"internal/job", "internal/share", "whose job is next"},
	{"internal/fleet", "internal/cursor", "where a page of workers ends"},
	{"internal/embed", "internal/backoff", "what decorates any embedder tries again"},
	{"internal/embed/local/localtest", "os", "it writes the folder of a model"},
	{"internal/index/qdrant/qdranttest", "net/http", "it is a server"},
	{"internal/index/qdrant/qdranttest", "net/http/httptest", "it is a server"},
	{"internal/blob/s3/s3test", "net/http", "it waits until its server answers"},
}

// ports are the packages whose folders hold adapters: a port never imports what is
// in its folder, and apart from app only tests do.
var ports = []string{"internal/fleet", "internal/job", "internal/task", "internal/document", "internal/index", "internal/blob", "internal/embed", "internal/convert", "internal/auth", "internal/maintain"}

// inner are packages in a port's folder that are no adapters: what its adapters have
// in common.
var inner = []string{
	"internal/convert/article",
	"internal/convert/charset",
	"internal/convert/document/archive",
	"internal/convert/document/compound",
	"internal/convert/document/data",
	"internal/convert/document/dingbat",
	"internal/convert/document/docling",
	"internal/convert/document/epub",
	"internal/convert/document/formula",
	"internal/convert/document/grid",
	"internal/convert/document/html",
	"internal/convert/document/legacy",
	"internal/convert/document/mail",
	"internal/convert/document/markdown",
	"internal/convert/document/markup",
	"internal/convert/document/notebook",
	"internal/convert/document/odt",
	"internal/convert/document/office",
	"internal/convert/document/ooxml",
	"internal/convert/document/omission",
	"internal/convert/document/pandoc",
	"internal/convert/document/pdf",
	"internal/convert/document/plaintext",
	"internal/convert/document/property",
	"internal/convert/document/rtf",
	"internal/convert/document/source",
	"internal/convert/document/subtitle",
	"internal/convert/document/workbook",
	"internal/convert/document/xml",
	"internal/convert/document/zip",
	"internal/convert/ffmpeg",
	"internal/convert/frame",
	"internal/convert/layout",
	"internal/convert/timed",
	"internal/document/column",
	"internal/embed/provider",
	"internal/fleet/column",
	"internal/index/mapped",
	"internal/index/row",
	"internal/index/token",
	"internal/index/vector",
	"internal/index/word",
	"internal/task/column",
}

// adapters stands for every adapter of every port.
const adapters = "adapters"

func every(packages ...string) []string { return packages }
