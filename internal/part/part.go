// Package part is the plan by which a long source is converted in parts: which parts there
// are, the job that each is converted by, and how that ended. It is a piece of the record
// of a task, and pure.
package part

import (
	"fmt"
	"math"
	"slices"
)

// SampleRate is how many samples a second the pieces of a recording have.
const SampleRate = 16_000

// Plan is how a source is cut. Every unit of it, a sample or a page, belongs to one part.
type Plan struct {
	// ContentType is that of the pieces.
	ContentType string `json:"content_type"`
	// Suffix is how the names of the pieces end.
	Suffix string `json:"suffix"`
	// Rate is how many units a second has; 0 when they are pages.
	Rate int `json:"rate,omitempty"`
	// Metadata is what the whole source says of itself.
	Metadata map[string]any `json:"metadata,omitempty"`
	// Warnings are of the cutting.
	Warnings []string `json:"warnings,omitempty"`
	// Parts are in the order of the source.
	Parts []Part `json:"parts"`
}

// Part is one part of a source.
type Part struct {
	// From and To, which is the first of the next, are the units that belong to it.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// HasFrom and HasTo are those that are in its piece: more where the cut may have gone
	// through a word.
	HasFrom int64 `json:"has_from"`
	HasTo   int64 `json:"has_to"`
	// Ref is the blob that is its piece, a file of its own.
	Ref    string `json:"ref"`
	SHA256 string `json:"sha256,omitempty"`
	// JobID is the job that converts it. It does not change, but see Former.
	JobID string `json:"job_id"`
	// Language is the one that it is to be converted in, "" for what the task says.
	Language string `json:"language,omitempty"`
	// Former is the job that has converted it before it was given Language, "" for none.
	Former string `json:"former,omitempty"`
	// Ended is how the job ended, as a status of jobs, "" before that.
	Ended string `json:"ended,omitempty"`
	// Worker is who has brought the result, or had it last.
	Worker string `json:"worker,omitempty"`
	// GaveUp is why there is no result.
	GaveUp string `json:"gave_up,omitempty"`
	// Kept is the blob with the text that the server has made of the part itself.
	Kept string `json:"kept,omitempty"`
	// Failed is why the server could not either: the part is missing.
	Failed string `json:"failed,omitempty"`
}

// Over tells whether the part's job has ended.
func (p Part) Over() bool { return p.Ended != "" }

// Done tells whether the part's job has brought its result.
func (p Part) Done() bool { return p.Ended != "" && p.GaveUp == "" }

// Again has another job convert a part, in a language. The result that it has is kept.
func (p *Part) Again(jobID, language string) {
	p.Former, p.JobID, p.Language = p.JobID, jobID, language
	p.Reopen()
}

// Reopen has a part wait for its job once more.
func (p *Part) Reopen() { p.Ended, p.Worker, p.GaveUp = "", "", "" }

// Length is how many units belong to the part.
func (p Part) Length() int64 { return p.To - p.From }

// Clone copies p so that a change of one copy's parts does not show in the other. The
// metadata is shared.
func (p *Plan) Clone() *Plan {
	if p == nil {
		return nil
	}
	c := *p
	c.Parts = slices.Clone(p.Parts)
	return &c
}

// Index is the place of the part whose job that is, -1 when there is none.
func (p *Plan) Index(jobID string) int {
	return slices.IndexFunc(p.Parts, func(part Part) bool { return part.JobID == jobID })
}

// Of is the part whose job that is, nil when there is none.
func (p *Plan) Of(jobID string) *Part {
	if i := p.Index(jobID); i >= 0 {
		return &p.Parts[i]
	}
	return nil
}

// Open are the jobs that have not ended, in the order of their parts.
func (p *Plan) Open() []string {
	var open []string
	for _, part := range p.Parts {
		if !part.Over() {
			open = append(open, part.JobID)
		}
	}
	return open
}

// AnyDone tells whether a job has brought its result.
func (p *Plan) AnyDone() bool { return slices.ContainsFunc(p.Parts, Part.Done) }

// Refs are the blobs that the parts use.
func (p *Plan) Refs() []string {
	if p == nil {
		return nil
	}
	var refs []string
	for _, part := range p.Parts {
		for _, ref := range []string{part.Ref, part.Kept} {
			if ref != "" {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// Place is a place of the source as clients are told it: seconds, or the number of a page
// that ends there.
func (p *Plan) Place(unit int64) float64 {
	if p.Rate == 0 {
		return float64(unit)
	}
	return math.Round(float64(unit)/float64(p.Rate)*1000) / 1000
}

// Start is where a part begins, as [Plan.Place] and, of pages, the number of its first.
func (p *Plan) Start(part Part) float64 {
	if p.Rate == 0 {
		return float64(part.From + 1)
	}
	return p.Place(part.From)
}

// Range names where a part lies: "00:10:00–00:20:00", or "pages 51–100".
func (p *Plan) Range(part Part) string {
	if p.Rate == 0 {
		return fmt.Sprintf("pages %d–%d", part.From+1, part.To)
	}
	return clock(part.From/int64(p.Rate)) + "–" + clock(part.To/int64(p.Rate))
}

func clock(seconds int64) string {
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// Validate refuses a plan of which something of the source, or of a piece, would be missing
// or be there twice.
func (p *Plan) Validate() error {
	at := int64(0)
	for i, part := range p.Parts {
		if part.From != at || part.To <= part.From || part.HasFrom > part.From || part.HasTo < part.To || part.HasFrom < 0 {
			return fmt.Errorf("part %d has %d to %d of %d to %d", i, part.HasFrom, part.HasTo, part.From, part.To)
		}
		at = part.To
	}
	if len(p.Parts) < 2 {
		return fmt.Errorf("a plan of %d parts", len(p.Parts))
	}
	return nil
}
