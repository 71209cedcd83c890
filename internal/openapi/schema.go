package openapi

import "strings"

// Schema is a JSON schema (draft 2020-12), as far as it is used here.
type Schema struct {
	Ref         string  `json:"$ref,omitempty"`
	Type        Types   `json:"type,omitempty"`
	Format      string  `json:"format,omitempty"`
	Description string  `json:"description,omitempty"`
	Enum        []any   `json:"enum,omitempty"`
	Const       any     `json:"const,omitempty"`
	Default     any     `json:"default,omitempty"`
	Minimum     *int    `json:"minimum,omitempty"`
	Maximum     *int    `json:"maximum,omitempty"`
	MinLength   *int    `json:"minLength,omitempty"`
	MaxLength   *int    `json:"maxLength,omitempty"`
	Pattern     string  `json:"pattern,omitempty"`
	Items       *Schema `json:"items,omitempty"`
	MinItems    *int    `json:"minItems,omitempty"`
	MaxItems    *int    `json:"maxItems,omitempty"`
	// ContentMediaType is what a string holds.
	ContentMediaType string             `json:"contentMediaType,omitempty"`
	Properties       map[string]*Schema `json:"properties,omitempty"`
	Required         []string           `json:"required,omitempty"`
	// AdditionalProperties is what the values of a map are.
	AdditionalProperties *Schema   `json:"additionalProperties,omitempty"`
	AnyOf                []*Schema `json:"anyOf,omitempty"`
	AllOf                []*Schema `json:"allOf,omitempty"`
	Examples             []any     `json:"examples,omitempty"`

	// Order are the names of Properties as the type has them.
	Order []string `json:"-"`
}

// Types are the JSON types that a value may have: one is written as a string.
type Types []string

// MarshalJSON implements json.Marshaler.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return []byte(`"` + t[0] + `"`), nil
	}
	return []byte(`["` + strings.Join(t, `","`) + `"]`), nil
}

// refPrefix is where the schemas lie that are referred to.
const refPrefix = "#/components/schemas/"

// Name is the name of the schema that s refers to, "" when it refers to none.
func (s *Schema) Name() string { return strings.TrimPrefix(s.Ref, refPrefix) }

// Ref refers to the schema of that name.
func Ref(name string) *Schema { return &Schema{Ref: refPrefix + name} }

// Nullable is s or null.
func Nullable(s *Schema) *Schema {
	if len(s.Type) > 0 {
		c := *s
		c.Type = append(append(Types{}, s.Type...), "null")
		if c.Enum != nil {
			c.Enum = append(append([]any{}, s.Enum...), nil)
		}
		return &c
	}
	c := &Schema{Description: s.Description}
	if s.AnyOf != nil {
		c.AnyOf = append(append([]*Schema{}, s.AnyOf...), &Schema{Type: Types{"null"}})
		return c
	}
	plain := *s
	plain.Description = ""
	c.AnyOf = []*Schema{&plain, {Type: Types{"null"}}}
	return c
}
