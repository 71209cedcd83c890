package option

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// Values are the options that are set, by their names in the table, as JSON has them.
func (o Options) Values() map[string]any {
	return o.values(func(*Row) bool { return true })
}

// Travelling are those that a worker is told of.
func (c Conversion) Travelling() map[string]any {
	return Options{Conversion: c}.values((*Row).Travels)
}

func (o Options) values(wanted func(*Row) bool) map[string]any {
	all := map[string]any{}
	for _, r := range table {
		if value := r.value(&o); value != nil && wanted(&r) {
			all[r.Name] = value
		}
	}
	return all
}

// Field is a name and its value in a form.
type Field struct{ Name, Value string }

// Fields are the options that are set, as a form has them, in the order of the table.
func (o Options) Fields() ([]Field, error) {
	var all []Field
	for _, r := range table {
		switch value := r.value(&o).(type) {
		case nil:
		case string:
			all = append(all, Field{r.Name, value})
		case bool:
			all = append(all, Field{r.Name, strconv.FormatBool(value)})
		case int:
			all = append(all, Field{r.Name, strconv.Itoa(value)})
		default:
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
			all = append(all, Field{r.Name, string(raw)})
		}
	}
	return all, nil
}

// value is the option's value, nil when it is not set.
func (r *Row) value(o *Options) any {
	v, err := reflect.ValueOf(o).Elem().FieldByIndexErr(r.field)
	if err != nil || v.IsZero() { // of a webhook that is not there, or unset
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch r.Kind {
	case Flag:
		return v.Bool() != r.negated
	case Number:
		return int(v.Int())
	case Text:
		return v.String()
	}
	if v.Len() == 0 {
		return nil
	}
	return v.Interface()
}
