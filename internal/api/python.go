package api

import (
	"encoding/json"
	"strings"

	"morag/internal/openapi"
)

// python is the call by Python's requests; where it goes, and the key, are said once.
func (r Route) python(op *openapi.Operation) string {
	where := strings.TrimPrefix(r.exampleURL(op), exampleServer)
	arguments := []string{`SERVER + "` + where + `"`}
	if r.access&open == 0 && r.access&token == 0 {
		arguments = append(arguments, "headers=KEY")
	}
	switch {
	case r.about.takes&upload != 0:
		arguments = append(arguments, `files={"file": open("talk.mp3", "rb")}`)
		if fields := r.exampleFields(); len(fields) > 0 {
			var members []string
			for _, f := range fields {
				members = append(members, `"`+f[0]+`": "`+f[1]+`"`)
			}
			arguments = append(arguments, "data={"+strings.Join(members, ", ")+"}")
		}
	case op.RequestBody != nil:
		raw, _ := json.Marshal(op.RequestBody.Content[jsonMedia].Example) // of values of this package
		arguments = append(arguments, "json="+pythonValue(raw))
	}
	if r.about.media == eventMedia {
		arguments = append(arguments, "stream=True")
	}
	lines := []string{
		"answer = requests." + strings.ToLower(r.Method) + "(" + strings.Join(arguments, ", ") + ")",
		"answer.raise_for_status()",
	}
	switch {
	case r.binary():
		lines = append(lines, `open("fetched", "wb").write(answer.content)`)
	case r.about.media == eventMedia:
		lines = append(lines, "for line in answer.iter_lines(decode_unicode=True):", "    print(line)")
	case r.about.media != "":
		lines = append(lines, "print(answer.text)")
	default:
		lines = append(lines, "print(answer.json())")
	}
	return strings.Join(lines, "\n")
}

// exampleFields are what an example of an upload asks for besides the file.
func (r Route) exampleFields() [][2]string {
	switch {
	case r.about.takes&address != 0:
		return [][2]string{{"mode", "convert"}}
	case r.about.options == ingestion:
		return [][2]string{{"remote", "true"}, {"document_id", documentExample}}
	}
	return nil
}

// pythonValue is JSON as Python writes it.
func pythonValue(raw []byte) string {
	words := map[string]string{"true": "True", "false": "False", "null": "None", ":": ": ", ",": ", "}
	var out strings.Builder
	quoted := false
	for rest := string(raw); rest != ""; {
		said := rest[:1]
		switch {
		case quoted && said == `\`:
			said = rest[:2]
		case said == `"`:
			quoted = !quoted
		case !quoted:
			for word, python := range words {
				if strings.HasPrefix(rest, word) {
					said = word
					out.WriteString(python)
				}
			}
		}
		if quoted || words[said] == "" {
			out.WriteString(said)
		}
		rest = rest[len(said):]
	}
	return out.String()
}
