package scoretest_test

// The news of a harbour as feeds, and what they say.
const (
	newsTruth = "# Harbour News\n\n## Fog\n\n- Date: 2024-03-05T13:30:00Z\n- Author: Ann\n- Link: https://example.org/1\n\nThe **ferry** waits for two reasons.\n\n- fog\n- wind\n\n" +
		"## Prices\n\n- Link: https://example.org/2\n\n| Item | Crowns |\n| --- | --- |\n| Rope | 12 |\n| Oil | 30 |\n"
	fogPage    = "<p>The <b>ferry</b> waits for two reasons.</p><ul><li>fog</li><li>wind</li></ul>"
	pricesPage = "<table><tr><th>Item</th><th>Crowns</th></tr><tr><td>Rope</td><td>12</td></tr><tr><td>Oil</td><td>30</td></tr></table>"
	newsRSS    = `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Harbour News</title>` +
		`<item><title>Fog</title><link>https://example.org/1</link><pubDate>Tue, 05 Mar 2024 14:30:00 +0100</pubDate><dc:creator>Ann</dc:creator><description><![CDATA[` + fogPage + `]]></description></item>` +
		`<item><title>Prices</title><link>https://example.org/2</link><description><![CDATA[` + pricesPage + `]]></description></item></channel></rss>`
	newsAtom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour News</title>` +
		`<entry><title>Fog</title><link href="https://example.org/1"/><updated>2024-03-05T14:30:00+01:00</updated><author><name>Ann</name></author><content type="html"><![CDATA[` + fogPage + `]]></content></entry>` +
		`<entry><title>Prices</title><link href="https://example.org/2"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">` + pricesPage + `</div></content></entry></feed>`
)
