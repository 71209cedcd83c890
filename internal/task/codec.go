package task

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// While servers are upgraded one after the other, one of an earlier version changes
// tasks that a later one has written. It must not lose what it does not know.

// record is a task as a store has it: without its secrets, which are sealed.
type record struct {
	*Task
	Sealed map[string]string `json:"sealed,omitempty"`
}

// Encode writes t for a store, with what a later version of the program has added to it.
func (t *Task) Encode(by Sealer) ([]byte, error) {
	body, err := json.Marshal(t.sealed(by))
	if err != nil || len(t.Unknown) == 0 {
		return body, err
	}
	all, err := object(body)
	if err != nil {
		return nil, err
	}
	merge(all, t.Unknown)
	return json.Marshal(all)
}

// Decode reads what Encode has written, here or in another version of the program: of a
// later one it keeps the additions in Unknown, of an earlier one it takes secrets that are
// not sealed. Those that cannot be opened are lost, see [Task.SecretsGone].
func Decode(body []byte, by Sealer) (*Task, error) {
	r := record{Task: new(Task)}
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	if strict.Decode(&r) == nil {
		return r.opened(by), nil
	}
	r = record{Task: new(Task)}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	known, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	before, err := object(body)
	if err != nil {
		return nil, err
	}
	after, err := object(known)
	if err != nil {
		return nil, err
	}
	r.Unknown = missing(before, after)
	return r.opened(by), nil
}

// object is JSON as the generic type, with its numbers as they are written.
func object(raw []byte) (o map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&o)
	return o, err
}

// missing is what before has and after has not, member by member. It has the shape of
// before; a list of notices is an object there, by their numbers.
func missing(before, after map[string]any) map[string]any {
	lost := map[string]any{}
	for name, value := range before {
		other, there := after[name]
		if !there {
			lost[name] = value
			continue
		}
		if a, b := members(value), members(other); a != nil && b != nil {
			if part := missing(a, b); len(part) > 0 {
				lost[name] = part
			}
		}
	}
	return lost
}

// merge puts what is missing into all. What is not there any more, like a notice that
// had to make room, is left out.
func merge(all, lost map[string]any) {
	for name, value := range lost {
		part, nested := value.(map[string]any)
		inner := members(all[name])
		switch _, there := all[name]; {
		case !there:
			all[name] = value
		case nested && inner != nil:
			merge(inner, part)
		}
	}
}

// members are an object's members, or the elements of a list by their numbers; nil of
// anything else.
func members(value any) map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return v
	case []any:
		byNumber := map[string]any{}
		for _, element := range v {
			if o, ok := element.(map[string]any); ok && o["seq"] != nil {
				byNumber[fmt.Sprint(o["seq"])] = o
			}
		}
		return byNumber
	}
	return nil
}
