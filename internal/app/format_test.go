package app_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"morag/internal/content"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document/compound/compoundtest"
)

// format is a format of files: its content type, and which of the metadata that has the same
// name everywhere a sound file of it is known to have, besides [always].
type format struct{ contentType, names string }

const (
	always   = "engine file_size mime_type"
	listened = "duration language quality "
	watched  = "duration width height quality scenes "
	looked   = "page_count width height language quality "
	signed   = "title author created "
)

// formats are all that are taken, by extension.
var formats = map[string]format{
	"pdf":   {content.Doc, signed + "page_count"},
	"docx":  {content.Doc, signed + "page_count language"},
	"pptx":  {content.Doc, signed + "page_count"},
	"xlsx":  {content.Doc, signed},
	"odt":   {content.Doc, signed + "language"},
	"ods":   {content.Doc, signed},
	"odp":   {content.Doc, signed + "page_count"},
	"epub":  {content.Doc, signed + "language"},
	"rtf":   {content.Doc, signed + "page_count"},
	"html":  {content.Doc, signed + "language"},
	"md":    {content.Doc, signed + "language"},
	"txt":   {content.Doc, ""},
	"csv":   {content.Doc, ""},
	"tsv":   {content.Doc, ""},
	"json":  {content.Doc, ""},
	"eml":   {content.Doc, signed},
	"tex":   {content.Doc, "title author"},
	"rst":   {content.Doc, "title"},
	"org":   {content.Doc, "title author"},
	"dbk":   {content.Doc, "title author"},
	"fb2":   {content.Doc, "title"},
	"msg":   {content.Doc, signed},
	"zip":   {content.Doc, ""},
	"srt":   {content.Doc, "duration"},
	"vtt":   {content.Doc, "duration title"},
	"ipynb": {content.Doc, "title author"},
	"xml":   {content.Doc, signed + "language"},
	"rss":   {content.Doc, signed + "language"},
	"atom":  {content.Doc, signed + "language"},
	"mp3":   {content.Audio, signed + listened},
	"wav":   {content.Audio, signed + listened},
	"m4a":   {content.Audio, signed + listened},
	"flac":  {content.Audio, signed + listened},
	"ogg":   {content.Audio, signed + listened},
	"opus":  {content.Audio, signed + listened},
	"aac":   {content.Audio, listened}, // there is nowhere to write a title
	"wma":   {content.Audio, signed + listened},
	"mp4":   {content.Video, signed + watched},
	"mkv":   {content.Video, signed + watched},
	"mov":   {content.Video, signed + watched},
	"avi":   {content.Video, signed + watched + "language"},
	"webm":  {content.Video, signed + watched},
	"png":   {content.Image, looked},
	"jpg":   {content.Image, looked},
	"webp":  {content.Image, looked},
	"tiff":  {content.Image, looked},
	"gif":   {content.Image, looked},
	"bmp":   {content.Image, looked},
}

// formatText is what a sound file of each kind says, as its title too where it can have one.
const formatText = "The library is closed on Monday"

const kindMarkdown = `---
title: ` + formatText + `
author: A. Writer
date: 2024-03-05
lang: en-GB
---

# First

` + formatText + `. Please return your books before the end of July, and help to clean the beach on Saturday.

| Name | Amount |
|------|--------|
| Anna | 12     |
`

