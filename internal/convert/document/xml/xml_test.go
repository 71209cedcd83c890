package xml_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
)

const rss = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><atom:link href="https://example.org/feed" rel="self"/><title>Harbour News</title><link>https://example.org/</link><description>All about the quay</description><language>en</language>
<item><media:title>A PICTURE</media:title><title>Ferry &amp;amp; fog</title><link>https://example.org/1</link><pubDate>Tue, 05 Mar 2024 14:30:00 +0100</pubDate><dc:creator>Ann</dc:creator>
<category>traffic</category><category>weather</category><description>Short.</description><content:encoded><![CDATA[<p>The <b>ferry</b> is <a href="/late">late</a>.</p><ul><li>fog</li></ul>]]></content:encoded></item>
<item><description>No title & a stray sign</description><enclosure url="https://example.org/a.mp3" length="1" type="audio/mpeg"/></item>
</channel></rss>`

const atomFeed = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="html">News &lt;i&gt;daily&lt;/i&gt;</title><author><name>Bob</name><email>b@example.org</email></author><updated>2024-03-06T00:00:00Z</updated>
<entry><title>One</title><link rel="self" href="https://example.org/self"/><link rel="alternate" href="https://example.org/one"/><published>2024-03-05T14:30:00+01:00</published><updated>2025-01-01T00:00:00Z</updated>
<category term="t" label="traffic"/><summary>x</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>First <em>text</em></p></div></content></entry>
<entry><title>Two</title><link href="javascript:alert(1)"/><content type="text">1 &lt; 2</content></entry></feed>`

