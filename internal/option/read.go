package option

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"morag/internal/extent"
)

// ErrWrong marks a value that an option cannot have. The error that wraps it is a
// sentence that names the option and never holds the value.
var ErrWrong = errors.New("wrong option")

type wrongError string

func (e wrongError) Error() string { return string(e) }
func (e wrongError) Unwrap() error { return ErrWrong }

func wrong(format string, args ...any) error { return wrongError(fmt.Sprintf(format, args...)) }

// Read reads the options among values, whose names are those of the table: any JSON
// value, or a text as a form has it. Other names are ignored. It tells the first thing
// that is wrong, in the order of the table. Chunking options are held to their bounds
// where they are used, which knows them all.
func Read(values map[string]any) (Options, error) {
	var o Options
	for _, r := range table {
		value := values[r.Name]
		if r.Name == "remote" && isOnly(value) {
			o.RemoteOnly, value = true, true
		}
		if err := r.read(&o, value); err != nil {
			return Options{}, err
		}
	}
	return o.tidy(), nil
}

// isOnly tells whether the option remote has its third value.
func isOnly(value any) bool {
	text, ok := value.(string)
	return ok && strings.EqualFold(strings.TrimSpace(text), "only")
}

// ReadLenient reads the options of some parts from a JSON object that has come by way of
// others: what is unknown, or of another type or size than it should be, is left unset.
func ReadLenient(raw json.RawMessage, parts ...Part) Options {
	var o Options
	var values map[string]any
	if json.Unmarshal(raw, &values) != nil {
		return o
	}
	for _, r := range table {
		if slices.Contains(parts, r.Part) {
			_ = r.read(&o, values[r.Name]) // what is wrong stays unset
		}
	}
	return o.tidy()
}

// tidy drops a webhook that has no address.
func (o Options) tidy() Options {
	if o.Webhook != nil && o.Webhook.URL == "" {
		o.Webhook = nil
	}
	return o
}

// read sets the row's field; nil is absent, and leaves it.
func (r *Row) read(o *Options, value any) error {
	if value == nil {
		return nil
	}
	switch r.Kind {
	case Text:
		text, ok := value.(string)
		if !ok {
			return wrong("%s must be a string", r.Name)
		}
		if err := r.checkText(text); err != nil {
			return err
		}
		r.at(o).SetString(text)
	case Flag:
		on, err := ParseFlag(r.Name, value)
		if err != nil {
			return err
		}
		r.at(o).SetBool(on != r.negated)
	case Number:
		n, err := r.number(value)
		if err != nil {
			return err
		}
		r.setNumber(o, n)
	case Object:
		object, err := r.object(value)
		if err != nil {
			return err
		}
		r.at(o).Set(reflect.ValueOf(object))
	}
	return nil
}

// at is the row's field of o.
func (r *Row) at(o *Options) reflect.Value {
	v := reflect.ValueOf(o).Elem()
	for _, i := range r.field {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

func (r *Row) checkText(text string) error {
	if text == "" || r.later {
		return nil
	}
	long := r.Max > 0 && len(text) > r.Max
	switch {
	case r.must != "" && (long || r.Pattern != nil && !r.Pattern.MatchString(text)):
		return wrong("%s must %s", r.Name, r.must)
	case long:
		return wrong("%s must not be longer than %d bytes", r.Name, r.Max)
	case r.Format == "header" && strings.ContainsFunc(text, unicode.IsControl):
		return wrong("%s must not hold control characters: it is sent as a header", r.Name)
	}
	return nil
}

// ParseFlag reads a boolean as JSON has it, or as forms spell it. The error wraps
// [ErrWrong].
func ParseFlag(name string, value any) (bool, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case float64:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1", "yes", "on":
			return true, nil
		case "false", "0", "no", "off":
			return false, nil
		}
	}
	return false, wrong("%s must be true or false", name)
}

func (r *Row) number(value any) (int, error) {
	n := math.NaN()
	switch v := value.(type) {
	case float64:
		n = v
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			n = f
		}
	}
	low, high := r.Min, r.Max
	if r.later {
		low, high = math.MinInt32, math.MaxInt32
	}
	if n != math.Trunc(n) || n < float64(low) || n > float64(high) {
		return 0, wrong("%s must be a whole number from %d to %d", r.Name, low, high)
	}
	return int(n), nil
}

// setNumber sets a number. A 0 that is out of bounds, which are held later, is kept as
// another number out of bounds: 0 is the default's place.
func (r *Row) setNumber(o *Options, n int) {
	v := r.at(o)
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.ValueOf(&n))
		return
	}
	if n == 0 && r.Min > 0 {
		n = -1
	}
	v.SetInt(int64(n))
}

// object is the value as JSON, with the members in order.
func (r *Row) object(value any) (json.RawMessage, error) {
	var object map[string]any
	switch v := value.(type) {
	case map[string]any:
		object = v
	case string:
		if json.Unmarshal([]byte(v), &object) != nil || object == nil {
			return nil, wrong("%s must be a JSON object", r.Name)
		}
	default:
		return nil, wrong("%s must be a JSON object", r.Name)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, wrong("%s must be a JSON object", r.Name)
	}
	if r.Max > 0 && len(raw) > r.Max {
		return nil, wrong("%s must not be larger than %d bytes", r.Name, r.Max)
	}
	switch values, depth := extent.Of(raw); {
	case depth > extent.MaxDepth:
		return nil, wrong("%s must not be nested deeper than %d levels", r.Name, extent.MaxDepth)
	case values > extent.MaxValues:
		return nil, wrong("%s must not hold more than %d values", r.Name, extent.MaxValues)
	case values == 0:
		return nil, nil
	}
	return raw, nil
}
