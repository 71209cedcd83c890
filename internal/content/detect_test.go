package content_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
)

const docxMIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// zipOf holds empty files of the given names.
func zipOf(t testing.TB, names ...string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// storedFirst is a zip whose first file names its format, as those of OpenDocument and
// EPUB do.
func storedFirst(t testing.TB, mimeType string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	if err == nil {
		_, err = f.Write([]byte(mimeType))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestDetect(t *testing.T) {
	t.Parallel()
	binary := "\x01\x02\x03\xf0\x9f\x00\x00\xfe"
	for _, tt := range []struct {
		about, head, name string
		contentType, mime string
	}{
		{"a PDF under any name", "%PDF-1.7\n%\xe2\xe3", "song.mp3", content.Doc, "application/pdf"},
		{"a PDF without a name", "%PDF-1.4\n", "", content.Doc, "application/pdf"},
		{"an mp3 with a tag", "ID3\x04\x00\x00\x00\x00\x01\x00TIT2", "talk.pdf", content.Audio, "audio/mpeg"},
		{"a memo of an iPhone", "caff\x00\x01\x00\x00desc\x00\x00", "memo.caf", content.Audio, "audio/x-caf"},
		{"a png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "x", content.Image, "image/png"},
		{"html", "<!DOCTYPE html><html><title>x</title>", "page.txt", content.Doc, "text/html"},
		{"a fragment of html by its name", "Hello <b>world</b>", "page.HTML", content.Doc, "text/html"},
		{"markdown", "# Title\n\ntext", "notes.md", content.Doc, "text/markdown"},
		{"markdown that begins with a tag", "<p align=center>x</p>\n\n# Title", "README.md", content.Doc, "text/markdown"},
		{"text", "plain words", "", content.Doc, "text/plain"},
		{"text that looks like a table", "a,b\n1,2\n3,4\n", "notes.txt", content.Doc, "text/plain"},
		{"a table", "a,b\n1,2\n3,4\n", "t.csv", content.Doc, "text/csv"},
		{"text under a recording's name", "this is no music", "x.mp3", content.Doc, "text/plain"},
		{"latin-1 text", "caf\xe9 cr\xe8me", "menu.txt", content.Doc, "text/plain"},
		{"rtf under a wrong name", `{\rtf1\ansi x}`, "x.md", content.Doc, "text/rtf"},
		{"a docx", zipOf(t, "[Content_Types].xml", "word/document.xml"), "", content.Doc, docxMIME},
		{"a docx known by its name only", zipOf(t, "custom/x.bin"), "letter.docx", content.Doc, docxMIME},
		{"an xlsx", zipOf(t, "[Content_Types].xml", "xl/workbook.xml"), "", content.Doc, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"an odt", storedFirst(t, "application/vnd.oasis.opendocument.text"), "", content.Doc, "application/vnd.oasis.opendocument.text"},
		{"an odt under a docx's name", storedFirst(t, "application/vnd.oasis.opendocument.text"), "a.docx", content.Doc, "application/vnd.oasis.opendocument.text"},
		{"an odt known by its name only", zipOf(t, "content.xml"), "a.odt", content.Doc, "application/vnd.oasis.opendocument.text"},
		{"an epub", storedFirst(t, "application/epub+zip"), "book.zip", content.Doc, "application/epub+zip"},
		{"an encrypted or old Office file", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600), "a.docx", content.Doc, "application/x-ole-storage"},
		{"an rtf without a name", `{\rtf1\ansi x}`, "", content.Doc, "text/rtf"},
		{"an e-mail without a name", "Return-Path: <a@example.com>\r\nFrom: b@example.com\r\n\r\nx", "", content.Doc, "message/rfc822"},
		{"an e-mail by its name", "X-Mailer: y\r\nFrom: b@example.com\r\n\r\nx", "a.eml", content.Doc, "message/rfc822"},
		{"json", `{"a": [1, 2]}`, "", content.Doc, "application/json"},
		{"json by its name", "[1,\n", "a.json", content.Doc, "application/json"},
		{"ndjson", "{\"a\": 1}\n{\"a\": 2}\n", "a.jsonl", content.Doc, "application/x-ndjson"},
		{"a table with tabs", "a\tb\n1\t2\n", "t.tsv", content.Doc, "text/tab-separated-values"},
		{"a table with semicolons", "a;b\n1;2\n", "t.csv", content.Doc, "text/csv"},
		{"a table in UTF-16", "\xff\xfea\x00;\x00b\x00\n\x00", "t.csv", content.Doc, "text/csv"},
		{"a zip", zipOf(t, "a.txt"), "a.zip", content.Doc, "application/zip"},
		{"a zip under a recording's name", zipOf(t, "a.txt"), "a.mp3", content.Doc, "application/zip"},
		{"a docx under a zip's name", zipOf(t, "[Content_Types].xml", "word/document.xml"), "a.zip", content.Doc, docxMIME},
		{"a sheet of OpenDocument", storedFirst(t, "application/vnd.oasis.opendocument.spreadsheet"), "a.odt", content.Doc, "application/vnd.oasis.opendocument.spreadsheet"},
		{"subtitles", "1\r\n00:00:01,000 --> 00:00:02,000\r\nHi.\r\n", "", content.Doc, "application/x-subrip"},
		{"subtitles that are text by their name", "1\n00:00:01,000 --> 00:00:02,000\nHi.\n", "a.txt", content.Doc, "text/plain"},
		{"text that mentions times", "See 00:00:01,000 --> 00:00:02,000\n", "", content.Doc, "text/plain"},
		{"a notebook", `{"cells": [{"cell_type": "code"}]}`, "", content.Doc, "application/x-ipynb+json"},
		{"JSON under a notebook's name", `{"a": 1}`, "a.ipynb", content.Doc, "application/x-ipynb+json"},
		{"a feed under any name", `<?xml version="1.0"?><!-- x --><rss version="2.0"><channel/></rss>`, "a.txt", content.Doc, "application/rss+xml"},
		{"a feed of Atom", `<feed xmlns="http://www.w3.org/2005/Atom"/>`, "a.xml", content.Doc, "application/atom+xml"},
		{"an article", `<?xml version="1.0"?><article article-type="x"><front/></article>`, "a.xml", content.Doc, "application/jats+xml"},
		{"DocBook", `<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "x.dtd"><article/>`, "a.xml", content.Doc, "application/docbook+xml"},
		{"a FictionBook", `<?xml version="1.0"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"/>`, "x", content.Doc, "application/x-fictionbook+xml"},
		{"other XML", `<?xml version="1.0"?><list/>`, "a.fb2", content.Doc, "text/xml"},
		{"LaTeX", "% a remark\n\\documentclass{article}", "", content.Doc, "text/x-tex"},
		{"LaTeX by its name", "words", "a.tex", content.Doc, "text/x-tex"},
		{"a message of Outlook by its name", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600), "a.msg", content.Doc, "application/vnd.ms-outlook"},
		{"a program", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00", "x.pdf", "", "application/x-executable"},
		{"bytes with a name", binary, "scan.pdf", content.Doc, "application/pdf"},
		{"bytes with an unknown name", binary, "x.bin", "", ""},
		{"bytes without a name", binary, "", "", ""},
		{"nothing with a name", "", "a.wav", content.Audio, "audio/wav"},
		{"nothing at all", "", "", "", ""},
		{"a name that tries to be a path", binary, "../../x.d/..\\y.mp3\x00", "", ""},
		{"a folder with a dot", binary, "a.pdf/file", "", ""},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			contentType, mime := content.Detect([]byte(tt.head), tt.name)
			if contentType != tt.contentType || mime != tt.mime {
				t.Errorf("got %q %q, want %q %q", contentType, mime, tt.contentType, tt.mime)
			}
		})
	}
}

// Every format of recording that is promised, as ffmpeg writes it: with its own name
// and with none.
func TestDetectRecordings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct{ extension, contentType, nameless string }{
		{"mp3", content.Audio, content.Audio},
		{"wav", content.Audio, content.Audio},
		{"m4a", content.Audio, content.Audio},
		{"flac", content.Audio, content.Audio},
		{"ogg", content.Audio, content.Audio},
		{"opus", content.Audio, content.Audio},
		{"aac", content.Audio, content.Audio},
		{"wma", content.Audio, content.Video}, // an asf file: only the name tells
		{"mka", content.Audio, content.Video},
		{"webm", content.Video, content.Video},
		{"mp4", content.Video, content.Video},
		{"mkv", content.Video, content.Video},
		{"mov", content.Video, content.Video},
		{"avi", content.Video, content.Video},
	} {
		t.Run(tt.extension, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, "a."+tt.extension)
			args := []string{"-v", "error", "-f", "lavfi", "-i", "sine=d=0.3"}
			if slices.Contains([]string{"mp4", "mkv", "mov", "avi"}, tt.extension) {
				args = append(args, "-f", "lavfi", "-i", "testsrc=d=0.3:s=64x64")
			}
			if out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
				t.Fatalf("ffmpeg: %v\n%s", err, out)
			}
			contentType, mime, err := content.DetectFile(path, "Talk."+strings.ToUpper(tt.extension))
			if err != nil || contentType != tt.contentType || !strings.HasPrefix(mime, tt.contentType+"/") {
				t.Errorf("with its name: %q %q, %v", contentType, mime, err)
			}
			if contentType, mime, err = content.DetectFile(path, ""); err != nil || contentType != tt.nameless {
				t.Errorf("without a name: %q %q, %v", contentType, mime, err)
			}
		})
	}
}

func TestDetectFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, _, err := content.DetectFile(filepath.Join(t.TempDir(), "x"), "x"); !os.IsNotExist(err) && err == nil {
		t.Errorf("error %v", err)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("%PDF-1.7"), "a.pdf")
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), "a.wav")
	f.Add([]byte("\x00\x00\x00\x20ftypM4A "), "a.m4a")
	f.Add([]byte(zipOf(f, "word/document.xml")), "a.docx")
	f.Add([]byte("a,b\n"), "x.md")
	known := []string{"", content.Audio, content.Video, content.Doc, content.Image}
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		contentType, mime := content.Detect(head, name)
		if !slices.Contains(known, contentType) {
			t.Errorf("type %q", contentType)
		}
		if contentType != "" && mime == "" {
			t.Error("a type without a MIME type")
		}
		if strings.ContainsAny(mime, "; \n") {
			t.Errorf("MIME type %q", mime)
		}
	})
}
