package wire

import "encoding/json"

// Object is a JSON object as it is written. It is decoded only where it is looked into: a
// page of documents may have many megabytes of metadata.
type Object json.RawMessage

// MarshalJSON writes it as it is, null for nil.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON keeps a copy of raw.
func (o *Object) UnmarshalJSON(raw []byte) error {
	return (*json.RawMessage)(o).UnmarshalJSON(raw)
}

// Get decodes a member; it is nil when there is none.
func (o Object) Get(name string) any {
	var members map[string]json.RawMessage
	var value any
	if json.Unmarshal(o, &members) != nil || json.Unmarshal(members[name], &value) != nil {
		return nil
	}
	return value
}
