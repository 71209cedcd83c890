package mail

import (
	"fmt"
	"regexp"
	"strings"

	"morag/internal/convert/document/property"
)

// uuBegin is the line before a file that is written into a text by uuencode.
var uuBegin = regexp.MustCompile(`^begin [0-7]{3,4} (\S.*)$`)

// takeEncoded takes the files out of a plain text that old programs have written into it
// (uuencode), and notes them as attachments. What only begins like one stays.
func (m *mailReader) takeEncoded(text string) string {
	if !strings.Contains(text, "begin ") {
		return text
	}
	lines := strings.Split(text, "\n")
	kept := lines[:0:0]
	for i := 0; i < len(lines); i++ {
		found := uuBegin.FindStringSubmatch(strings.TrimRight(lines[i], "\r "))
		if found == nil {
			kept = append(kept, lines[i])
			continue
		}
		size, end := encodedFile(lines[i+1:])
		if end < 0 {
			kept = append(kept, lines[i])
			continue
		}
		entry := fmt.Sprintf("%s (application/octet-stream, %d bytes)", property.Cut(property.Line(found[1])), size)
		m.attached, m.attachments = append(m.attached, entry), append(m.attachments, entry)
		i += 1 + end
	}
	return strings.Join(kept, "\n")
}

// encodedFile is how many bytes the lines hold, and which of them ends the file, -1 when they
// are none. The first character of a line says how many bytes are in it.
func encodedFile(lines []string) (size, end int) {
	for i, line := range lines {
		line = strings.TrimRight(line, "\r ")
		if line == "end" {
			return size, i
		}
		if line == "" { // a blank that stands for none
			continue
		}
		n := int(line[0]-' ') & 63
		if line[0] < ' ' || line[0] > '`' || len(line)-1 > (n+2)/3*4+2 {
			return 0, -1
		}
		size += n
	}
	return 0, -1
}
