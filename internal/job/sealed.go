package job

import "encoding/json"

// Sealed is an option in TaskOptions that is a secret: encrypted for as long as the job may
// need it, and shown to nobody but the worker that has claimed the job.
type Sealed struct {
	Sealed string `json:"sealed"`
}

// IsSealed reads an option that was sealed; false for any other.
func IsSealed(option json.RawMessage) (sealed string, ok bool) {
	var members map[string]any
	if json.Unmarshal(option, &members) != nil || len(members) != 1 {
		return "", false
	}
	sealed, ok = members["sealed"].(string)
	return sealed, ok
}

// forgetSealed drops the options that are sealed: a job that is completed is never
// converted again.
func (j *Job) forgetSealed() {
	var options map[string]json.RawMessage
	if json.Unmarshal(j.TaskOptions, &options) != nil {
		return
	}
	some := false
	for name, value := range options {
		if _, ok := IsSealed(value); ok {
			some = true
			delete(options, name)
		}
	}
	if !some {
		return
	}
	if raw, err := json.Marshal(options); err == nil {
		j.TaskOptions = raw
	}
}
