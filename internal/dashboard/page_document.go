package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/wire"
)

// maxSaid bounds the segments of a page, and the bytes of its text.
const (
	maxSaid      = 20_000
	maxShownText = 2 << 20
)

// documentPage is one document, as it is read and heard.
type documentPage struct {
	wire.Document
	Name  string
	API   string // its path
	Whose string // the query that names the owner, behind a path; "" for one's own
	Page  string // the path of the page

	PDF      bool   // that it was made of one, which is shown beside its text
	At       int    // the page of it that is shown first
	Media    string // audio, video or image, what a browser can play or show
	Said     []said
	Known    bool // that it is known what is said when
	Speakers []speaker
	Edit     int // the segment that is corrected, -1 for none
	Pages    []numbered
	Cut      bool // that not all of it is shown
	Pictures []int
	Facts    []fact
}

// Title implements titled.
func (d documentPage) Title() string { return d.Name }

// said is a segment as it is shown.
type said struct {
	wire.PlacedSegment
	Who   int // the number of its speaker, for a colour
	First bool
}

// Timed is when each word is said, for the page's player: [[start, end, word], …] as JSON,
// "" when that is not known.
func (s said) Timed() string {
	if len(s.Words) == 0 {
		return ""
	}
	list := make([][3]any, len(s.Words))
	for i, w := range s.Words {
		list[i] = [3]any{w.Start, w.End, w.Word}
	}
	raw, _ := json.Marshal(list) // numbers and texts
	return string(raw)
}

type speaker struct {
	Name string
	Who  int
}

type numbered struct {
	N    int
	Text string
}

type fact struct{ Name, Value string }

// colours is how many colours speakers have.
const colours = 6

// documentPath is where the API has the document that a page is about, and the query that
// names the owner where that is another.
func (v *visit) documentPath() (path, whose string) {
	return documentPath(v.PathValue("id"), v.FormValue("owner"))
}

func documentPath(id, owner string) (path, whose string) {
	if owner != "" {
		whose = "?" + url.Values{"owner": {owner}}.Encode()
	}
	return "/api/v1/documents/" + url.PathEscape(id), whose
}

func showDocument(v *visit) (any, error) {
	d := documentPage{Page: Root + "/library/" + url.PathEscape(v.PathValue("id")), Edit: -1}
	d.API, d.Whose = v.documentPath()
	if err := v.get(d.API+d.Whose, nil, &d.Document); err != nil {
		return nil, err
	}
	d.Name = documentName(d.Document)
	if n, err := strconv.Atoi(v.FormValue("edit")); err == nil {
		d.Edit = n
	}
	d.PDF, d.At = isPDF(d.Document), 1
	if n, err := strconv.Atoi(v.FormValue("page")); err == nil && n > 0 {
		d.At = n
	}
	if d.SourceRef != nil && slices.Contains([]string{content.Audio, content.Video, content.Image}, d.ContentType) {
		d.Media = d.ContentType
	}
	if n, ok := d.Metadata.Get("thumbnail_count").(float64); ok {
		for i := range min(int(n), 100) {
			d.Pictures = append(d.Pictures, i+1)
		}
	}
	d.Facts = facts(d.Metadata)
	if err := d.hear(v); err != nil {
		return nil, err
	}
	if !d.Known {
		return d, d.read(v)
	}
	return d, nil
}

// hear reads what is said, if that is known.
func (d *documentPage) hear(v *visit) error {
	for cursor := ""; ; {
		q := url.Values{"limit": {"1000"}, "owner": {v.FormValue("owner")}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page wire.Segments
		err := v.get(d.API+"/segments", q, &page)
		if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound && cursor == "" {
			return nil
		}
		if err != nil {
			return err
		}
		d.Known, d.Version = true, page.Version
		d.say(page.Segments)
		if cursor = text(page.NextCursor); cursor == "" {
			return nil
		}
		if len(d.Said) >= maxSaid {
			d.Cut = true
			return nil
		}
	}
}

func (d *documentPage) say(segments []wire.PlacedSegment) {
	for _, s := range segments {
		who := 0
		if s.Speaker != "" {
			at := slices.IndexFunc(d.Speakers, func(k speaker) bool { return k.Name == s.Speaker })
			if at < 0 {
				at = len(d.Speakers)
				d.Speakers = append(d.Speakers, speaker{s.Speaker, 1 + at%colours})
			}
			who = d.Speakers[at].Who
		}
		first := len(d.Said) == 0 || d.Said[len(d.Said)-1].Speaker != s.Speaker
		d.Said = append(d.Said, said{s, who, first})
	}
}

// read reads the text, page by page.
func (d *documentPage) read(v *visit) error {
	answer, err := v.ask(http.MethodGet, d.API+"/content"+d.Whose, http.NoBody, nil)
	if err != nil {
		return err
	}
	if answer.status != http.StatusOK {
		return &Refusal{Status: answer.status, Detail: "the text cannot be read"}
	}
	body := answer.body.String()
	if len(body) > maxShownText {
		body, d.Cut = strings.ToValidUTF8(body[:maxShownText], ""), true
	}
	for i, page := range strings.Split(body, content.PageBreak) {
		d.Pages = append(d.Pages, numbered{i + 1, strings.Trim(page, "\n")})
	}
	return nil
}

// facts are metadata as people read them.
func facts(metadata wire.Object) (all []fact) {
	var members map[string]any
	if json.Unmarshal(metadata, &members) != nil {
		return nil
	}
	for name, value := range members {
		shown := fmt.Sprint(value)
		switch v := value.(type) {
		case []any:
			parts := make([]string, len(v))
			for i, one := range v {
				parts[i] = fmt.Sprint(one)
			}
			shown = strings.Join(parts, ", ")
		case float64:
			shown = strconv.FormatFloat(v, 'f', -1, 64)
		}
		if shown != "" {
			all = append(all, fact{strings.ReplaceAll(name, "_", " "), shown})
		}
	}
	slices.SortFunc(all, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// correctDocument changes the text of a segment and who says it, or the names of speakers.
func correctDocument(v *visit) (outcome, error) {
	var change wire.Correction
	if index := v.FormValue("index"); index != "" {
		n, err := strconv.Atoi(index)
		if err != nil {
			return outcome{}, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "index is no number"}
		}
		words, name := v.FormValue("text"), v.FormValue("speaker")
		change.Changes = []wire.SegmentChange{{Index: n, Text: &words, Speaker: &name}}
	}
	for i, old := range v.Form["old"] {
		if i < len(v.Form["new"]) && v.Form["new"][i] != "" && v.Form["new"][i] != old {
			if change.Speakers == nil {
				change.Speakers = map[string]string{}
			}
			change.Speakers[old] = v.Form["new"][i]
		}
	}
	to := v.FormValue("back")
	if change.Changes == nil && change.Speakers == nil {
		return outcome{said: "Nothing was changed.", to: to}, nil
	}
	var done wire.Corrected
	path, whose := v.documentPath()
	if err := v.correct(path+"/segments"+whose, v.FormValue("version"), change, &done); err != nil {
		return outcome{}, err
	}
	sentence := "Corrected: " + plural(done.Changed, "segment", "segments") + ". It is found so from now on."
	if len(done.Warnings) > 0 {
		sentence += " " + done.Warnings[0]
	}
	return outcome{said: sentence, to: to}, nil
}

// deleteDocument deletes one.
func deleteDocument(v *visit) (outcome, error) {
	path, whose := v.documentPath()
	return outcome{said: "The document was deleted, with its source.", to: Root + "/library"}, v.remove(path + whose)
}
