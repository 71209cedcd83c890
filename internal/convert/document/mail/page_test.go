package mail_test

import (
	"slices"
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

// A page that a browser has saved is read as one, and a mail is not.
func TestSavedPage(t *testing.T) {
	t.Parallel()
	story := "<h1>Tea</h1>" + strings.Repeat("<p>"+strings.Repeat("This is a sentence about tea, with a comma, and it is long enough to be scored. ", 3)+"</p>", 6)
	page := "MIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
		"<html><body><div class=cookie-banner>We use cookies.</div><article>" + story + "</article>\r\n--b--\r\n"
	for from, want := range map[string][]string{
		"<Saved by Blink>":   {"Left out of the text: parts of the page around its article (1)."},
		"A <a@example.test>": nil,
	} {
		doc := documenttest.Must(t, "a.mht", "From: "+from+"\r\nSubject: Tea\r\n"+page)
		if !slices.Equal(doc.Warnings, want) || strings.Contains(doc.Content, "cookies") != (want == nil) || !strings.Contains(doc.Content, "about tea") {
			t.Errorf("%s: %q, %.300q", from, doc.Warnings, doc.Content)
		}
	}
}
