package transcript

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"morag/internal/chunk"
	"morag/internal/content"
)

// Bounds of a correction.
const (
	MaxChanges = 10_000
	maxText    = 20_000 // characters of a segment
	maxSpeaker = 200    // characters of a name
)

// ErrCorrection: a correction that cannot be made. The error that wraps it names the field.
var ErrCorrection = errors.New("bad correction")

// Correction is what people correct in a transcript.
type Correction struct {
	// Speakers gives speakers new names, by those that they have.
	Speakers map[string]string
	// Changes are made after that, one after the other.
	Changes []Change
}

// Change is what is to be different in one segment; what is nil stays.
type Change struct {
	Index         int
	Text, Speaker *string
}

// Corrected is a transcript after a correction.
type Corrected struct {
	Segments []content.Segment
	Text     string // of the whole document
	Changed  int    // segments that are different now
	Missing  int    // of these, whose old words the document's text does not have: there it stays
}

// Correct makes a correction in segments, and in the text of the document that they stand
// in. It changes nothing that the segments point to. The text that a segment had at first
// stays in its Original. [ErrCorrection].
func Correct(text string, segments []content.Segment, c Correction) (Corrected, error) {
	after, err := c.apply(segments)
	if err != nil {
		return Corrected{}, err
	}
	out := Corrected{Segments: after, Text: text}
	for i := range after {
		if after[i].Text != segments[i].Text || after[i].Speaker != segments[i].Speaker {
			out.Changed++
		}
	}
	if out.Changed == 0 {
		return out, nil
	}
	var b strings.Builder
	rest, found := 0, 0
	for _, at := range chunk.Find(text, segments) {
		was, is := segments[at.Segment], after[at.Segment]
		if was.Text == is.Text && was.Speaker == is.Speaker {
			continue
		}
		found++
		before, name := attributed(text[rest:at.From], was.Speaker, is.Speaker)
		b.WriteString(before + name + is.Text)
		rest = at.To
	}
	out.Missing = out.Changed - found
	out.Text = b.String() + text[rest:]
	return out, nil
}

// stamped is the end of a text that the time of a segment stands at.
var stamped = regexp.MustCompile(`\[\d{2,}:\d\d:\d\d\] $`)

// attributed takes from the text before a segment the name of its speaker, where it stands
// there, and gives the one that is to stand in its place: as converters write it, and after
// a time also where there was none.
func attributed(before, was, is string) (without, name string) {
	without, named := before, false
	if was != "" {
		without, named = strings.CutSuffix(before, was+": ")
	}
	if is != "" && (named || was == "" && stamped.MatchString(before)) {
		name = is + ": "
	}
	return without, name
}

// apply is a copy of the segments with the correction made.
func (c Correction) apply(segments []content.Segment) ([]content.Segment, error) {
	if len(c.Changes) > MaxChanges || len(c.Speakers) > MaxChanges {
		return nil, wrong("changes and speakers are at most %d each", MaxChanges)
	}
	after := slices.Clone(segments)
	if err := c.rename(after); err != nil {
		return nil, err
	}
	for _, change := range c.Changes {
		if change.Index < 0 || change.Index >= len(after) {
			return nil, wrong("changes: there is no segment %d, only %d of them counted from 0", change.Index, len(after))
		}
		if err := change.make(&after[change.Index]); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// rename gives the speakers of segments their new names.
func (c Correction) rename(segments []content.Segment) error {
	names := make(map[string]string, len(c.Speakers))
	for old, given := range c.Speakers {
		name, err := named(given)
		if err != nil {
			return err
		}
		if old == "" || !slices.ContainsFunc(segments, func(s content.Segment) bool { return s.Speaker == old }) {
			return wrong("speakers: nobody is called %.60q", old)
		}
		names[old] = name
	}
	for i, s := range segments {
		if name, ok := names[s.Speaker]; ok {
			segments[i].Speaker = name
		}
	}
	return nil
}

func (c Change) make(s *content.Segment) (err error) {
	if c.Speaker != nil {
		if s.Speaker, err = named(*c.Speaker); err != nil {
			return err
		}
	}
	if c.Text == nil {
		return nil
	}
	text := line(*c.Text)
	switch {
	case text == "":
		return wrong("changes: the text of segment %d is empty", c.Index)
	case utf8.RuneCountInString(text) > maxText:
		return wrong("changes: the text of segment %d has more than %d characters", c.Index, maxText)
	case text == s.Text:
		return nil
	case s.Original == "":
		s.Original = s.Text
	case s.Original == text: // as it was at first
		s.Original = ""
	}
	s.Text, s.Words = text, content.Reword(s.Words, text)
	return nil
}

// named is a name as it is kept, "" for nobody's.
func named(given string) (string, error) {
	name := line(given)
	if utf8.RuneCountInString(name) > maxSpeaker {
		return "", wrong("speaker: a name has at most %d characters", maxSpeaker)
	}
	return name, nil
}

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrection, fmt.Sprintf(format, args...))
}
