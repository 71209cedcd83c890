package config

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// TestEnginesCross: the settings of engines reach the processes that convert as they are.
func TestEnginesCross(t *testing.T) {
	t.Parallel()
	var want Engines
	for i, v := 0, reflect.ValueOf(&want).Elem(); i < v.NumField(); i++ {
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString("text, \"quoted\"\n")
		case bool:
			f.SetBool(true)
		case int, int64, Bytes:
			f.SetInt(3<<30 + int64(i))
		case Seconds:
			f.SetInt(int64(time.Hour) + int64(i))
		case []string:
			f.Set(reflect.ValueOf([]string{"a", "", "b"}))
		case Commands:
			f.Set(reflect.ValueOf(Commands{"dwg": {"dwg2md", "{input}"}, "x": {}}))
		default:
			t.Fatalf("a %s is not tried here", f.Type())
		}
	}
	for name, settings := range map[string]Engines{"all": want, "none": {}} {
		raw, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		var got Engines
		if err := json.Unmarshal(raw, &got); err != nil || !reflect.DeepEqual(got, settings) {
			t.Errorf("%s: %+v became %+v (%v)", name, settings, got, err)
		}
	}
}