func TestFeed(t *testing.T) {
	t.Parallel()
	wantRSS := "# Harbour News\n\nAll about the quay\n\n## Ferry & fog\n\n- Date: 2024-03-05T13:30:00Z\n- Author: Ann\n- Link: https://example.org/1\n- Categories: traffic, weather\n\n" +
		"The **ferry** is [late](https://example.org/late).\n\n- fog\n\n## Entry\n\n- Enclosure: https://example.org/a.mp3\n\nNo title & a stray sign"
	wantAtom := "# News daily\n\n## One\n\n- Date: 2024-03-05T13:30:00Z\n- Link: https://example.org/one\n- Categories: traffic\n\nFirst *text*\n\n## Two\n\n1 < 2"
	for name, tt := range map[string]struct{ raw, want string }{
		"a.rss": {rss, wantRSS}, "a.xml": {rss, wantRSS}, "none": {rss, wantRSS}, "notes.txt": {rss, wantRSS},
		"a.atom": {atomFeed, wantAtom}, "b.xml": {`<?xml version="1.0"?>` + atomFeed, wantAtom},
		"c.xml": {`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>Old</title></channel><item><title>One</title><description>&lt;p&gt;x&lt;/p&gt;</description></item></rdf:RDF>`, "# Old\n\n## One\n\nx"},
	} {
		doc := documenttest.Must(t, name, tt.raw)
		if got := strings.ReplaceAll(doc.Content, `\`, ""); got != tt.want || doc.Metadata["engine"] != "feed" {
			t.Errorf("%s: got\n%s\nwant\n%s\n%v", name, got, tt.want, doc.Metadata)
		}
	}
	m := documenttest.Must(t, "a.rss", rss).Metadata
	if m["title"] != "Harbour News" || m["language"] != "en" || m["entries"] != 2 || m["link"] != "https://example.org/" {
		t.Errorf("%v", m)
	}
	if m := documenttest.Must(t, "a.atom", atomFeed).Metadata; m["author"] != "Bob" || m["created"] != "2024-03-06T00:00:00Z" || m["language"] != "de" {
		t.Errorf("%v", m)
	}
}

const jats = `<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 20190208//EN" "JATS-archivearticle1.dtd">
<article article-type="research-article" xml:lang="en" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"><front>
<journal-meta><journal-title-group><journal-title>Journal of Quays</journal-title></journal-title-group></journal-meta>
<article-meta><article-id pub-id-type="doi">10.1/x</article-id><title-group><article-title>On <italic>Harbours</italic></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Berg</surname><given-names>Anna</given-names></name></contrib><contrib contrib-type="editor"><name><surname>Ed</surname></name></contrib><contrib contrib-type="author"><collab>The Board</collab></contrib></contrib-group>
<pub-date><day>5</day><month>3</month><year>2024</year></pub-date><abstract><p>What it is about.</p></abstract><kwd-group><kwd>quay</kwd><kwd>fog</kwd></kwd-group></article-meta></front>
<body><sec><label>1</label><title>Methods</title><p>We <bold>counted</bold> x<sup>2</sup> vessels <xref ref-type="bibr" rid="r1">[1]</xref><xref ref-type="fn" rid="f1">a</xref>, see <ext-link xlink:href="https://example.org/">here</ext-link>:
<list list-type="order"><list-item><p>yachts</p></list-item><list-item><p>ferries</p></list-item></list></p>
<sec><title>Deeper</title><p>Text.</p></sec>
<table-wrap><label>Table 1.</label><caption><title>Fees</title></caption><table><thead><tr><th>Vessel</th><th>Fee</th></tr></thead><tbody><tr><td>Dinghy</td><td>2.50</td></tr></tbody></table><table-wrap-foot><p>In crowns.</p></table-wrap-foot></table-wrap>
<fig><label>Figure 1</label><caption><p>The quay.</p></caption><graphic xlink:href="a.png"/></fig><p><inline-graphic xlink:href="b.png"/></p></sec></body>
<back><ack><p>Thanks.</p></ack><fn-group><fn id="f1"><label>a</label><p>By hand.</p></fn></fn-group>
<ref-list><title>References</title><ref id="r1"><label>1</label><mixed-citation><name><surname>Lind</surname></name>. <source>Fog</source>. 1999.</mixed-citation></ref>
<ref id="r2"><element-citation><person-group><name><surname>Holm</surname><given-names>O</given-names></name></person-group><year>2001</year><article-title>Rope</article-title><fpage>3</fpage><lpage>9</lpage></element-citation></ref></ref-list></back></article>`

func TestArticle(t *testing.T) {
	t.Parallel()
	want := "# On Harbours\n\nAnna Berg, The Board\n\n## Abstract\n\nWhat it is about.\n\nKeywords: quay, fog\n\n## 1 Methods\n\n" +
		"We **counted** x² vessels [1][^1], see [here](https://example.org/):\n\n1. yachts\n2. ferries\n\n### Deeper\n\nText.\n\n**Table 1.** Fees\n\n" +
		"| Vessel | Fee |\n|---|---|\n| Dinghy | 2.50 |\n\nIn crowns.\n\n**Figure 1**\n\nThe quay.\n\n## Acknowledgements\n\nThanks.\n\n## References\n\n- 1. Lind. Fog. 1999.\n- Holm O. 2001. Rope. 3–9\n\n[^1]: By hand."
	for _, name := range []string{"a.xml", "a.nxml", "none"} {
		doc := documenttest.Must(t, name, jats)
		if got := strings.ReplaceAll(doc.Content, `\`, ""); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if !slices.Equal(doc.Warnings, []string{"Left out of the text: pictures without a description (1)."}) {
			t.Errorf("warnings %q", doc.Warnings)
		}
		for key, want := range map[string]any{"title": "On Harbours", "author": "Anna Berg, The Board", "created": "2024-03-05T00:00:00Z", "doi": "10.1/x", "journal": "Journal of Quays", "keywords": "quay, fog", "language": "en", "engine": "jats"} {
			if doc.Metadata[key] != want {
				t.Errorf("%s: %v", key, doc.Metadata[key])
			}
		}
	}
}

func TestOtherXML(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "a.xml", `<?xml version="1.0" encoding="ISO-8859-1"?><!-- no --><list xml:lang="sv"><title>Prices</title><item id="1"><name>Rope</name><price unit="kr">12</price></item><note>A <b>bold</b>
	word &amp; <i>m`+"\xf6"+`re</i>.</note><x/><![CDATA[ <raw> ]]></list>`)
	if doc.Content != "Prices Rope 12 A bold word & möre. <raw>" || doc.Metadata["language"] != "sv" {
		t.Errorf("%q", doc.Content)
	}
	doc = documenttest.Must(t, "a.xml", `<list><title>Prices</title><item id="1"><name>Rope</name><price unit="kr">12</price></item><note>A <b>bold</b> word</note></list>`)
	if doc.Content != "Prices\n\nRope\n\n12\n\nA bold word" || doc.Metadata["title"] != "Prices" || !slices.Equal(doc.Warnings, []string{"Left out of the text: attributes of elements (2)."}) {
		t.Errorf("%q, %v, %q", doc.Content, doc.Metadata, doc.Warnings)
	}
	if doc := documenttest.Must(t, "a.xml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><h1>A page</h1></body></html>`); doc.Content != "# A page" {
		t.Errorf("%q", doc.Content)
	}
}

// Nothing that a file declares is expanded or fetched.
func TestEntities(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`
	doc := documenttest.Must(t, "a.xml", `<?xml version="1.0"?>`+bomb+`<a>one &b; &c; &eacute;</a>`)
	if doc.Content != "one &b; &c; é" {
		t.Errorf("%q", doc.Content)
	}
}

func TestBadXML(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ raw, want string }{
		"truncated": {jats[:len(jats)/2], "cut off"},
		"nested":    {`<?xml version="1.0"?>` + strings.Repeat("<a>", 1000), "nested too deeply"},
		"damaged":   {"<?xml version=\"1.0\"?>\n<a>\n< b></a>", "damaged in line 3"},
		"no end":    {`<?xml version="1.0"?><!-- `, "cut off"},
		"nothing":   {`<?xml version="1.0"?>`, "cut off"},
	} {
		src := documenttest.File(t, "a.xml", []byte(tt.raw))
		if _, err := documenttest.Convert(t, src, convert.Options{}); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, mime := content.Detect([]byte(rss), "a.pdf")
	if said := content.Contradiction("a.pdf", mime); said != "a.pdf is a feed, not a PDF: it was read as a feed" {
		t.Errorf("%q", said)
	}
}

// The cost of a feed grows with its entries and not with their square.
// TestFeedOfSpans: each entry is a page of its own, and their tables are bounded together.
func TestFeedOfSpans(t *testing.T) {
	t.Parallel()
	spans := "<item><description>&lt;table>&lt;tr>&lt;td colspan=60000>x&lt;/td>&lt;/tr>&lt;/table></description></item>"
	_, err := documenttest.Convert(t, documenttest.File(t, "a.rss", []byte("<rss><channel>"+strings.Repeat(spans, 20)+"</channel></rss>")), convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "more than 1 MiB of text") {
		t.Errorf("error %v", err)
	}
}

func TestManyEntries(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`<rss><channel>`)
	for i := range 3000 {
		fmt.Fprintf(&b, "<item><title>Entry %d</title><description>&lt;p&gt;text&lt;/p&gt;</description></item>", i)
	}
	b.WriteString(`</channel></rss>`)
	if doc := documenttest.Must(t, "a.rss", b.String()); strings.Count(doc.Content, "## Entry") != 3000 {
		t.Errorf("%.200q", doc.Content)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.rss", []byte(rss), true)
	documenttest.Conformance(t, "a.xml", []byte(jats), true)
}

const fictionBook = `<?xml version="1.0"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" xmlns:l="http://www.w3.org/1999/xlink">
<description><title-info><author><first-name>Anna</first-name><last-name>Berg</last-name></author><author><nickname>B</nickname></author><book-title>The Lighthouse</book-title>
<annotation><p>About fog.</p></annotation><date value="2019-04-02">spring</date><lang>en</lang></title-info></description>
<body><title><p>The Lighthouse</p></title><epigraph><p>Words.</p><text-author>Someone</text-author></epigraph>
<section><title><p>One</p><p>The Sea</p></title><p>A <strong>bold</strong> word<a l:href="#n1" type="note">[1]</a>, <a l:href="#c2">below</a>.</p><subtitle>* * *</subtitle><subtitle>Later</subtitle>
<poem><title><p>Song</p></title><stanza><v>Line one</v><v>Line two</v></stanza></poem><cite><p>Quoted.</p></cite>
<table><tr><th>Name</th><th colspan="2">Sum</th></tr><tr><td>Pears</td><td>7</td><td>x<sup>2</sup></td></tr></table>
<p>• fog</p><p>• • dense</p><p>• wind</p><p>1. a</p><p>2. b</p><p>4. June</p><p><code>if x</code></p><p><code>  y</code></p><p><code>z</code></p><image l:href="#a" alt="A tower"/><image l:href="#b"/>
<section id="c2"><title><p>Deep</p></title><p>Text.</p></section></section></body>
<body name="notes"><title><p>Notes</p></title><section id="n1"><title><p>1</p></title><p>The note.</p></section></body>
<binary id="a" content-type="image/png">iVBORw0KGgo=</binary></FictionBook>`

func TestFictionBook(t *testing.T) {
	t.Parallel()
	want := "# The Lighthouse\n\nAnna Berg, B\n\nAbout fog.\n\n> Words.\n> \n> Someone\n\n# One The Sea\n\nA **bold** word[^1], below.\n\n* * *\n\n**Later**\n\n**Song**\n\nLine one  \nLine two\n\n> Quoted.\n\n" +
		"| Name | Sum | Sum |\n|---|---|---|\n| Pears | 7 | x² |\n\n- fog\n  \n  - dense\n- wind\n\n1. a\n2. b\n\n4. June\n\n```\nif x\n  y\nz\n```\n\nA tower\n\n## Deep\n\nText.\n\n[^1]: The note."
	for _, name := range []string{"a.fb2", "a.xml", "none"} {
		doc := documenttest.Must(t, name, fictionBook)
		if got := strings.ReplaceAll(doc.Content, `\`, ""); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if !slices.Equal(doc.Warnings, []string{"Left out of the text: pictures without a description (1)."}) {
			t.Errorf("warnings %q", doc.Warnings)
		}
		for key, want := range map[string]any{"title": "The Lighthouse", "author": "Anna Berg, B", "created": "2019-04-02T00:00:00Z", "language": "en", "engine": "fictionbook"} {
			if doc.Metadata[key] != want {
				t.Errorf("%s is %v", key, doc.Metadata[key])
			}
		}
	}
	half := documenttest.File(t, "a.fb2", []byte(fictionBook[:len(fictionBook)/2]))
	if doc, err := documenttest.Convert(t, half, convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("%v, %v", doc, err)
	}
}
