package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"morag/internal/openapi"
)

var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string
)

// docsPolicy lets a browser show the page and its own style, and nothing else: no script
// runs, and nothing is fetched.
var docsPolicy = func() string {
	sum := sha256.Sum256([]byte(docsCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// docsPage is what the page shows: the table of routes, told to people.
type docsPage struct {
	Style       template.CSS
	Version     string
	Conventions []string
	Groups      []docsGroup
	Types       []docsType
}

type docsGroup struct {
	Name, Text string
	Calls      []docsCall
}

// Anchor is where the group is found on the page.
func (g docsGroup) Anchor() string {
	return "group-" + strings.ReplaceAll(strings.ToLower(g.Name), " ", "-")
}

type docsCall struct {
	ID, Method, Path, Summary, Text, Access string
	Status                                  string // of the answer that is no refusal

	Params   []docsRow
	Bodies   []docsBody
	Answer   docsRow
	Gets     string
	Refusals []docsRefusal
	Curl     string
	Python   string
}

// docsBody is one content type that a call takes.
type docsBody struct {
	Media string
	Rows  []docsRow
	Type  docsKind // when it is one of the types below
	More  []docsKind
}

type docsRefusal struct {
	Status    int
	Sentences []string
}

type docsType struct {
	Name string
	Rows []docsRow
}

// docsRow is a parameter, a member or an answer.
type docsRow struct {
	Name, In, Text string
	Kind           docsKind
	Required       bool
}

// specifyDocs returns what makes the page when it is first asked for.
func (s *Server) specifyDocs() func() []byte {
	return sync.OnceValue(func() []byte {
		var page bytes.Buffer
		show := template.Must(template.New("docs").Parse(docsHTML))
		if err := show.Execute(&page, docsOf(s.Version, s.routes())); err != nil {
			panic(err) // of values of this package
		}
		return page.Bytes()
	})
}

func (s *Server) docs(w http.ResponseWriter, _ *http.Request, _ none) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", docsPolicy)
	_, _ = w.Write(s.docsPage()) // a caller that has left
	return nil
}

func docsOf(version string, routes []Route) docsPage {
	d := specification(version, routes)
	page := docsPage{Style: template.CSS(docsCSS), Version: version, Conventions: strings.Split(conventions, "\n\n")}
	for _, t := range tags {
		g := docsGroup{Name: t.name, Text: t.text}
		for _, r := range routes {
			if r.about.tag == t.name {
				g.Calls = append(g.Calls, r.docs(d.Paths[r.pattern()][strings.ToLower(r.Method)]))
			}
		}
		page.Groups = append(page.Groups, g)
	}
	for _, name := range sortedNames(d.Components.Schemas) {
		page.Types = append(page.Types, docsType{Name: name, Rows: rowsOf(d.Components.Schemas[name])})
	}
	return page
}

func sortedNames(schemas map[string]*openapi.Schema) (names []string) {
	for name := range schemas {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// docs is a row as the page shows it.
func (r Route) docs(op *openapi.Operation) docsCall {
	status := success(op)
	c := docsCall{
		Status: status, ID: op.ID, Method: r.Method, Path: r.pattern(), Summary: op.Summary, Text: r.about.text, Access: r.access.told(),
		Answer: answerRow(op.Responses[status]), Curl: r.curl(op), Python: r.python(op), Gets: indented(r.about.gets),
	}
	for _, p := range op.Parameters {
		row := docsRow{Name: p.Name, In: p.In, Required: p.Required, Text: p.Description, Kind: kindOf(p.Schema)}
		if note := p.Schema.Description; note != "" {
			row.Text += " (" + note + ")"
		}
		c.Params = append(c.Params, row)
	}
	if op.RequestBody != nil {
		for _, media := range []string{"multipart/form-data", "application/x-www-form-urlencoded", jsonMedia} {
			if m, ok := op.RequestBody.Content[media]; ok {
				c.addBody(bodyRows(media, m.Schema))
			}
		}
	}
	refusals := r.refusals()
	for status := 400; status < 600; status++ {
		sentences := slices.DeleteFunc(refusals[status], func(s string) bool { return slices.Contains(everywhere, s) })
		if len(sentences) > 0 {
			c.Refusals = append(c.Refusals, docsRefusal{status, slices.Compact(slices.Sorted(slices.Values(sentences)))})
		}
	}
	return c
}

// success is the status of an answer that is no refusal, the lowest.
func success(op *openapi.Operation) string {
	return slices.Min(slices.Collect(maps.Keys(op.Responses)))
}

// addBody tells once of what two content types hold alike.
func (c *docsCall) addBody(b docsBody) {
	if n := len(c.Bodies); n > 0 {
		last := &c.Bodies[n-1]
		if reflect.DeepEqual(docsBody{last.Media, b.Rows, b.Type, b.More}, *last) {
			last.Media += " or " + b.Media
			return
		}
	}
	c.Bodies = append(c.Bodies, b)
}

func answerRow(r *openapi.Response) docsRow {
	if m, ok := r.Content[jsonMedia]; ok && len(r.Content) == 1 {
		return docsRow{Kind: kindOf(m.Schema)}
	}
	if len(r.Content) > 0 {
		return docsRow{Text: strings.Join(slices.Sorted(maps.Keys(r.Content)), ", ")}
	}
	return docsRow{Text: r.Description}
}

func bodyRows(media string, s *openapi.Schema) docsBody {
	b := docsBody{Media: media}
	if s.Ref != "" {
		b.Type = kindOf(s)
		return b
	}
	b.Rows = rowsOf(s)
	for _, part := range s.AllOf {
		if part.Ref != "" {
			b.More = append(b.More, kindOf(part))
		} else {
			b.Rows = append(b.Rows, rowsOf(part)...)
		}
	}
	return b
}

func rowsOf(s *openapi.Schema) (rows []docsRow) {
	for _, name := range s.Order {
		member := s.Properties[name]
		text := cmp.Or(member.Description, meanings[name])
		if member.Default != nil {
			text = strings.TrimSpace(stopped(text) + " Without it " + plain(member.Default) + ".")
		}
		rows = append(rows, docsRow{Name: name, Kind: kindOf(member), Text: text, Required: slices.Contains(s.Required, name)})
	}
	return rows
}

// stopped ends a text with a full stop, if it says anything.
func stopped(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// told says who may call.
func (a access) told() string {
	switch {
	case a&open != 0:
		return "anybody"
	case a&token != 0:
		return a.whom() + ", or the token"
	}
	return a.whom()
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	}
	return indented(v)
}