// samples makes a sound file of each kind: the bytes by extension.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		if message, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, args, err, message)
		}
	}
	put := func(name string, raw []byte) {
		t.Helper()
		if err := os.WriteFile(at(name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	about := map[string]string{"Title": formatText, "Author": "A. Writer", "CreationDate": "D:20240305143000Z"}
	put("a.pdf", converttest.PDF(about, converttest.Page{formatText + ".", "Please return your books before the end of July."}))
	put("a.md", []byte(kindMarkdown))
	for _, to := range []string{"docx", "pptx", "odt", "epub", "rtf", "html"} {
		run("pandoc", "-s", "a.md", "-o", "a."+to)
	}
	rtf, err := os.ReadFile(at("a.rtf")) // pandoc writes no information about it
	if err != nil {
		t.Fatal(err)
	}
	put("a.rtf", bytes.Replace(rtf, []byte("{\\fonttbl"), []byte(`{\info{\title `+formatText+`}{\author A. Writer}{\creatim\yr2024\mo3\dy5\hr14\min30}{\nofpages1}}{\fonttbl`), 1))
	put("a.xlsx", workbookSample(t))
	for to, format := range map[string]string{"tex": "latex", "rst": "rst", "org": "org", "dbk": "docbook", "fb2": "fb2"} {
		run("pandoc", "-s", "a.md", "-t", format, "-o", "a."+to)
	}
	put("a.zip", converttest.Zip(t, "notes/a.txt", formatText+".\n"))
	put("a.msg", messageSample())
	for to, body := range openBodies {
		put("a."+to, openSample(t, body))
	}
	put("a.txt", []byte(formatText+".\n"))
	put("a.csv", []byte("what,when\n"+formatText+",2024-03-05\n"))
	put("a.tsv", []byte("what\twhen\n"+formatText+"\t2024-03-05\n"))
	put("a.json", []byte(`{"notes": [{"text": "`+formatText+`"}, {"text": "more"}]}`))
	put("a.eml", []byte("From: A. Writer <a@example.org>\r\nTo: b@example.org\r\nSubject: "+formatText+"\r\nDate: Tue, 5 Mar 2024 14:30:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain\r\n\r\n"+formatText+".\r\n--xx--\r\n"))

	put("a.vtt", []byte("WEBVTT - "+formatText+"\n\n00:00.500 --> 00:03.000\n"+formatText+".\n"))
	put("a.xml", []byte(`<article xml:lang="en"><front><article-meta><title-group><article-title>`+formatText+`</article-title></title-group><contrib-group><contrib contrib-type="author"><name><surname>Writer</surname>`+
		`<given-names>A.</given-names></name></contrib></contrib-group><pub-date><year>2024</year><month>3</month><day>5</day></pub-date></article-meta></front><body><p>`+formatText+`.</p></body></article>`))
	put("a.rss", []byte(`<rss version="2.0"><channel><title>`+formatText+`</title><language>en</language><managingEditor>x</managingEditor><author>A. Writer</author><pubDate>Tue, 05 Mar 2024 14:30:00 +0000</pubDate>`+
		`<item><title>One</title><description>&lt;p&gt;`+formatText+`.&lt;/p&gt;</description></item></channel></rss>`))
	put("a.atom", []byte(`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>`+formatText+`</title><author><name>A. Writer</name></author><updated>2024-03-05T14:30:00Z</updated>`+
		`<entry><title>One</title><content type="html">&lt;p&gt;`+formatText+`.&lt;/p&gt;</content></entry></feed>`))
	put("a.ipynb", []byte(`{"cells": [{"cell_type": "markdown", "source": ["# `+formatText+`"]}], "metadata": {"authors": [{"name": "A. Writer"}]}, "nbformat": 4}`))

	voice := converttest.Speak(t, formatText+". Please return your books before the end of July, and help to clean the beach.")
	tags := []string{"-metadata", "title=" + formatText, "-metadata", "artist=A. Writer", "-metadata", "date=2024-03-05"}
	for _, to := range []string{"mp3", "wav", "m4a", "flac", "ogg", "opus", "aac", "wma"} {
		run("ffmpeg", slices.Concat([]string{"-v", "error", "-i", voice}, tags, []string{"a." + to})...)
	}
	put("a.srt", []byte("1\n00:00:00,500 --> 00:00:03,000\n"+formatText+".\n"))
	for to, codecs := range map[string][]string{
		"mp4": {"-c:s", "mov_text"}, "mov": {"-c:s", "mov_text"}, "mkv": {"-c:s", "srt"}, "avi": {"-map", "-2"},
		"webm": {"-c:v", "libvpx", "-c:a", "libopus", "-c:s", "webvtt"},
	} {
		run("ffmpeg", slices.Concat([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x120:r=5:d=6", "-i", voice, "-i", "a.srt",
			"-map", "0", "-map", "1", "-map", "2", "-shortest"}, codecs, tags, []string{"a." + to})...)
	}
	run("pdftoppm", "-r", "150", "-png", "-singlefile", "a.pdf", "a")
	for _, to := range []string{"jpg", "webp", "tiff", "gif", "bmp"} {
		run("ffmpeg", "-v", "error", "-i", "a.png", "a."+to)
	}
	made := map[string][]byte{}
	for format := range formats {
		raw, err := os.ReadFile(at("a." + format))
		if err != nil {
			t.Fatal(err)
		}
		made[format] = raw
	}
	return made
}

// messageSample is a message of Outlook: a subject, a sender, when it was sent, and a text.
func messageSample() []byte {
	wide := func(s string) string {
		var b []byte
		for _, c := range s {
			b = append(b, byte(c), 0)
		}
		return string(b)
	}
	return compoundtest.File(map[string]string{
		"__properties_version1.0": strings.Repeat("\x00", 32) + "\x40\x00\x39\x00\x06\x00\x00\x00\x00\x1d\x63\x56\x0a\x6f\xda\x01",
		"__substg1.0_0037001F":    wide(formatText), "__substg1.0_0C1A001F": wide("A. Writer"), "__substg1.0_1000001F": wide(formatText + "."),
	})
}

// openBodies are the contents of files of OpenDocument that pandoc does not write, by
// extension.
var openBodies = map[string][2]string{
	"ods": {"spreadsheet", `<table:table table:name="Notes"><table:table-row><table:table-cell office:value-type="string"><text:p>` + formatText + `</text:p></table:table-cell></table:table-row></table:table>`},
	"odp": {"presentation", `<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>` + formatText + `</text:p></draw:text-box></draw:frame></draw:page>`},
}

func openSample(t *testing.T, body [2]string) []byte {
	t.Helper()
	spaces := ""
	for _, name := range []string{"office", "table", "text", "drawing", "presentation", "meta"} {
		spaces += fmt.Sprintf(` xmlns:%s="urn:oasis:names:tc:opendocument:xmlns:%s:1.0"`, strings.Replace(name, "drawing", "draw", 1), name)
	}
	return converttest.Zip(t, "mimetype", "application/vnd.oasis.opendocument."+body[0],
		"content.xml", fmt.Sprintf(`<office:document-content%s><office:body><office:%s>%s</office:%[2]s></office:body></office:document-content>`, spaces, body[0], body[1]),
		"meta.xml", `<office:document-meta`+spaces+` xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>`+formatText+`</dc:title>`+
			`<meta:initial-creator>A. Writer</meta:initial-creator><meta:creation-date>2024-03-05T14:30:00</meta:creation-date></office:meta></office:document-meta>`)
}

// workbookSample has a formula without a value, as programs write it.
func workbookSample(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var out bytes.Buffer
	for _, err := range []error{
		f.SetCellValue("Sheet1", "A1", formatText), f.SetCellValue("Sheet1", "B1", 20), f.SetCellFormula("Sheet1", "B2", "B1*2+2"),
		f.SetDocProps(&excelize.DocProperties{Title: formatText, Creator: "A. Writer", Created: "2024-03-05T14:30:00Z"}), f.Write(&out),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// tolerant are the kinds of which a part is as good as the whole, as far as anyone can tell:
// text, of which any beginning is text.
var tolerant = []string{"html", "md", "txt", "csv", "tsv", "eml", "srt", "vtt", "tex", "rst", "org"}

// mentions tells whether a document says what the samples say.
func mentions(doc *content.Document) bool {
	return strings.Contains(strings.ToLower(doc.Content), "library is closed")
}

// describe are the metadata that mean the same for all kinds, each with what a value of it
// has to be, as the samples have it.
var describe = map[string]func(value any) bool{
	"title":      func(v any) bool { return v == formatText },
	"author":     func(v any) bool { return strings.HasPrefix(fmt.Sprint(v), "A. Writer") },
	"created":    isTime,
	"language":   func(v any) bool { return strings.HasPrefix(fmt.Sprint(v), "en") },
	"page_count": func(v any) bool { n, ok := v.(int); return ok && n > 0 && n < 4 },
	"duration":   func(v any) bool { n, ok := v.(float64); return ok && n > 2 && n < 12 },
	"width":      func(v any) bool { n, ok := v.(int); return ok && n > 100 },
	"height":     func(v any) bool { n, ok := v.(int); return ok && n > 100 },
	"quality":    func(v any) bool { return v == "high" || v == "medium" || v == "low" },
	"engine":     func(v any) bool { s, ok := v.(string); return ok && s != "" },
	"file_size":  func(v any) bool { n, ok := v.(int64); return ok && n > 0 },
	"mime_type":  func(v any) bool { return strings.Contains(fmt.Sprint(v), "/") },
}

func isTime(v any) bool {
	s, _ := v.(string)
	at, err := time.Parse(time.RFC3339, s)
	return err == nil && at.Location() == time.UTC
}
