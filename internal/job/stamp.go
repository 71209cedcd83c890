package job

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Stamp is t as a record keeps it: UTC, whole microseconds, no monotonic reading.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// stamp is a time in JSON: written as RFC 3339 in UTC with at most microseconds,
// read with or without a zone (none means UTC) and fraction.
type stamp time.Time

func stampOf(t time.Time) *stamp {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

func (s *stamp) time() time.Time {
	if s == nil {
		return time.Time{}
	}
	return Stamp(time.Time(*s))
}

// latest is the last moment that RFC 3339 can write. A deadline that is reckoned from
// a time without sense in a foreign record may lie beyond.
var latest = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)

// MarshalJSON implements json.Marshaler.
func (s stamp) MarshalJSON() ([]byte, error) {
	t := Stamp(time.Time(s))
	if t.After(latest) {
		t = latest
	}
	return []byte(t.Format(`"2006-01-02T15:04:05.999999Z"`)), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *stamp) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		t, err := time.Parse(layout, strings.Replace(text, " ", "T", 1))
		if err != nil {
			continue
		}
		if year := t.UTC().Year(); year < 1 || year > latest.Year() {
			break
		}
		*s = stamp(t)
		return nil
	}
	return fmt.Errorf("%.40q is not a time as RFC 3339 has it", text)
}
