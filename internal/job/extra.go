package job

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// recordNames are the members of a record that this program knows.
var recordNames = func() map[string]bool {
	names := map[string]bool{}
	for i := range reflect.TypeFor[record]().NumField() {
		names[reflect.TypeFor[record]().Field(i).Tag.Get("json")] = true
	}
	return names
}()

// knownName tells whether encoding/json takes the quoted name for a field of a record:
// it does so in any case.
func knownName(quoted []byte) bool {
	name := string(quoted[1 : len(quoted)-1])
	if recordNames[name] {
		return true
	}
	if strings.Contains(name, `\`) {
		_ = json.Unmarshal(quoted, &name) // it is part of valid JSON
	}
	for known := range recordNames {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

// unknown returns the members of a record, which is valid JSON, that this program does
// not know: "name":value, joined by commas, nil when there are none.
func unknown(data []byte) json.RawMessage {
	var extra bytes.Buffer
	at := skipSpace(data, 0)
	if at == len(data) || data[at] != '{' {
		return nil
	}
	for at = skipSpace(data, at+1); data[at] != '}'; {
		name := data[at:endOfString(data, at)]
		value := skipSpace(data, skipSpace(data, at+len(name))+1)
		end := endOfValue(data, value)
		if !knownName(name) {
			if extra.Len() > 0 {
				extra.WriteByte(',')
			}
			extra.Write(name)
			extra.WriteByte(':')
			_ = json.Compact(&extra, data[value:end]) // it is valid
		}
		if at = skipSpace(data, end); data[at] == ',' {
			at = skipSpace(data, at+1)
		}
	}
	return extra.Bytes()
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\t' || data[at] == '\n' || data[at] == '\r') {
		at++
	}
	return at
}

// endOfString is the place behind the string that begins at at.
func endOfString(data []byte, at int) int {
	for at++; data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// endOfValue is the place behind the value that begins at at.
func endOfValue(data []byte, at int) int {
	for depth := 0; ; {
		switch data[at] {
		case '"':
			at = endOfString(data, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
			at++
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return at
			}
			at++
			continue
		default: // a part of a number or a word, or a colon
			at++
			continue
		}
		if depth == 0 {
			return at
		}
	}
}

// withExtra is r in one line, with the members extra before its result.
func withExtra(r record, extra json.RawMessage) ([]byte, error) {
	if len(extra) == 0 {
		return json.Marshal(r)
	}
	result := r.ResultData
	r.ResultData = nil
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	line.Write(bytes.TrimSuffix(data, []byte(`"result_data":null}`)))
	line.Write(extra)
	line.WriteString(`,"result_data":`)
	if result == nil {
		result = json.RawMessage("null")
	}
	if err := json.Compact(&line, result); err != nil {
		return nil, err
	}
	line.WriteByte('}')
	return line.Bytes(), nil
}
