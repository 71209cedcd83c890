package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// examples are shown in the help of the command that is named.
var examples = map[string][]string{
	"serve": {
		"morag serve",
		"morag serve --data-dir /srv/morag --addr 0.0.0.0:8000 --remote-conversion-enabled",
	},
	"worker": {
		"morag worker --api-base-url https://morag.example.org --content-types audio,video",
		"MORAG_API_KEY=morag_... morag worker",
	},
	"ingest": {
		"morag ingest --wait report.pdf slides.pptx",
		"morag ingest --remote --wait talk.mp3",
		"morag ingest -r --wait notes/",
		"morag ingest --document-id handbook --replace handbook.docx",
		"morag ingest --metadata '{\"project\": \"harbour\"}' https://example.org/article",
	},
	"sync": {
		"morag sync ~/notes ~/recordings",
		"morag sync --once --dry-run ~/notes",
		"morag sync --once --wait --remote ~/recordings",
		"morag sync --newest 10 https://example.org/podcast.xml",
		"morag sync --origin laptop:/notes ~/notes",
	},
	"convert": {
		"morag convert report.pdf",
		"morag convert --json -o talk.json talk.mp3",
		"morag convert https://example.org/article",
	},
	"ask": {
		"morag ask who feeds the heron",
		"morag ask --filters '{\"source_type\": \"audio\"}' what was decided about the harbour",
	},
	"search": {
		"morag search what was said about the harbour",
		"morag search --filters '{\"source_name\": \"report.pdf\"}' depth",
		"morag search --facets project,language depth",
		"morag search --limit 3 --filters '{\"project\": \"harbour\"}' depth",
	},
	"eval": {
		"morag eval --corpus corpus.jsonl --queries queries.jsonl --qrels qrels.tsv",
		"morag eval --queries queries.jsonl --qrels qrels.tsv --server https://morag.example.org",
	},
	"mcp": {
		"morag mcp --server https://morag.example.org",
		"morag mcp --read-only",
		"morag mcp --files ~/notes",
	},
	"reindex": {
		"morag reindex --wait",
		"morag reindex --status",
	},
	"backup": {
		"morag backup morag.tar",
		"morag backup --offline --data-dir /var/lib/morag morag.tar",
	},
	"verify":          {"morag verify --data-dir /var/lib/morag", "morag verify --repair --data-dir /srv/copy"},
	"restore":         {"morag restore morag.tar --data-dir /srv/morag"},
	"tasks list":      {"morag tasks list", "morag tasks list --status FAILURE"},
	"tasks show":      {"morag tasks show 3e5bff3e"},
	"tasks cancel":    {"morag tasks cancel 3e5bff3e", "morag tasks cancel --where status=PENDING"},
	"tasks retry":     {"morag tasks retry 3e5bff3e", "morag tasks retry --all --yes"},
	"tasks redeliver": {"morag tasks redeliver 3e5bff3e"},
	"jobs list":       {"morag jobs list --status failed --type audio"},
	"jobs show":       {"morag jobs show 28c92161"},
	"jobs cancel":     {"morag jobs cancel 28c92161", "morag jobs cancel --where status=pending --where content_type=audio"},
	"jobs retry":      {"morag jobs retry 28c92161", "morag jobs retry --where status=failed --yes"},
	"jobs reassign":   {"morag jobs reassign --to gpu-1 28c92161"},
	"jobs cleanup":    {"morag jobs cleanup --days-old 30"},
	"jobs stats":      {"morag jobs stats", "morag jobs stats --json"},
	"workers list":    {"morag workers list"},
	"workers drain":   {"morag workers drain gpu-1"},
	"workers resume":  {"morag workers resume gpu-1"},
	"documents list":  {"morag documents list --limit 10", "morag documents list --type audio --name interview --order oldest"},
	"documents show":  {"morag documents show handbook", "morag documents show --text handbook > handbook.md"},
	"documents correct": {
		"morag documents correct talk-7 --rename Speaker_00=Ada --rename Speaker_01=Bob",
		"morag documents correct talk-7 --text '12=The tide turns at noon.' --speaker 12=Ada",
	},
	"documents export": {
		"morag documents export talk-7 --format srt -o talk.srt",
		"morag documents export talk-7 --format txt",
	},
	"documents source": {"morag documents source handbook -o handbook.docx"},
	"documents delete": {
		"morag documents delete handbook",
		"morag documents delete spring summer autumn",
		"morag documents delete --where id_prefix=draft-",
	},
	"keys create": {
		"morag keys create --role worker --name gpu --worker-id gpu-1 --worker-id gpu-2",
		"morag keys create --role client --name alice --data-dir /srv/morag",
		"morag keys create --new --role admin --name ops --data-dir /srv/morag",
	},
	"config show": {"morag config show", "morag config show serve"},
	"keys list":   {"morag keys list"},
	"keys revoke": {"morag keys revoke alice"},
	"migrate": {
		"morag migrate --data-dir /srv/morag --to postgres://morag@db.internal/morag --blobs s3://morag/files",
		"morag migrate --data-dir /srv/back --from postgres://morag@db.internal/morag --blobs s3://morag/files",
	},
	"health": {
		"morag health",
		"morag health --server https://morag.example.org --json",
	},
	"models list": {"morag models list"},
	"models pull": {
		"morag models pull all-MiniLM-L6-v2",
		"morag models pull all-MiniLM-L6-v2 --from /mnt/stick/all-MiniLM-L6-v2",
	},
	"models remove": {"morag models remove all-MiniLM-L6-v2"},
	"selftest":      {"morag selftest", "morag selftest --test lifecycle --server https://morag.example.org"},
	"demo":          {"morag demo --exit"},
	"doctor":        {"morag doctor", "morag doctor --json"},
	"completion": {
		"morag completion bash > ~/.local/share/bash-completion/completions/morag",
		"morag completion zsh > ~/.zfunc/_morag",
		"morag completion fish > ~/.config/fish/completions/morag.fish",
	},
	"version": {"morag version"},
}

// showExamples puts each command's examples into its help, with how the program ends.
func showExamples(app *kong.Application) {
	for _, command := range app.Leaves(false) {
		lines := examples[nameOf(command)]
		if len(lines) > 0 {
			command.Detail = "Examples:\n\n\t" + strings.Join(lines, "\n\t")
		}
	}
	app.Detail = "It ends with 0 when all was done, with 1 when something failed, which one line on standard " +
		"error tells, and with 2 when it was called wrongly."
}

// nameOf is a command's name as it is typed, without the program's.
func nameOf(command *kong.Node) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(command.FullPath(), "morag "), " <")
	return name
}
