package html_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

const page = `<!DOCTYPE html>
<html lang="en-GB"><head>
<title>
  Tea &amp; biscuits </title>
<meta name="author" content="B. Baker"><meta property="article:published_time" content="2024-05-01T10:00:00+02:00">
<style>p { color: red }</style><script>var secret = "script text"</script>
</head><body>
<header><a href="/">Site name</a></header>
<nav><ul><li><a href="/a">Menu entry</a></li></ul></nav>
<main>
<header><h1>How to make tea</h1></header>
<p>Boil <strong>fresh</strong> water, see <a href="/kettle">the kettle</a>.<br>Then wait.</p>
<h2>Things</h2>
<ol><li>A pot<ul><li>of clay</li></ul></li><li>Leaves</li></ol>
<table><tr><th>Kind</th><th>Minutes</th></tr><tr><td>green</td><td>2</td></tr><tr><td>a | b</td><td></td></tr></table>
<pre><code>pour()
drink()</code></pre>
<p hidden>Hidden words</p><p style="display: none">More hidden words</p>
<img src="data:image/png;base64,AAAA" alt="a cup"><a href="javascript:buy()">shop</a>
<noscript>Turn on scripts</noscript><button>Click me</button>
</main>
<footer>All rights reserved</footer>
</body></html>`

func TestHTML(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "tea.html", page)
	for _, want := range []string{
		"# How to make tea\n", "## Things\n", "Boil **fresh** water, see [the kettle](/kettle).", "Then wait.",
		"1. A pot\n", "   - of clay\n", "2. Leaves", "| Kind | Minutes |", "| green | 2 |", `| a \| b |`,
		"```\npour()\ndrink()\n```", "a cup", "shop",
	} {
		if !strings.Contains(doc.Content, want) {
			t.Errorf("no %q in\n%s", want, doc.Content)
		}
	}
	for _, junk := range []string{
		"color", "secret", "Site name", "Menu entry", "idden words", "base64", "javascript", "Turn on", "Click me", "rights",
	} {
		if strings.Contains(doc.Content, junk) {
			t.Errorf("%q in\n%s", junk, doc.Content)
		}
	}
	for key, want := range map[string]any{
		"title": "Tea & biscuits", "language": "en-GB", "author": "B. Baker", "created": "2024-05-01T08:00:00Z",
		"engine": "html-to-markdown", "mime_type": "text/html",
	} {
		if got := doc.Metadata[key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
}

func TestHTMLTitles(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]any{
		"<html><body><h2>The <em>first</em> heading</h2><h1>x</h1></body></html>":                       "The first heading",
		"<html><head><title> </title></head><body><h1>Heading</h1>":                                     "Heading",
		"<html><body><p>nothing</p>":                                                                    nil,
		"<html><body><svg><title>a picture</title></svg><p>text</p>":                                    nil,
		"<html><head><title>one</title></head><body><svg><title>two</title></svg><h1>three</h1></body>": "one",
	} {
		if got := documenttest.Must(t, "a.html", raw).Metadata["title"]; got != want {
			t.Errorf("%s: got %v, want %v", raw, got, want)
		}
	}
}

// A page that is nothing but landmarks keeps its text.
func TestHTMLOfLandmarksOnly(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.html", "<html><body><header><p>All there is</p></header></body></html>")
	if doc.Content != "All there is" {
		t.Errorf("%q", doc.Content)
	}
}

