package web

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxFact is the longest title, name or description kept, in runes.
const maxFact = 1000

// facts are what a page says of itself.
type facts struct {
	title, author, site, description, language, canonical, engine string
	published                                                     time.Time
	heading                                                       string // the only h1
	headings                                                      int
}

// readFacts reads what readability does not.
func readFacts(page *html.Node, base *url.URL) *facts {
	f := &facts{}
	for n := range page.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.DataAtom == atom.Html:
			f.language = oneLine(attr(n, "lang"))
		case n.DataAtom == atom.Title && f.title == "" && n.Namespace == "":
			f.title = oneLine(textOf(n))
		case n.DataAtom == atom.H1:
			if f.headings++; f.headings == 1 {
				f.heading = oneLine(textOf(n))
			}
		case n.DataAtom == atom.Link && strings.EqualFold(attr(n, "rel"), "canonical"):
			if u, err := base.Parse(strings.TrimSpace(attr(n, "href"))); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
				f.canonical = u.String()
			}
		case n.DataAtom == atom.Meta:
			f.readMeta(strings.ToLower(cmp.Or(attr(n, "property"), attr(n, "name"))), attr(n, "content"))
		}
	}
	return f
}

func (f *facts) readMeta(name, value string) {
	switch name {
	case "og:site_name", "application-name":
		f.site = cmp.Or(f.site, oneLine(value))
	case "description", "og:description":
		f.description = cmp.Or(f.description, oneLine(value))
	case "author", "article:author":
		if !strings.HasPrefix(value, "http") {
			f.author = cmp.Or(f.author, oneLine(value))
		}
	case "article:published_time", "dcterms.created", "dcterms.date", "dc.date", "date":
		if t, ok := parseTime(value); ok && f.published.IsZero() {
			f.published = t
		}
	}
}

// addArticle prefers what readability has found: it reads JSON-LD too, and knows a
// by-line when it sees one.
func (f *facts) addArticle(a readability.Article) {
	f.author = cmp.Or(oneLine(a.Byline()), f.author)
	f.site = cmp.Or(oneLine(a.SiteName()), f.site)
	f.language = cmp.Or(oneLine(a.Language()), f.language)
	if t, err := publishedTime(a); err == nil {
		f.published = t
	}
	f.title = cmp.Or(oneLine(a.Title()), f.title)
	// A title goes on with the name of the site, and its sections; the one heading does
	// not.
	if f.headings == 1 && f.heading != "" && (f.title == "" || strings.HasPrefix(strings.ToLower(f.title), strings.ToLower(f.heading))) {
		f.title = f.heading
	}
}

// publishedTime guards against the parser of dates, which takes any spelling.
func publishedTime(a readability.Article) (t time.Time, err error) {
	defer func() {
		if recover() != nil {
			err = readability.ErrTimestampMissing
		}
	}()
	t, err = a.PublishedTime()
	if err == nil && (t.Year() < 1970 || t.Year() > 9999) {
		err = readability.ErrTimestampMissing
	}
	return t, err
}

// fill sets what is known.
func (f *facts) fill(meta map[string]any) {
	for key, value := range map[string]string{
		"title": f.title, "author": f.author, "site": f.site, "description": f.description,
		"language": f.language, "canonical_url": f.canonical, "engine": f.engine,
	} {
		if value != "" {
			meta[key] = value
		}
	}
	if !f.published.IsZero() {
		published := f.published.UTC().Format(time.RFC3339)
		meta["published"], meta["created"] = published, published
	}
}

var (
	heading = regexp.MustCompile(`^#{1,2} +(.*?) *#*$`)
	linked  = regexp.MustCompile(`!?\[([^\[\]]*)\]\([^()]*\)`)
	// What stands between a title and the name of the site.
	siteName = regexp.MustCompile(`^\s*[|–—\-:·•»>/]`)
)

// withTitle puts the title over the text as its heading, and returns both. A page with
// one heading of the first level keeps that as it is. A title that is there as the first
// heading, and may go on with the name of the site, is not written twice.
func withTitle(text, title string) (string, string) {
	first := topHeadings(text)
	if title == "" || len(first) == 1 || slices.ContainsFunc(first, func(h string) bool { return same(h, title) }) {
		return text, title
	}
	line, rest, _ := strings.Cut(text, "\n")
	if found := heading.FindStringSubmatch(line); found != nil {
		own := strings.TrimSpace(strings.TrimSuffix(linked.ReplaceAllString(found[1], "$1"), "#"))
		suffix, isPart := strings.CutPrefix(title, own)
		if own != "" && (same(own, title) || isPart && siteName.MatchString(suffix)) {
			return "# " + own + "\n" + rest, own
		}
	}
	return "# " + escape(title) + "\n\n" + text, title
}

// topHeadings lists the headings of the first level.
func topHeadings(text string) []string {
	var found []string
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if h, ok := strings.CutPrefix(line, "# "); ok && !fenced {
			found = append(found, linked.ReplaceAllString(h, "$1"))
		}
	}
	return found
}

// same compares by letters and digits.
func same(a, b string) bool {
	bare := func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}
	return strings.Map(bare, a) == strings.Map(bare, b)
}

var escape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, "`", "\\`", `[`, `\[`, `]`, `\]`, `<`, `\<`).Replace

func parseTime(value string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// oneLine cleans text that comes from a page.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxFact {
		s = strings.TrimSpace(string(runes[:maxFact])) + "…"
	}
	return s
}
