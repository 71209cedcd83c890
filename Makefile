# make build   bin/morag, one static binary
# make demo    from a recording to a search hit, with everything it needs
# make test    every check there is; what CI runs
# make eval-documents  how much of a document its conversion keeps, by format
# make try-office  the same of old Office files too, with LibreOffice, whose installation takes minutes
# make bench   speed, each figure beside what it is compared with
# make eval    how well the search finds, beside a plain BM25; COLLECTION=folder of BEIR's files
# make bench-cleanup  how long it takes to clean up a folder with long history
# make try-openai  a search and a transcription by OpenAI's own client for Python, OPENAI=version
# make try-mcp  the tools for agents by the inspector of the Model Context Protocol, INSPECTOR=version
# make try-speech  human speech written down by real engines: how fast, and how many words are wrong
# make try-models  the vectors of MORAG_EMBEDDER=local against the reference, by real weights
# make try-pgvector  an index whose vectors a real pgvector searches, and its recall
# make fuzz-api generated requests by the OpenAPI document, FUZZ_SECONDS=600
# make screenshots  a picture of every page of the dashboard, into screenshots/
# make soak    what a server and its workers hold after SOAK=3600 seconds of uploads, kills and cancels
# make torture the server killed again and again, KILLS=50
# make torture-several  three servers and what they share put to trouble, ROUNDS=20, OLDER=path of an older morag
# make release what is given out of this commit: archives, Debian packages, SBOM, checksums, in dist

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := $(GO) build -ldflags '-s -w -X main.version=$(VERSION)'
# Workers run on these too.
TARGETS := linux/arm64 darwin/arm64 windows/amd64

# The same for building, vetting and testing, so that nothing is compiled twice. The
# version comes from git above; a checkout of another user would stop Go's own stamp.
export GOFLAGS     := -trimpath -buildvcs=false
export CGO_ENABLED := 0

.PHONY: build demo deps test lint vuln s3 promql oidc unit e2e cross fuzz-api try-openai try-mcp try-speech try-models try-pgvector torture torture-several generate bench bench-cleanup eval eval-documents try-office release clean screenshots soak

# Go decides what has changed: there is nothing for make to know.
build:
	$(BUILD) -o bin/morag ./cmd/morag

demo: deps build
	bin/morag demo $(ARGS)

deps:
	@tools/install engines

test: lint vuln unit e2e cross

# The linter has a go.mod of its own, so that the program's holds only what it needs.
lint:
	@unformatted=$$("$$($(GO) env GOROOT)/bin/gofmt" -l cmd e2e internal); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:" $$unformatted >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

# Known weaknesses of what is called here. The database is asked over the network: when
# that is not there, nothing was checked, and this says so.
vuln:
	@found=$$($(GO) tool -modfile=tools/go.mod govulncheck ./... 2>&1); status=$$?; \
	case $$status,$$found in \
	*"fetching vulnerabilities"*) echo "vuln: NOT CHECKED, the vulnerability database cannot be reached" ;; \
	*) echo "$$found"; exit $$status ;; \
	esac

# The S3 server of the tests, which has a go.mod of its own, too: tests find it compiled.
s3:
	@cd tools/s3 && $(GO) build -o /dev/null .

# Prometheus's parser, by which the tests read what monitoring asks for; likewise.
promql:
	@cd tools/promql && $(GO) build -o /dev/null .

# The provider of OpenID Connect of the tests; likewise.
oidc:
	@cd tools/oidc && $(GO) build -o /dev/null .

# The scripts of cmd/morag start the program many hundred times, which takes five times as long
# with the race detector; what runs at once in it runs under the detector in its own package.
unit: s3 promql oidc
	@tools/install engines tests
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v -e /e2e -e /cmd/morag)
	$(GO) test -timeout 20m ./cmd/morag

# Starts the program itself, and real engines; one package at a time, since each has
# the machine to itself when it measures and kills.
e2e: s3
	@tools/install engines tests
	$(GO) test -count=1 -p 1 -timeout 20m ./e2e/...

