package timed

import (
	"regexp"
	"strings"
)

// drawing is a picture of a subtitle in the format ASS, as lines between points.
var drawing = regexp.MustCompile(`^m(?:\s+-?\d+(?:\.\d+)?){2}(?:\s+(?:[mnlbspc]|-?\d+(?:\.\d+)?))*$`)

// assCues reads the events of a file in the format SubStation Alpha (.ass, .ssa). Their fields
// are in the order that the file gives; comments and drawings are left out. The name of an
// event is its speaker. ok tells whether there is a list of events.
func assCues(lines []string) (cues []cue, ok bool) {
	fields := map[string]int{}
	for _, line := range lines {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case strings.EqualFold(strings.TrimSpace(line), "[Events]"):
			ok = true
		case ok && strings.EqualFold(key, "Format"):
			clear(fields)
			for i, name := range strings.Split(rest, ",") {
				fields[strings.ToLower(strings.TrimSpace(name))] = i
			}
		case ok && strings.EqualFold(key, "Dialogue"):
			if c, sound := assCue(strings.SplitN(rest, ",", len(fields)), fields); sound {
				cues = append(cues, c)
			}
		}
	}
	return cues, ok
}

func assCue(values []string, fields map[string]int) (cue, bool) {
	value := func(name string) string {
		if i, known := fields[name]; known && i < len(values) {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	from, ok1 := parseTime(value("start"))
	to, ok2 := parseTime(value("end"))
	c := cue{start: from, end: max(from, to), speaker: value("name")}
	for _, line := range strings.Split(strings.ReplaceAll(value("text"), `\n`, `\N`), `\N`) {
		if line = plain(line); line != "" {
			c.lines = append(c.lines, line)
		}
	}
	return c, ok1 && ok2 && len(c.lines) > 0
}
