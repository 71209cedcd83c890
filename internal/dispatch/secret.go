package dispatch

import (
	"encoding/json"
	"fmt"

	"morag/internal/job"
	"morag/internal/option"
)

// Sealer makes secrets unreadable for whoever reads the store of the jobs. What is sealed
// is opened for the same purpose alone. It is safe for concurrent use.
type Sealer interface {
	Seal(plain, purpose string) (sealed string)
	Open(sealed, purpose string) (plain string, err error)
}

// seal makes the secrets among a job's options unreadable.
func (s *Service) seal(spec *job.Spec) error {
	return s.rewrite(&spec.TaskOptions, func(name string, value json.RawMessage) (any, bool) {
		var plain string
		if json.Unmarshal(value, &plain) != nil || plain == "" {
			return nil, false
		}
		return job.Sealed{Sealed: s.sealer.Seal(plain, sealedFor(spec.ID, name))}, true
	})
}

// Options are what a job's worker is told, its secrets among them. One that cannot be
// opened any more stays as it is.
func (s *Service) Options(j *job.Job) json.RawMessage {
	raw := j.TaskOptions
	_ = s.rewrite(&raw, func(name string, value json.RawMessage) (any, bool) {
		sealed, ok := job.IsSealed(value)
		if !ok {
			return nil, false
		}
		plain, err := s.sealer.Open(sealed, sealedFor(j.ID, name))
		return plain, err == nil
	})
	return raw
}

func sealedFor(id, name string) string { return fmt.Sprintf("job %s %s", id, name) }

// rewrite gives the options that are secrets other values; without one it leaves all as
// it is, to the byte.
func (s *Service) rewrite(raw *json.RawMessage, other func(name string, value json.RawMessage) (any, bool)) error {
	var options map[string]json.RawMessage
	if s.sealer == nil || len(*raw) == 0 || json.Unmarshal(*raw, &options) != nil {
		return nil
	}
	some := false
	for _, r := range secrets {
		value, there := options[r.Name]
		if !there {
			continue
		}
		if changed, ok := other(r.Name, value); ok {
			encoded, err := json.Marshal(changed)
			if err != nil {
				return err
			}
			options[r.Name], some = encoded, true
		}
	}
	if !some {
		return nil
	}
	encoded, err := json.Marshal(options)
	*raw = encoded
	return err
}

// secrets are the options that nobody is shown.
var secrets = secretRows()

func secretRows() (rows []option.Row) {
	for _, r := range option.Rows() {
		if r.Secret {
			rows = append(rows, r)
		}
	}
	return rows
}
