package layout

import (
	"math"
	"slices"
	"unicode/utf8"
)

// style is what most of a document looks like.
type style struct {
	body    float64         // size of its letters
	bold    bool            // most of it is bold
	leading float64         // from line to line, in sizes of the letters
	words   map[string]bool // in small letters, those at the ends of lines left out
}

// bodySize is the size of most letters.
func bodySize(sheets []*sheet) float64 {
	letters := map[float64]int{}
	for _, s := range sheets {
		for _, l := range s.lines {
			for _, run := range l.runs {
				letters[math.Round(4*run.Size)/4] += utf8.RuneCountInString(run.Text)
			}
		}
	}
	body, most := 0.0, 0
	for size, n := range letters {
		if n > most || n == most && size < body {
			body, most = size, n
		}
	}
	return max(body, 1)
}

func styleOf(sheets []*sheet) style {
	st := style{body: bodySize(sheets), words: map[string]bool{}}
	bold, all := 0, 0
	var leads []float64
	for _, s := range sheets {
		for i, l := range s.lines {
			n := utf8.RuneCountInString(l.text)
			all += n
			if l.bold {
				bold += n
			}
			st.learn(l.text)
			if i > 0 && len(leads) < 20_000 {
				above := s.lines[i-1]
				if lead := l.Bottom - above.Bottom; lead > 0.8*l.size && lead < 2*l.size && math.Abs(l.size-st.body) < 0.3 &&
					math.Abs(l.Left-above.Left) < 2*l.size && math.Abs(above.size-st.body) < 0.3 {
					leads = append(leads, lead/l.size)
				}
			}
		}
	}
	st.bold = float64(bold) > mostlyBold*float64(all)
	st.leading = 1.2
	if len(leads) > 0 {
		slices.Sort(leads)
		st.leading = leads[len(leads)/2]
	}
	return st
}
