package dashboard

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// functions are what templates may call.
func (d *Dashboard) functions() template.FuncMap {
	return template.FuncMap{
		"asset":    d.assets.address,
		"ago":      func(t any) template.HTML { return ago(t, d.Now()) },
		"bytes":    size,
		"count":    thousands,
		"seconds":  func(s float64) string { return lasting(time.Duration(s * float64(time.Second))) },
		"hundred":  func(f float64) int { return int(f * 100) },
		"text":     text,
		"or_dash":  func(s any) string { return cmp.Or(text(s), "–") },
		"short":    short,
		"clock":    clock,
		"name":     documentName,
		"extent":   extent,
		"chart":    draw,
		"escape":   url.PathEscape,
		"sentence": sentence,
		"lower":    strings.ToLower,
		"state":    stateOf,
		"plural":   plural,
		"list":     func(all ...any) []any { return all },
		"dict":     dict,
	}
}

// dict makes arguments for a part: names and values by turns.
func dict(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return all
}

// text is a string that may be absent, as the API has it.
func text(s any) string {
	switch s := s.(type) {
	case nil:
		return ""
	case *string:
		if s == nil {
			return ""
		}
		return *s
	}
	return fmt.Sprint(s)
}

// ago tells a time as distance, with the exact one on hover.
func ago(t any, now time.Time) template.HTML {
	at, ok := t.(time.Time)
	if p, pointer := t.(*time.Time); pointer && p != nil {
		at, ok = *p, true
	}
	if !ok || at.IsZero() {
		return "–"
	}
	at = at.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, at.Format(time.RFC3339), at.Format("2006-01-02 15:04:05 UTC"), distance(at, now)))
}

func distance(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case d > -2*time.Second && d < 2*time.Second:
		return "now"
	case d < 0:
		return "in " + lasting(-d)
	}
	return lasting(d) + " ago"
}

// lasting tells a duration in its largest unit, and two of them where one says little.
func lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// clock tells a time within a recording.
func clock(s float64) string {
	t := max(int(s), 0)
	if t < 3600 {
		return fmt.Sprintf("%d:%02d", t/60, t%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", t/3600, t/60%60, t%60)
}

// size tells bytes as people read them.
func size(n any) string {
	var bytes float64
	switch n := n.(type) {
	case int64:
		bytes = float64(n)
	case int:
		bytes = float64(n)
	case *int64:
		if n == nil {
			return "–"
		}
		bytes = float64(*n)
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; bytes >= 1024 && i < len(units)-1; i++ {
		bytes /= 1024
	}
	if i == 0 || bytes >= 100 {
		return fmt.Sprintf("%.0f %s", bytes, units[i])
	}
	return fmt.Sprintf("%.1f %s", bytes, units[i])
}

// thousands sets thin spaces between groups of digits.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, r := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 && digits[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sentence begins as sentences do.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// short is the beginning of an id, by which people know it again.
func short(id string) string {
	if len(id) > 8 && strings.Count(id, "-") == 4 {
		return id[:8]
	}
	return id
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// state is what a status of a job or a task is to people, and its colour.
type state struct{ Word, Class string }

var states = map[string]state{
	"pending": {"waiting", "waiting"}, "PENDING": {"waiting", "waiting"},
	"processing": {"running", "running"}, "PROGRESS": {"running", "running"},
	"completed": {"done", "done"}, "SUCCESS": {"done", "done"},
	"failed": {"failed", "failed"}, "FAILURE": {"failed", "failed"},
	"timeout": {"timed out", "failed"}, "cancelled": {"cancelled", "off"}, "REVOKED": {"called off", "off"},
}

func stateOf(status string) state {
	if s, known := states[status]; known {
		return s
	}
	return state{status, "off"}
}
