package xml

import (
	"testing"

	"morag/internal/convert/converttest"
)

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<rss><channel><title>T</title><item><title>a</title><pubDate>Tue, 05 Mar 2024 14:30:00 +0100</pubDate><content:encoded><![CDATA[<p>x]]></content:encoded></item></channel></rss>`))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.b/"/><content type="xhtml"><div><p>x</p></div></content></entry></feed>`))
	f.Add([]byte(`<article><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front><body><sec><title>s</title><p>x<xref ref-type="fn" rid="f">a</xref><list><list-item><p>y</p></list-item></list><mml:math><mi>z</mi></mml:math></p><fig><label>F</label><graphic/></fig><fn id="f"><p>n</p></fn></sec></body><back><ref-list><ref><element-citation><fpage>1</fpage></element-citation></ref></ref-list></back></article>`))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a x="y">&b; <b>c</b></a>`))
	f.Add([]byte(fictionBookSeed))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := read(t.Context(), raw, 1<<20)
		converttest.Clean(t, doc, err)
	})
}

const fictionBookSeed = `<FictionBook><description><title-info><author><last-name>B</last-name></author><book-title>T</book-title></title-info></description><body><section><title><p>x</p></title><p>a<a href="#n" type="note">1</a></p><p>• b</p><p>• • c</p><p>1. d</p><p>2. e</p><poem><stanza><v>f</v></stanza></poem><table><tr><td rowspan="2">g</td></tr></table><p><code>h</code></p><p><code>i</code></p></section></body><body name="notes"><section id="n"><p>j</p></section></body></FictionBook>`
