package web

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// product is the word by which a robots.txt addresses this program.
const product = "MoRAG"

// Bounds of one robots.txt: what RFC 9309 asks a crawler to read at least (section
// 2.5), and far more rules than sites have.
const (
	maxRobots     = 500 << 10
	maxRules      = 10_000
	maxWildcards  = 32
	maxRuleLength = 2048
)

// rule is one line "Allow: /path" or "Disallow: /path".
type rule struct {
	pattern string // normalised; "*" is any characters, "$" at the end is the end
	allow   bool
}

// rules are what a robots.txt says to this program, the most specific first.
type rules []rule

// parseRobots reads the groups of RFC 9309 that name the product, or else those for
// all ("*"). Lines that are not understood are passed over.
func parseRobots(text []byte) rules {
	var own, all rules
	addressed := false // some group names the product
	isOwn, isAll, inRules := false, false, false
	for line := range bytes.Lines(text[:min(len(text), maxRobots)]) {
		before, _, _ := strings.Cut(string(bytes.TrimPrefix(line, []byte("\ufeff"))), "#")
		key, value, found := strings.Cut(before, ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		switch key = strings.ToLower(strings.TrimSpace(key)); key {
		case "user-agent":
			if inRules {
				isOwn, isAll, inRules = false, false, false
			}
			isOwn = isOwn || strings.EqualFold(productOf(value), product)
			isAll = isAll || value == "*"
			addressed = addressed || isOwn
		case "allow", "disallow":
			inRules = true
			r := rule{pattern: normalize(value), allow: key == "allow"}
			if value == "" || len(value) > maxRuleLength || strings.Count(value, "*") > maxWildcards {
				continue
			}
			if isOwn && len(own) < maxRules {
				own = append(own, r)
			}
			if isAll && len(all) < maxRules {
				all = append(all, r)
			}
		}
	}
	if !addressed {
		own = all
	}
	slices.SortStableFunc(own, func(a, b rule) int {
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), cmp.Compare(order(a), order(b)))
	})
	return own
}

// order has the rule that allows win among rules of the same length.
func order(r rule) int {
	if r.allow {
		return 0
	}
	return 1
}

// productOf is the name in front of a version: "MoRAG/1.0" addresses MoRAG.
func productOf(value string) string {
	end := strings.IndexFunc(value, func(r rune) bool {
		return r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		return value
	}
	return value[:end]
}

// allow tells whether the page may be fetched: the longest rule that matches decides.
func (rs rules) allow(page *url.URL) bool {
	path := cmp.Or(page.EscapedPath(), "/")
	if page.RawQuery != "" {
		path += "?" + page.RawQuery
	}
	path = normalize(path)
	for _, r := range rs {
		if matches(r.pattern, path) {
			return r.allow
		}
	}
	return true
}

// matches compares from the beginning of the path. Each piece between the stars is
// taken where it is found first, which finds a match if there is one.
func matches(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	pieces := strings.Split(pattern, "*")
	rest, found := strings.CutPrefix(path, pieces[0])
	if !found {
		return false
	}
	if len(pieces) == 1 {
		return !toEnd || rest == ""
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		if _, rest, found = strings.Cut(rest, piece); !found {
			return false
		}
	}
	if toEnd {
		return strings.HasSuffix(rest, pieces[last])
	}
	return strings.Contains(rest, pieces[last])
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// normalize spells a path or pattern in the one way that is compared: what needs no
// escape has none, everything beyond ASCII has one (RFC 9309, section 2.2.2).
func normalize(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if raw, err := url.PathUnescape(path[i : i+3]); err == nil {
				i += 2
				c = raw[0]
				if strings.IndexByte(unreserved, c) >= 0 {
					b.WriteByte(c)
					continue
				}
				b.Write([]byte{'%', hex[c>>4], hex[c&15]})
				continue
			}
		}
		if c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
