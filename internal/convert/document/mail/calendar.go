package mail

import (
	"strings"
)

// calendarFields are what is told of an invitation, in this order (RFC 5545).
var calendarFields = []struct{ name, label string }{
	{"SUMMARY", "Summary"}, {"DTSTART", "Start"}, {"DTEND", "End"}, {"DUE", "Due"}, {"LOCATION", "Location"},
	{"ORGANIZER", "Organizer"}, {"ATTENDEE", "Attendee"}, {"DESCRIPTION", "Description"},
}

var calendarEscapes = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`)

// calendarText makes a list of what an invitation says. What is no calendar stays as it is.
func calendarText(text string) string {
	unfolded := strings.NewReplacer("\n ", "", "\n\t", "").Replace(text)
	var out strings.Builder
	var entry map[string][]string
	for line := range strings.Lines(unfolded) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		name, params, _ := strings.Cut(name, ";")
		name = strings.ToUpper(name)
		switch {
		case name == "BEGIN" && (value == "VEVENT" || value == "VTODO"):
			entry = map[string][]string{}
		case name == "END" && entry != nil && (value == "VEVENT" || value == "VTODO"):
			writeEntry(&out, entry)
			entry = nil
		case entry != nil:
			if name == "ORGANIZER" || name == "ATTENDEE" {
				value = person(params, value)
			}
			entry[name] = append(entry[name], calendarEscapes.Replace(value))
		}
	}
	if out.Len() == 0 {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(out.String())
}

// person is a name with its address.
func person(params, address string) string {
	address = strings.TrimPrefix(strings.TrimPrefix(address, "mailto:"), "MAILTO:")
	for param := range strings.SplitSeq(params, ";") {
		if name, found := strings.CutPrefix(param, "CN="); found {
			return strings.Trim(name, `"`) + " <" + address + ">"
		}
	}
	return address
}

func writeEntry(out *strings.Builder, entry map[string][]string) {
	for _, field := range calendarFields {
		if values := entry[field.name]; len(values) > 0 {
			out.WriteString("- " + field.label + ": " + strings.Join(values, ", ") + "\n")
		}
	}
	out.WriteString("\n")
}
