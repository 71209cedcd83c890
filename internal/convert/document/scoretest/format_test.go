package scoretest_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"morag/internal/convert/converttest"
	"morag/internal/convert/document/compound/compoundtest"
)

// formatSpecimens are the documents of formats that pandoc reads, archives and messages.
func formatSpecimens(t *testing.T) []specimen {
	t.Helper()
	report := read(t, "report.md")
	all := []specimen{
		{"zip", "files.zip", archiveTruth(report), func(t *testing.T) []byte {
			return converttest.Zip(t, "report.docx", string(pandoc(t, report, "docx")), "news/harbour.rss", newsRSS, "read me.txt", "The ferry waits.\n")
		}},
		{"msg", "mail.msg", mailTruth, func(*testing.T) []byte { return mailMessage() }},
	}
	for _, of := range [][2]string{{"latex", "tex"}, {"rst", "rst"}, {"org", "org"}, {"docbook", "dbk"}, {"textile", "textile"}, {"mediawiki", "wiki"}, {"fb2", "fb2"}} {
		format := of[0]
		all = append(all, specimen{format, "report." + of[1], truthOf(report, ""), func(t *testing.T) []byte { return pandoc(t, report, format) }})
	}
	return all
}

// archiveTruth is what an archive of a report and the news says, each under its name.
func archiveTruth(report string) string {
	return "# news/harbour.rss\n\n" + newsTruth + "\n# read me.txt\n\nThe ferry waits.\n\n# report.docx\n\n" + truthOf(report, "")
}

const mailTruth = "# Landings\n\n- From: Ann Berg <ann@example.org>\n\n## Prices of March\n\nThe **ferry** waits for two reasons.\n\n- fog\n- wind\n\n" +
	"| Item | Crowns |\n| --- | --- |\n| Rope | 12 |\n| Oil | 30 |\n\nAttachments:\n\n- map.png (image/png, 5 bytes)\n"

// mailMessage is a message of Outlook with a page and a file.
func mailMessage() []byte {
	wide := func(s string) string {
		var b []byte
		for _, c := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return string(b)
	}
	return compoundtest.File(map[string]string{
		"__properties_version1.0": strings.Repeat("\x00", 32), "__substg1.0_0037001F": wide("Landings"), "__substg1.0_0C1A001F": wide("Ann Berg"), "__substg1.0_5D01001F": wide("ann@example.org"),
		"__substg1.0_10130102":                               "<h2>Prices of March</h2>" + fogPage + pricesPage,
		"__attach_version1.0_#00000000/__substg1.0_3707001F": wide("map.png"), "__attach_version1.0_#00000000/__substg1.0_370E001F": wide("image/png"),
		"__attach_version1.0_#00000000/__substg1.0_37010102": "\x89PNG\r",
	})
}