func TestHTMLLinksAreCompletedByTheAddress(t *testing.T) {
	t.Parallel()
	src := documenttest.File(t, "a.html", []byte(`<html><body><a href="/b">b</a></body></html>`))
	src.URL = "https://example.org/dir/a.html"
	doc, err := documenttest.Convert(t, src, convert.Options{})
	if err != nil || !strings.Contains(doc.Content, "(https://example.org/b)") {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestHTMLCharacterSets(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>plain</p>", 500)
	koi, err := charmap.KOI8R.NewEncoder().String(`<html><head><meta charset="koi8-r"></head><body>чай`)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("<html><body>чай")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ raw, want string }{
		"declared":                   {koi, "чай"},
		"by its mark":                {wide, "чай"},
		"UTF-8 late in the page":     {"<html><body>" + long + "чай", "чай"},
		"windows-1252, not declared": {"<html><body>" + long + "caf\xe9", "café"},
	} {
		src := documenttest.File(t, "a.html", []byte(tt.raw))
		src.MIME = "text/html"
		doc, err := documenttest.Convert(t, src, convert.Options{})
		if err != nil || !strings.HasSuffix(doc.Content, tt.want) {
			t.Errorf("%s: %v, %v", name, doc, err)
		}
	}
}

func TestHTMLBombs(t *testing.T) {
	t.Parallel()
	_, err := documenttest.Convert(t, documenttest.File(t, "deep.html", []byte("<html>"+strings.Repeat("<div>", 100_000))), convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("deep: %v", err)
	}
	for name, raw := range map[string]string{
		"headers": "<html>" + strings.Repeat("<header>", 400) + strings.Repeat("<nav>x</nav>", 20_000) + "<h1>y</h1>",
		"table":   "<html><table>" + strings.Repeat("<tr>"+strings.Repeat("<td>x", 20), 2_000) + "</table>",
		"span":    `<html><table><tr><td colspan="1000000000" rowspan="100000000">x</table>`,
		"lists":   "<html>" + strings.Repeat("<ul><li>x", 150),
		"flat":    "<html>" + strings.Repeat("<b>x</b> ", 20_000),
	} {
		start := time.Now()
		if _, err := documenttest.Convert(t, documenttest.File(t, name+".html", []byte(raw)), convert.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.html", []byte("<html><title>T</title><body><p>Some text</p></body></html>"), false)
}

// Words are whole, so that a search finds them.
func TestHTMLWordsAreWhole(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"<p>Schiff&shy;fahrts&shy;amt": "Schifffahrtsamt",
		"<p><ruby>瞬<rp>(</rp><rt>しゅん</rt><rp>)</rp>間<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>に": "瞬間（しゅんかん）に",
		"<p><ruby><rb>WWW</rb><rt>World Wide Web</rt></ruby> page":                           "WWW (World Wide Web) page",
		"<p><ruby>字<rt></rt></ruby><ruby><rt>よみ</rt></ruby>。":                                "字。",
	} {
		if got := documenttest.Must(t, "a.html", "<html><body>"+raw+"</body></html>").Content; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

// What browsers draw is text.
func TestHTMLSigns(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"<p>He said <q>not today</q>.": "He said “not today”.",
		"<ul><li><input type=checkbox checked> a<li><p><input type=checkbox> b</ul>":                        "- [x] a\n- [ ] b",
		"<ul><li>Yes <input type=checkbox></ul>":                                                            "- Yes ☐",
		"<p><input type=checkbox checked> all cookies":                                                      "☑ all cookies",
		"<p>2<sup>n</sup>, O(n<sup>k</sup>), e<sup>-x</sup>, 10<sup>6</sup>, 1<sup>st</sup>, 2<sup>e</sup>": "2^n, O(n^k), e^(-x), 10⁶, 1st, 2e",
	} {
		if got := documenttest.Must(t, "a.html", "<html><body>"+raw+"</body></html>").Content; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

func TestWhatBrowsersDraw(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"a list in an item":   {`<ul><li>a</li><li><ul><li>b</li></ul></li><li><ul><li>c</li></ul></li><li>d <ul><li>e</li></ul></li></ul>`, "- a\n  \n  - b\n  - c\n- d\n  \n  - e"},
		"a list in a list":    {`<ul><li>a</li></ul> <ul><li><ol><li>b</li></ol></li></ul><ul><li>c</li></ul>`, "- a\n  \n  1. b\n\n- c"},
		"a list in none":      {`<p>x</p><ul><li><ul><li>b</li></ul></li></ul>`, "x\n\n- - b"},
		"letters":             {`<ol type="a"><li>x</li><li><p>y</p></li></ol>`, "- a. x\n- b. y"},
		"Roman numbers":       {`<ol type="I" start="4"><li>x</li><li value="9">y</li></ol>`, "- IV. x\n- IX. y"},
		"numbers that jump":   {`<ol start="7"><li>a</li><li value="12">b</li><li>c</li></ol>`, "7. a\n\n12. b\n13. c"},
		"a first number":      {`<ol><li value="5">a</li><li>b</li></ol>`, "5. a\n6. b"},
		"backwards":           {`<ol reversed><li>a</li><li>b</li></ol>`, "2. a\n\n1. b"},
		"plain numbers":       {`<ol><li>a<ol type="i"><li>b</li></ol></li><li>c</li></ol>`, "1. a\n   \n   - i. b\n2. c"},
		"MathML":              {`<p>so <math><mfrac><mi>a</mi><mi>b_1</mi></mfrac></math>.</p><math display="block"><mi>x</mi></math>`, "so $\\frac{a}{b\\_1}$.\n\n$$x$$"},
		"a wiki's formula":    {`<p>so <span class="mwe-math-element"><span style="display: none;"><math><semantics><mi>x</mi><annotation encoding="application/x-tex">{\displaystyle x_1*}</annotation></semantics></math></span><img class="mwe-math-fallback-image-inline" src="/m.svg" alt="{\displaystyle x_1*}"></span>`, "so $x_1*$"},
		"a blog's formula":    {`<p>so <img class="latex" src="/m.png" alt="x_1">`, "so $x_1$"},
		"KaTeX":               {`<p><span class="katex-mathml"><math><semantics><mi>x</mi><annotation encoding="application/x-tex">\frac{x}{2}</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">2x</span>`, `$\frac{x}{2}$`},
		"TeX in the text":     {`<p>so \(a_1*b*\), <code>\(x\)</code> \[E = mc^2\] end`, "so $a_1*b*$, `\\(x\\)` $$E = mc^2$$ end"},
		"a formula in a cell": {`<table><tr><td><math><mo>|</mo><mi>x</mi><mo>|</mo></math><td>b</table>`, "| $\\|x\\|$ | b |\n|---|---|"},
		"TeX":                 {`<p>so <script type="math/tex">E = mc^2</script></p><script type="math/tex; mode=display">a+b</script>`, "so $E = mc^2$\n\n$$a+b$$"},
		"a font of signs":     {`<p>Paid <span style='font-family:"Wingdings"'>ü</span> <font face="Wingdings">J</font> ü</p>`, "Paid ✓ ☺ ü"},
		"no emphasis":         {`<b style="font-weight: normal"><p>a</p><ul><li>b</li></ul></b><b>c</b>`, "a\n\n- b\n\n**c**"},
	} {
		if doc := documenttest.Must(t, "a.html", "<!DOCTYPE html><html><body>"+test.body+"</body></html>"); doc.Content != test.want {
			t.Errorf("%s: got %q, want %q", name, doc.Content, test.want)
		}
	}
}

// What is typed into a form and chosen in it is text, and what is secret is not.
func TestHTMLForms(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.html", `<html><body><form><p><label>Name <input value="Ada Lovelace"></label> <input type=hidden value=SECRET><input type=password value=SECRET>`+
		`<input type=submit value=Send><p><label><input type=radio name=s checked> Small</label> <label><input type=radio name=s> Large</label>`+
		`<p>Colour: <select><option>Red<option selected>Green</select>, size: <select><option>M<option>L</select><p><textarea>Some notes</textarea><button>Go</button></form>`)
	if want := "Name Ada Lovelace\n\n☑ Small ☐ Large\n\nColour: Green, size: M\n\nSome notes"; doc.Content != want {
		t.Errorf("got %q, want %q", doc.Content, want)
	}
}

// What opens and closes is shown open.
func TestHTMLFolds(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"<details><summary>Open?</summary>Yes.</details>":                                     "Open?\n\nYes.",
		"<details><summary><button>Open?</button></summary><p>Yes.</details>":                 "Open?\n\nYes.",
		"<h2><button>Open?</button></h2><p>Yes.":                                              "## Open?\n\nYes.",
		"<button aria-controls=a>Open?</button><div id=a hidden>Yes.</div>":                   "Open?\n\nYes.",
		"<button aria-controls=a>Open</button><div id=a hidden><a href=/x>Yes.</a></div><p>x": "x",
		"<button>Buy</button><p>x":                                                            "x",
		"<dialog>closed</dialog><dialog open>open</dialog>":                                   "open",
		"<ul role=menu><li>Soup</ul>":                                                         "- Soup",
		"<ul role=menu><li><a href=/a>Home</a></ul><p>x":                                      "x",
		"<table><caption>Of</caption><tr><td>a<td>b</table>":                                  "Of\n\n| a | b |\n|---|---|",
		"<svg><title>T</title><text>Step <tspan>one</tspan></text></svg>":                     "Step one",
		"<table><tr><th>A<th>B<tr><td><h3>H</h3>t<td><pre>x = 1\n\ny</pre></table>":           "| A | B |\n|---|---|\n| H<br>t | `x = 1`<br>`y` |",
		"<table><tr><td>left<td><h3>H</h3><table><tr><td>1<td>2</table></table>":              "left\n\n### H\n\n| 1 | 2 |\n|---|---|",
		"<table role=presentation><tr><td>left<td>right</table>":                              "left\n\nright",
	} {
		if got := documenttest.Must(t, "a.html", "<html><body>"+raw+"</body></html>").Content; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

// What is left out is told, each once.
func TestHTMLOmissions(t *testing.T) {
	t.Parallel()
	picture := "data:image/png;base64," + strings.Repeat("A", 400)
	doc := documenttest.Must(t, "a.html", `<html><body><nav>Menu</nav><p>text<div style="display:none">a<p hidden>b</div><template>c</template><span aria-hidden=true>d</span><video src=v>Your browser is old</video><iframe src=x></iframe>`+
		`<img src="`+picture+`"><img src="`+picture+`" alt=""><img src="data:image/gif;base64,R0lGODlh">`)
	want := []string{
		"Left out of the text: embedded pages (1).", "Left out of the text: hidden texts (1).", "Left out of the text: menus, heads and feet of the page (1).",
		"Left out of the text: pictures without a description (1).", "Left out of the text: recordings (1).",
	}
	if !slices.Equal(doc.Warnings, want) || doc.Content != "text" {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

// A saved page is its article.
func TestSavedArticle(t *testing.T) {
	t.Parallel()
	story := "<h1>Tea</h1>" + strings.Repeat("<p>"+strings.Repeat("This is a sentence about tea, with a comma, and it is long enough to be scored. ", 3)+"</p>", 6)
	raw := `<html><body><div class="cookie-banner"><p>We use cookies.</p></div><article>` + story + `</article><aside><p>Other news.</p></aside><div class="comments">A comment.</div>`
	doc := documenttest.Must(t, "a.html", raw)
	if strings.Contains(doc.Content, "cookies") || strings.Contains(doc.Content, "Other") || strings.Contains(doc.Content, "comment.") || !strings.HasPrefix(doc.Content, "# Tea\n\nThis is") {
		t.Errorf("%.300s", doc.Content)
	}
	if want := []string{"Left out of the text: parts of the page around its article (3)."}; !slices.Equal(doc.Warnings, want) {
		t.Errorf("%q", doc.Warnings)
	}
}
