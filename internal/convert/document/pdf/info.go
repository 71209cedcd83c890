package pdf

import (
	"strconv"
	"strings"
	"time"

	"morag/internal/convert/document/property"
)

// pdfinfo's dates with -isodates: the zone may lack its minutes.
var pdfDates = []string{time.RFC3339, "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05"}

// parseInfo picks the metadata from what pdfinfo prints, "Key:   value" a line.
//
// The title and the author come from the file and may hold line ends, so they can
// pretend to be other keys. What is theirs is taken from the first line of its key,
// what pdfinfo itself counts comes after them and is taken from the last.
func parseInfo(out string) map[string]any {
	first, last := map[string]string{}, map[string]string{}
	for line := range strings.SplitSeq(out, "\n") {
		key, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		value = property.Line(value)
		if _, seen := first[key]; !seen {
			first[key] = value
		}
		last[key] = value
	}
	meta := map[string]any{}
	property.Set(meta, "title", first["Title"])
	property.Set(meta, "author", first["Author"])
	property.Set(meta, "created", parseDate(first["CreationDate"]))
	if pages, err := strconv.Atoi(last["Pages"]); err == nil && pages >= 0 {
		meta["page_count"] = pages
	}
	return meta
}

// parseDate returns RFC 3339 in UTC, "" for what is no date.
func parseDate(value string) string {
	for _, layout := range pdfDates {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}
