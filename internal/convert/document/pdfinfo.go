package document

import (
	"strconv"
	"strings"
	"time"
)

// pdfinfo's dates with -isodates: the zone may lack its minutes.
var pdfDates = []string{time.RFC3339, "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05"}

// parsePDFInfo picks the metadata from what pdfinfo prints, "Key:   value" a line.
//
// The title and the author come from the file and may hold line ends, so they can
// pretend to be other keys. What is theirs is taken from the first line of its key,
// what pdfinfo itself counts comes after them and is taken from the last.
func parsePDFInfo(out string) map[string]any {
	first, last := map[string]string{}, map[string]string{}
	for line := range strings.SplitSeq(out, "\n") {
		key, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		value = printable(value)
		if _, seen := first[key]; !seen {
			first[key] = value
		}
		last[key] = value
	}
	meta := map[string]any{}
	setText(meta, "title", first["Title"])
	setText(meta, "author", first["Author"])
	setText(meta, "created", parsePDFDate(first["CreationDate"]))
	if pages, err := strconv.Atoi(last["Pages"]); err == nil && pages >= 0 {
		meta["page_count"] = pages
	}
	return meta
}

// parsePDFDate returns RFC 3339 in UTC, "" for what is no date.
func parsePDFDate(value string) string {
	for _, layout := range pdfDates {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// setText sets what is known and leaves out what is not.
func setText(meta map[string]any, key, value string) {
	if value != "" {
		meta[key] = value
	}
}

// printable makes one clean line of a value that comes from a file.
func printable(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, value)
	return strings.Join(strings.Fields(value), " ")
}
