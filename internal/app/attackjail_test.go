package app_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/content"
	"morag/internal/convert"
)

// watchdog is how long an attack may hold a conversion here, on a busy machine too; the
// bounds below end it in seconds.
const watchdog = 2 * time.Minute

// jailed are the program's converters in processes of their own, with bounds that are small.
func jailed(t *testing.T, change func(*app.ConverterConfig)) *app.Converters {
	t.Helper()
	e := apptest.Settings(t).Engines
	e.ConvertMemory, e.ScratchLimit = 256<<20, 64<<20
	if err := e.ConvertTimeout.UnmarshalText([]byte("10")); err != nil {
		t.Fatal(err)
	}
	c := app.ConverterConfig{Engines: e, Version: "test", Command: apptest.Converter()}
	if change != nil {
		change(&c)
	}
	converters, err := app.OpenConverters(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(converters.Close)
	return converters
}

// hold converts a source that attacks: it is converted, refused, or ended at a bound that
// the sentence names, in time; and the next source is converted.
func hold(t *testing.T, c *app.Converters, src content.Source) error {
	t.Helper()
	began := time.Now()
	doc, err := c.Convert(t.Context(), src, convert.Options{}, nil)
	took := time.Since(began)
	switch {
	case took > watchdog:
		t.Errorf("%s: held for %s", src.Name, took)
	case err == nil:
		t.Logf("%s: %d bytes of text after %s", src.Name, len(doc.Content), took)
	case errors.Is(err, convert.ErrEnded) && !strings.Contains(err.Error(), "MORAG_"):
		t.Errorf("%s: the sentence names no setting: %v", src.Name, err)
	case !errors.Is(err, convert.ErrEnded) && !errors.Is(err, convert.ErrBadSource) && !errors.Is(err, convert.ErrEngine):
		t.Errorf("%s: %v", src.Name, err)
	default:
		t.Logf("%s: %v after %s", src.Name, err, took)
	}
	if doc, err := c.Convert(t.Context(), attackFile(t, "next.md", []byte("next")), convert.Options{}, nil); err != nil || doc.Content != "next" {
		t.Errorf("%s: the next one: %v, %v", src.Name, doc, err)
	}
	return err
}

// attackFile is a source of the content.
func attackFile(t testing.TB, name string, raw []byte) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	src := content.Source{Path: path, Name: name}
	var err error
	if src.Type, src.MIME, err = content.DetectFile(path, name); err != nil || src.Type == "" {
		t.Fatalf("%s: %+v, %v", name, src, err)
	}
	return src
}

const letter = "From: a@b.example\nTo: b@c.example\nSubject: S\nDate: Mon, 2 Jan 2006 15:04:05 +0000\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n"

// nested is HTML of 244 kB of which a browser's rules make many millions of elements.
func nested() string {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "<b id=%d>", i)
	}
	return "<html><body>" + b.String() + strings.Repeat("<p>x", 60_000) + "</body></html>"
}

func bookOf(t *testing.T, chapter string) []byte {
	return zipped(t, "mimetype", "application/epub+zip",
		"META-INF/container.xml", `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>`,
		"a.opf", `<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.html" media-type="text/html"/></manifest><spine><itemref idref="a"/></spine></package>`,
		"a.html", chapter)
}

// HTML of a few kB that becomes gigabytes, in each thing that HTML comes in.
func TestAttackNestedHTML(t *testing.T) {
	t.Parallel()
	c := jailed(t, func(c *app.ConverterConfig) { c.Engines.AllowPrivateURLs = []string{"*"} })
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(nested()))
	}))
	t.Cleanup(site.Close)
	for name, raw := range map[string][]byte{
		"a.html": []byte(nested()), "a.epub": bookOf(t, nested()),
		"a.eml": []byte(letter + "Content-Type: text/html\n\n" + nested()),
	} {
		_ = hold(t, c, attackFile(t, name, raw))
	}
	_ = hold(t, c, content.Source{Name: "a page", Type: content.Web, URL: site.URL + "/"})
}

// A table of 449 bytes that says of its cells how often they are repeated.
func TestAttackRepeatedCells(t *testing.T) {
	t.Parallel()
	cell := `<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="1000000"><text:p>x</text:p></table:table-cell></table:table-row>`
	body := `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
		`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text><table:table>` + cell + `</table:table></office:text></office:body></office:document-content>`
	_ = hold(t, jailed(t, nil), attackFile(t, "a.odt", zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", body)))
}

// Markdown over which a parser tries every way to read it.
func TestAttackMarkdown(t *testing.T) {
	t.Parallel()
	c := jailed(t, nil)
	marks, quotes := strings.Repeat("*_`[", 1<<18), strings.Repeat(strings.Repeat(">", 200)+" x\n", 2000)
	for name, text := range map[string]string{
		"marks.md": marks, "quotes.md": quotes, "marks.txt": marks, "marks.html": "<p>" + marks, "quotes.html": strings.Repeat("<blockquote>", 200) + marks,
		"marks.eml": letter + "\n" + marks, "quotes.eml": letter + "\n" + quotes,
	} {
		_ = hold(t, c, attackFile(t, name, []byte(text)))
	}
}

// A workbook whose every cell is one long text.
func TestAttackSharedString(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	for row := range 600 {
		cells := make([]any, 100)
		for i := range cells {
			cells[i] = strings.Repeat("long ", 6000)
		}
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	_ = hold(t, jailed(t, nil), attackFile(t, "a.xlsx", b.Bytes()))
}

// pdfOf is a PDF of one page with these objects after the first three.
func pdfOf(objects ...string) []byte {
	all := append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
	}, objects...)
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	at := make([]int, len(all))
	for i, o := range all {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(all)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(all)+1, start)
	return b.Bytes()
}

