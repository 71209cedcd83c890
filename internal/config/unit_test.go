package config_test

import (
	"testing"
	"time"

	"morag/internal/config"
)

func TestLengthsOfTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Second, "0.5": time.Second / 2, "90s": 90 * time.Second, "5m": 5 * time.Minute, "12h": 12 * time.Hour,
		"7d": 7 * 24 * time.Hour, "0.5d": 12 * time.Hour, "0": 0, "3650d": 3650 * 24 * time.Hour, "315360000": 3650 * 24 * time.Hour,
	} {
		var s config.Seconds
		if err := s.UnmarshalText([]byte(text)); err != nil || s.Duration() != want {
			t.Errorf("%s is %v, %v, want %v", text, s.Duration(), err, want)
		}
	}
	for _, text := range []string{"", "d", "7w", "soon", "-5", "-1d", "3651d", "315360001", "1e300", "NaN", "1e300d", "NaNd", "Infd"} {
		var s config.Seconds
		if err := s.UnmarshalText([]byte(text)); err == nil || s != 0 {
			t.Errorf("%s is %v", text, s.Duration())
		}
	}
}
