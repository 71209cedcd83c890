package config

import (
	"encoding/json"
	"fmt"
)

// Commands are the operator's own converters: a program and its arguments for each
// content type, written as a JSON object of lists. In a YAML file they may be written
// as YAML.
type Commands map[string][]string

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Commands) UnmarshalText(text []byte) error {
	var commands map[string][]string
	if err := json.Unmarshal(text, &commands); err != nil {
		return fmt.Errorf(`%.100q is not a program and its arguments for each content type, as {"dwg": ["dwg2md", "{input}"]}`, text)
	}
	*c = commands
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (c Commands) MarshalText() ([]byte, error) { return json.Marshal(map[string][]string(c)) }
