package jail

import (
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
)

// hello is the first thing that a child is told.
type hello struct {
	// Settings are what the program makes its converters of.
	Settings []byte `json:"settings"`
	// Folder is the child's own, with its sources and its scratch.
	Folder string `json:"folder"`
	Walls  walls  `json:"walls"`
}

// walls are what a child puts around itself before it reads anything foreign.
type walls struct {
	// Read are paths that it may read besides those of the system and its sources.
	Read []string `json:"read,omitempty"`
	// Loopback is whether its network is one of its own, in which it may call itself.
	Loopback bool `json:"loopback,omitempty"`
	// Network is whether it may open sockets.
	Network bool `json:"network,omitempty"`
	// Without are walls that are left out.
	Without Wall  `json:"without,omitempty"`
	Memory  int64 `json:"memory"`
	MaxFile int64 `json:"max_file"`
}

// ready is a child's first word.
type ready struct {
	Files    string `json:"files"`    // how its files are bounded, "" for not at all
	Calls    string `json:"calls"`    // the same of system calls
	Loopback string `json:"loopback"` // why it cannot call itself
}

// job is one conversion.
type job struct {
	Source  content.Source  `json:"source"`
	Options convert.Options `json:"options"`
}

// step is how far it is.
type step struct {
	Done    float64 `json:"done"`
	Message string  `json:"message"`
}

// found is what the child has fetched and is going to convert: it may take the time of
// that.
type found struct {
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// answer gathers the frames of one job.
type answer struct {
	text strings.Builder
	doc  *content.Document
	err  error
}

// take looks at the next frame; it is done with the last one of a job.
func (a *answer) take(kind byte, body []byte, s Sentinels, progress convert.Progress, more func(found)) (done bool, err error) {
	switch kind {
	case kindProgress:
		var p step
		if err := unpack(kind, body, &p); err != nil {
			return false, err
		}
		progress(p.Done, p.Message)
	case kindFound:
		var f found
		if err := unpack(kind, body, &f); err != nil {
			return false, err
		}
		more(f)
	case kindText:
		if a.text.Len()+len(body) > maxText {
			return false, fmt.Errorf("%w: a text of more than %d bytes", errProtocol, maxText)
		}
		a.text.Write(body)
	case kindDocument:
		var doc content.Document
		if err := unpack(kind, body, &doc); err != nil {
			return false, err
		}
		doc.Content = a.text.String()
		a.doc = &doc
		return true, nil
	case kindError:
		var f failure
		if err := unpack(kind, body, &f); err != nil {
			return false, err
		}
		a.err = f.error(s)
		return true, nil
	default:
		return false, fmt.Errorf("%w: a frame %q within a job", errProtocol, kind)
	}
	return false, nil
}