cross:
	@for target in $(TARGETS); do \
		echo "build for $$target"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(BUILD) -o /dev/null ./cmd/morag || exit 1; \
	done

# Fails on an answer of 500 and on one that the document does not have.
FUZZ_SECONDS ?= 600
fuzz-api:
	@GO=$(GO) tools/fuzz-api $(FUZZ_SECONDS)

# Not in CI, where a test speaks as this client does.
try-openai: build
	@tools/install engines tests
	tools/try-openai

# Not in CI, where a test speaks as the protocol's Go SDK does.
try-mcp: build
	tools/try-mcp

# Not in CI: half a gigabyte from PyPI, and minutes of listening.
try-speech: build
	@tools/install engines tests speech
	tools/try-speech

# Every page in both themes, at the width of a phone, a tablet and a desk.
screenshots:
	@tools/install engines tests
	@mkdir -p screenshots
	$(GO) test -count=1 -timeout 10m ./e2e/dashboard -args -pictures "$(CURDIR)/screenshots"

# Not in CI, where a model without learned weights is compared: this one has 90 MB.
try-models:
	tools/try-models

# Not in CI: Debian 12 has no pgvector, and another build of PostgreSQL has 25 MB.
try-pgvector:
	tools/try-pgvector

# Kills the server as often as you like and checks the whole history: KILLS=1000.
KILLS ?= 50
torture:
	@tools/install engines tests
	$(GO) test -count=1 -v -timeout 12h ./e2e/torture -run TestKills -args -kills $(KILLS)

ROUNDS ?= 20
torture-several: s3
	@tools/install engines tests
	$(GO) test -count=1 -v -timeout 12h ./e2e/torture -run TestSeveral -args -rounds $(ROUNDS) -older "$(OLDER)"

# Numbers every tenth of the time; fails when memory, files or processes have grown.
SOAK ?= 3600
soak: build
	tools/soak $(SOAK)

# Writes anew what the tests compare with the code.
generate:
	$(GO) generate ./...

# Words, order, headings, tables and lists against the truth, on documents made here.
eval-documents:
	@tools/install engines tests
	$(GO) test -count=1 -v -run TestFloors ./internal/convert/document/scoretest

try-office:
	@tools/install engines tests office
	$(GO) test -count=1 -v -run TestFloors ./internal/convert/document/scoretest -args -office

# Each prints what it is compared with, measured in the same run.
BENCH := $(GO) test -run '^$$' -timeout 30m

bench:
	$(BENCH) -bench '^BenchmarkStore$$' -benchtime 1x ./internal/job/filestore
	$(BENCH) -bench StoreOpen -benchtime 1x ./internal/job/filestore
	@tools/install tests
	$(BENCH) -bench . -benchtime 1x ./internal/job/pgstore
	$(BENCH) -bench Search -benchtime 1x ./internal/index/...
	$(BENCH) -bench Large -benchtime 1x ./internal/index/sqlite
	$(BENCH) -bench Long -benchtime 5x ./internal/convert/document/pdf ./internal/convert/document/office
	$(BENCH) -bench SearchLong -benchtime 1x ./internal/app
	$(BENCH) -bench Jail -benchtime 60x ./internal/app
	$(BENCH) -bench Overview -benchtime 1x ./internal/app
	$(BENCH) -bench SplitHour -benchtime 1x ./internal/app
	$(BENCH) -bench SecondPass -benchtime 3x ./internal/mirror
	$(BENCH) -bench . -benchtime 1x ./e2e

# CI holds the collection of this repository to a floor; others are for tuning.
COLLECTION ?= internal/eval/testdata/harbour
eval: build
	bin/morag eval --corpus $(COLLECTION)/corpus.jsonl --queries $(COLLECTION)/queries.jsonl --qrels $(COLLECTION)/qrels.tsv

# Writes a quarter of a million files first, which is what takes minutes.
bench-cleanup:
	$(BENCH) -bench Cleanup -benchtime 1x ./internal/app

release:
	@GO=$(GO) tools/release/release $(VERSION)

clean:
	rm -rf bin dist
