package scoretest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// specimen is a document and the Markdown that it should become. Whoever adds a format adds
// its specimens, in a file of its own, to [specimens].
type specimen struct {
	format string // whose floor counts, "pdf"
	name   string // of the file, with an ending by which it is detected
	truth  string
	make   func(t *testing.T) []byte
}

// specimens are all documents that are scored.
func specimens(t *testing.T) []specimen {
	t.Helper()
	report, long := read(t, "report.md"), novel(12)
	all := []specimen{
		{"pdf", "report.pdf", truthOf(report, "#"), func(t *testing.T) []byte { return groff(t, pandoc(t, report, "ms")) }},
		{"pdf", "novel.pdf", truthOf(long, "#"), func(t *testing.T) []byte { return groff(t, pandoc(t, long, "ms")) }},
	}
	for _, name := range []string{"paper", "tables", "letter"} {
		set := read(t, name+".ms")
		all = append(all, specimen{"pdf", name + ".pdf", read(t, name+".md"), func(t *testing.T) []byte { return groff(t, []byte(set)) }})
	}
	for _, format := range []string{"docx", "odt", "epub", "html", "rtf", "ipynb"} {
		all = append(all, specimen{format, "report." + format, truthOf(report, ""), func(t *testing.T) []byte { return pandoc(t, report, format) }})
	}
	all = append(all, kindSpecimens(t)...)
	all = append(all, formatSpecimens(t)...)
	all = append(all, officeSpecimens(t)...)
	all = append(all, specimen{"jats", "report.xml", truthOf(report, "#"), func(t *testing.T) []byte { return pandoc(t, report, "jats_archiving") }})
	return append(all,
		specimen{"rss", "news.rss", newsTruth, func(*testing.T) []byte { return []byte(newsRSS) }},
		specimen{"atom", "news.atom", newsTruth, func(*testing.T) []byte { return []byte(newsAtom) }},
		specimen{"ods", "sheets.ods", sheetsTruth, sheets},
		specimen{"odp", "slides.odp", slidesTruth, slides},
		specimen{"srt", "talk.srt", talkTruth, func(*testing.T) []byte { return []byte(talkSRT) }},
		specimen{"vtt", "talk.vtt", talkTruth, func(*testing.T) []byte { return []byte(talkVTT) }},
	)
}

// novel is a text of chapters and sections, of words that mean nothing, for pages whose
// heads and numbers return.
func novel(chapters int) string {
	random := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		var b strings.Builder
		for range 1 + random.IntN(4) {
			b.WriteByte("bdfgklmnprstvz"[random.IntN(14)])
			b.WriteByte("aeiou"[random.IntN(5)])
		}
		return b.String()
	}
	words := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = word()
		}
		return strings.Join(all, " ")
	}
	capital := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	var b strings.Builder
	b.WriteString("---\ntitle: The Long Novel\nauthor: Olav Lind\n---\n\n")
	for c := range chapters {
		fmt.Fprintf(&b, "# Chapter %d %s\n\n", c+1, capital(words(2)))
		for range 2 {
			fmt.Fprintf(&b, "## %s\n\n", capital(words(3)))
			for range 4 {
				fmt.Fprintf(&b, "%s.\n\n", capital(words(50+random.IntN(60))))
			}
			for range 3 {
				fmt.Fprintf(&b, "- %s\n", words(4+random.IntN(20)))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// truthOf is what of a source of pandoc is to be seen: its title is a heading, and below
// are added to the levels of the others. On paper they are set smaller than the title.
func truthOf(source, below string) string {
	head, body, found := strings.Cut(strings.TrimPrefix(source, "---\n"), "\n---\n")
	if !found {
		return source
	}
	title, author := "", ""
	for line := range strings.SplitSeq(head, "\n") {
		if v, ok := strings.CutPrefix(line, "title: "); ok {
			title = v
		}
		if v, ok := strings.CutPrefix(line, "author: "); ok {
			author = v
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", title, author)
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasPrefix(line, "#") {
			b.WriteString(below)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// pandoc writes its Markdown in another format.
func pandoc(t *testing.T, source, format string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	run(t, []byte(source), "pandoc", "-f", "markdown", "-s", "-t", format, "-V", "fontfamily=T", "-o", out)
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// groff sets a text with the macros ms, tables and all.
func groff(t *testing.T, source []byte) []byte {
	t.Helper()
	return run(t, source, "groff", "-k", "-ms", "-t", "-Tpdf")
}

func run(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}