func stream(dictionary, text string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dictionary, len(text), text)
}

func deflated(text string) string {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// PDFs of 2 and 14 kB that keep poppler at work for hours.
func TestAttackPDF(t *testing.T) {
	t.Parallel()
	c := jailed(t, nil)
	var forms []string
	const depth = 12
	for i := range depth {
		next, words := 6+i, strings.Repeat("/X Do ", 12)
		if i == depth-1 {
			next, words = 5, "BT /F 12 Tf (words) Tj ET"
		}
		forms = append(forms, stream(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X %d 0 R >> >>", next), words))
	}
	_ = hold(t, c, attackFile(t, "forms.pdf", pdfOf(append([]string{stream("", "/X Do")}, forms...)...)))
	packed := deflated(deflated(strings.Repeat("q 1 0 0 1 0 0 cm BT /F 12 Tf (x) Tj ET Q\n", 20_000_000/8)))
	_ = hold(t, c, attackFile(t, "operators.pdf", pdfOf(stream("/Filter [/FlateDecode /FlateDecode]", packed), stream("", ""))))
}

// A recording of 40 kB that lasts eleven hours.
func TestAttackSlowRecording(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(i * 37)
	}
	for name, c := range map[string]struct {
		src  content.Source
		kind error
		want string
	}{
		"of one sample a second":  {attackFile(t, "a.wav", wav(1, noise)), convert.ErrBadSource, "the sound has 1 samples a second, which no recording has"},
		"as thin as sound can be": {attackFile(t, "b.wav", wav(2000, bytes.Repeat(noise, 200))), convert.ErrEnded, "MORAG_SCRATCH_LIMIT"},
	} {
		if err := hold(t, jailed(t, nil), c.src); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a recording %s: %v, want %q", name, err, c.want)
		}
	}
}

// wav is a recording of one byte a sample.
func wav(rate int, sound []byte) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+len(sound)))
	b.WriteString("WAVEfmt ")
	_ = binary.Write(&b, binary.LittleEndian, struct {
		Size          uint32
		Format, Count uint16
		Rate, Bytes   uint32
		Align, Bits   uint16
	}{16, 1, 1, uint32(rate), uint32(rate), 1, 8})
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(len(sound)))
	b.Write(sound)
	return b.Bytes()
}

// A site that lets a file drip.
func TestAttackDrip(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write(append([]byte("ID3\x03"), make([]byte, 4000)...))
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			if _, err := w.Write([]byte{0}); err != nil || http.NewResponseController(w).Flush() != nil {
				tick.Stop()
				return
			}
		}
	}))
	t.Cleanup(site.Close)
	c := jailed(t, func(c *app.ConverterConfig) {
		c.Engines.AllowPrivateURLs = []string{"*"}
		_ = c.Engines.ConvertTimeout.UnmarshalText([]byte("100"))
		_ = c.Engines.FetchTimeout.UnmarshalText([]byte("1"))
	})
	began := time.Now()
	if err := hold(t, c, content.Source{Name: "a drip", Type: content.Web, URL: site.URL + "/a.mp3"}); !errors.Is(err, convert.ErrEngine) || time.Since(began) > 90*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

// Addresses and pages that tell yt-dlp to go past its proxy, to a service of the inner
// network. yt-dlp obeys some of them before 2023.11.14, and gets nowhere.
func TestAttackFragment(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	go func() {
		for {
			conn, err := inner.Accept()
			if err != nil {
				return
			}
			t.Error("the inner service was called")
			_ = conn.Close()
		}
	}()
	order := "#__youtubedl_smuggle=" + url.QueryEscape(`{"http_headers": {"Ytdl-request-proxy": "__noproxy__"}, "to_generic": true}`)
	target := "http://" + inner.Addr().String() + "/talk.mp3"
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			http.NotFound(w, r)
		case "/redirect":
			http.Redirect(w, r, target, http.StatusFound)
		case "/smuggling":
			http.Redirect(w, r, target+order, http.StatusFound)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<html><head><meta property="og:video" content="%[1]s"/><meta http-equiv="refresh" content="0;url=%[1]s"/></head><body>
				<video src="%[1]s"></video><iframe src="%[1]s"></iframe></body></html>`, target+order)
		}
	}))
	t.Cleanup(site.Close)
	u, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := jailed(t, func(c *app.ConverterConfig) {
		c.Engines.AllowPrivateURLs = []string{"localhost"}
		_ = c.Engines.ConvertTimeout.UnmarshalText([]byte("100"))
	})
	for _, path := range []string{"/page", "/page" + order, "/redirect" + order, "/smuggling", "/smuggling" + order} {
		err := hold(t, c, content.Source{Name: path, Type: content.YouTube, URL: "http://localhost:" + u.Port() + path})
		if err == nil {
			t.Errorf("%s was converted", path)
		}
	}
}
