package mail

import (
	"errors"
	"io"
	"net/textproto"
	"regexp"
	"strings"
)

// maxHeader is the longest header in bytes, which is held in memory.
const maxHeader = 4 << 20

var (
	fieldLine     = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)
	parameterLine = regexp.MustCompile(`^[A-Za-z0-9*-]+=`)
)

// readHeader reads the fields up to the empty line after them. What mail programs let pass
// passes: a parameter that is not indented belongs to the field before it, and a line that
// is no field is left out, which odd tells.
func readHeader(in *splitter) (h textproto.MIMEHeader, odd bool, err error) {
	h = textproto.MIMEHeader{}
	name := ""
	var value strings.Builder
	begin := func(line string) {
		if name != "" {
			h.Add(name, strings.TrimSpace(value.String()))
		}
		field, rest, _ := strings.Cut(line, ":")
		name = strings.TrimRight(field, " \t")
		value.Reset()
		value.WriteString(rest)
	}
	for size := 0; ; {
		line, err := in.line(maxHeader - size)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, odd, err
		}
		size += len(line)
		switch {
		case err != nil, line == "":
			begin("")
			return h, odd, nil
		case name != "" && (line[0] == ' ' || line[0] == '\t' || parameterLine.MatchString(line)):
			value.WriteString(" " + strings.TrimSpace(line))
		case fieldLine.MatchString(line):
			begin(line)
		default:
			odd = true
		}
	}
}
