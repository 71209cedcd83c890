package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"morag/internal/client"
)

// Whatever goes wrong on the way to a server is one sentence that says what to do.
func TestCausesAreSentences(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	plain := func(status int, body string) string {
		s := httptest.NewServer(answer(status, body))
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewTLSServer(answer(200, `{"documents": []}`))
	t.Cleanup(secure.Close)
	wrong := map[string]bool{"a wrong value": true, "an unknown type": true}
	const who = " (--server or MORAG_API_BASE_URL names the server)"
	for cause, c := range map[string]struct{ server, want string }{
		"nothing listens":  {"http://" + closed(t), "nothing answers at $S: is the server running there?" + who},
		"http to https":    {"http" + strings.TrimPrefix(secure.URL, "https"), "$S speaks https: its address begins with https://" + who},
		"nginx's https":    {plain(400, "<center>The plain HTTP request was sent to HTTPS port</center>"), "$S speaks https: its address begins with https://" + who},
		"https to http":    {"https" + strings.TrimPrefix(plain(200, "{}"), "http"), "$S does not speak https: its address begins with http://" + who},
		"own certificate":  {secure.URL, "the certificate of $S is not trusted: certificate signed by unknown authority (--ca-file or MORAG_CA_FILE names what to trust besides the system's)"},
		"another server":   {plain(404, "<html>"), "what answers at $S is no MoRAG server: not found (HTTP 404)" + who},
		"another's page":   {plain(200, "<html>"), "what answers at $S is no MoRAG server" + who},
		"a path too many":  {plain(404, `{"detail": "there is nothing at this path"}`), "there is no MoRAG API at $S: its address ends before /api" + who},
		"no key":           {plain(401, `{"detail": "a key is needed"}`), "a key is needed (--api-key or MORAG_API_KEY names the key)"},
		"a conflict":       {plain(409, `{"detail": "document \"d\" exists: replace_existing replaces it"}`), `document "d" exists: --replace replaces it`},
		"a wrong value":    {plain(422, `{"detail": "chunk_size must be 500 to 16000 characters"}`), "--chunk-size must be 500 to 16000 characters"},
		"an unknown type":  {plain(422, `{"detail": "the file is of no known type: name it in content_type"}`), "the file is of no known type: name it in --type"},
		"a proxy's limit":  {plain(413, "<html>"), "request entity too large"},
		"no such document": {plain(404, `{"detail": "there is no such document"}`), "there is no such document"},
		"an internal one":  {plain(501, `{"detail": "internal error x: the server's log has the cause"}`), "internal error x: the server's log has the cause (HTTP 501)"},
	} {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			var out, errors bytes.Buffer
			code := run(t.Context(), []string{"documents", "list", "--server", c.server}, nil, streams{out: &out, err: &errors})
			want := "morag: " + strings.ReplaceAll(c.want, "$S", c.server) + "\n"
			if (code == exitUsage) != wrong[cause] || code == 0 || errors.String() != want || out.Len() > 0 {
				t.Errorf("exit code %d\n%s, want\n%s", code, errors.String(), want)
			}
		})
	}
}

func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What a name server says cannot be had without one.
func TestUnknownHosts(t *testing.T) {
	t.Parallel()
	err := &client.NetworkError{Call: "GET /", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: "morag.example", IsNotFound: true}}}
	if got, want := explain(err, "http://morag.example"), "there is no host morag.example (--server or MORAG_API_BASE_URL names the server)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := explain(&client.NetworkError{Call: "GET /", Err: context.DeadlineExceeded}, "http://a"); !strings.HasPrefix(got, "http://a does not answer (") {
		t.Error(got)
	}
}

// Wrong values are refused before anything is asked for, naming the flag, the bounds and
// where to read more.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		"documents list --limit -5":              "--limit: must be from 1 to 1000, not -5",
		"tasks list --limit 8302":                "--limit: must be from 1 to 1000, not 8302",
		"jobs list --limit 7d":                   `--limit: "7d" is not a whole number`,
		"search --limit 8302 lake":               "--limit: must be from 1 to 100, not 8302",
		"search --limit 0 lake":                  "--limit: must be from 1 to 100, not 0",
		"jobs cleanup --days-old 7d":             `--days-old: "7d" is not a whole number`,
		"jobs cleanup --days-old -5":             "--days-old: must be from 0 to 36500, not -5",
		"jobs list --status done":                `--status: must be one of pending, processing, completed, failed, timeout, cancelled, not "done"`,
		"serve --addr 8302":                      `MORAG_ADDR must be a host and a port, as 127.0.0.1:8000, not "8302"`,
		"serve --retention 7w":                   `--retention: "7w" is no length of time: write seconds, or such as 90s, 5m, 12h or 7d`,
		"serve --retention=-5":                   `--retention: "-5" is not between 0 and ten years`,
		"serve --runners -5":                     "MORAG_RUNNERS must be from 1 to 256, not -5",
		"serve --max-upload-size 8302XB":         `--max-upload-size: "8302XB" is not a size such as 500MB or 5GiB`,
		"serve --max-uploads 7d":                 `--max-uploads: "7d" is not a whole number`,
		"worker --lease 7w":                      `--lease: "7w" is no length of time`,
		"worker --api-base-url 8302":             `MORAG_API_BASE_URL must be an http or https address, not "8302"`,
		"documents list --server 127.0.0.1:8302": `server address "127.0.0.1:8302" must start with http:// or https://`,
		"documents list --server 8302":           `server address "8302" must start with http:// or https://`,
		"ingest --chunk-size 7d note.txt":        `--chunk-size: "7d" is not a whole number`,
		"ingest --remote-timeout 7d note.txt":    `--remote-timeout: "7d" is not a whole number`,
		"convert --thumbnail-size 7d note.txt":   `--thumbnail-size: "7d" is not a whole number`,
		"tasks list --status":                    `--status: must be one of PENDING, PROGRESS, SUCCESS, FAILURE, REVOKED, not ""`,
		"search --filters {}":                    "<query> is missing: --filters narrow what it finds, and morag documents list lists all",
		"keys create --role owner --name x":      "--role must be one of",
		"selftest --test everything":             `--test must be one of "lifecycle","api","all"`,
		"documents source d":                     "missing flags: --out=FILE",
		"jobs reassign":                          "<id> is missing",
		"workers drain":                          "<id> is missing",
		"doctor --convert-timeout 7w":            `--convert-timeout: "7w" is no length of time`,
		"demo now":                               "unexpected argument now",
	} {
		var out, errors bytes.Buffer
		code := run(t.Context(), strings.Fields(call), nil, streams{out: &out, err: &errors})
		text := errors.String()
		if code != exitUsage || !strings.HasPrefix(text, "morag: ") || !strings.Contains(text, want) || strings.Count(text, "\n") != 1 || out.Len() > 0 {
			t.Errorf("morag %s ends with %d and says\n%s, want %s", call, code, text, want)
		}
	}
}
