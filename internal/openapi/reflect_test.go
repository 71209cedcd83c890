package openapi_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"morag/internal/openapi"
)

type inner struct {
	Name string `json:"name" enum:"a b" doc:"one of two"`
}

type outer struct {
	inner
	Count  int              `json:"count" min:"0" max:"9" default:"3"`
	Share  *float64         `json:"share"`
	Maybe  *int             `json:"maybe,omitempty"`
	At     *time.Time       `json:"at"`
	Part   *inner           `json:"part" doc:"or none"`
	Parts  []inner          `json:"parts" max:"2"`
	ByName map[string]inner `json:"by_name"`
	Raw    json.RawMessage  `json:"raw" schema:"inner null"`
	Any    map[string]any   `json:"any,omitempty"`
	hidden int
}

func TestSchemasAreWhatJSONWrites(t *testing.T) {
	t.Parallel()
	_ = outer{}.hidden
	var s openapi.Schemas
	if ref := s.Of(reflect.TypeFor[outer]()); ref.Name() != "outer" {
		t.Errorf("a named struct is %+v, want a reference", ref)
	}
	got, err := json.MarshalIndent(s.All(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "inner": {
  "type": "object",
  "properties": {
   "name": {
    "type": "string",
    "description": "one of two",
    "enum": [
     "a",
     "b"
    ]
   }
  },
  "required": [
   "name"
  ]
 },
 "outer": {
  "type": "object",
  "properties": {
   "any": {
    "type": "object",
    "additionalProperties": {}
   },
   "at": {
    "type": [
     "string",
     "null"
    ],
    "format": "date-time"
   },
   "by_name": {
    "type": "object",
    "additionalProperties": {
     "$ref": "#/components/schemas/inner"
    }
   },
   "count": {
    "type": "integer",
    "default": 3,
    "minimum": 0,
    "maximum": 9
   },
   "maybe": {
    "type": "integer"
   },
   "name": {
    "type": "string",
    "description": "one of two",
    "enum": [
     "a",
     "b"
    ]
   },
   "part": {
    "description": "or none",
    "anyOf": [
     {
      "$ref": "#/components/schemas/inner"
     },
     {
      "type": "null"
     }
    ]
   },
   "parts": {
    "type": "array",
    "items": {
     "$ref": "#/components/schemas/inner"
    },
    "maxItems": 2
   },
   "raw": {
    "anyOf": [
     {
      "$ref": "#/components/schemas/inner"
     },
     {
      "type": "null"
     }
    ]
   },
   "share": {
    "type": [
     "number",
     "null"
    ]
   }
  },
  "required": [
   "name",
   "count",
   "share",
   "at",
   "part",
   "parts",
   "by_name",
   "raw"
  ]
 }
}`
	if string(got) != want {
		t.Errorf("the schemas are\n%s", got)
	}
}

// What has no schema is a mistake of the program, told at once.
func TestNoSchema(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a channel has a schema")
		}
	}()
	(&openapi.Schemas{}).Of(reflect.TypeFor[chan int]())
}
