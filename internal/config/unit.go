package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Seconds is a length of time, written as a number of seconds or with a unit (90s,
// 5m, 1h, 7d). It is never negative and at most ten years.
type Seconds time.Duration

const longest = 10 * 365 * 24 * time.Hour

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Seconds) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		number, unit := string(text), time.Second
		if days, ok := strings.CutSuffix(number, "d"); ok {
			number, unit = days, 24*time.Hour
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > longest.Seconds()/unit.Seconds() {
			return fmt.Errorf("%q is no length of time: write seconds, or such as 90s, 5m, 12h or 7d", text)
		}
		d = time.Duration(n * float64(unit))
	}
	if d < 0 || d > longest {
		return fmt.Errorf("%q is not between 0 and ten years", text)
	}
	*s = Seconds(d)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (s Seconds) MarshalText() ([]byte, error) { return []byte(s.Duration().String()), nil }

// Duration is s as the standard library has it.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// Bytes is a size, written as a number of bytes or with a unit (64MiB, 5GiB, 10MB).
type Bytes int64

var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"TIB", 1 << 40},
	{"KB", 1000}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}, {"B", 1},
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) error {
	number, factor := strings.ToUpper(strings.TrimSpace(string(text))), int64(1)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(number, u.suffix); ok {
			number, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("%q is not a size such as 500MB or 5GiB", text)
	}
	*b = Bytes(n * factor)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(b), 10), nil }
