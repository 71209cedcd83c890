package dashboard

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// barWidth and barGap are in the units of the drawing, which a page scales.
const (
	barWidth = 8
	barGap   = 2
)

// draw is a chart of bars, what failed on top of what is done, as a picture that needs
// neither script nor style: its colours are classes. All that goes in is numbers and times.
func draw(s series, height int) template.HTML {
	most := 1
	for _, b := range s.Bars {
		most = max(most, b.Done+b.Failed)
	}
	width := len(s.Bars) * (barWidth + barGap)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="%d done, %d failed">`, width, height, s.Sum.Done, s.Sum.Failed)
	fmt.Fprintf(&b, `<rect class="ground" x="0" y="%d" width="%d" height="1"/>`, height-1, width)
	for i, bar := range s.Bars {
		if bar.Done+bar.Failed == 0 {
			continue
		}
		from := s.Begin.Add(time.Duration(i) * s.Width)
		x := i * (barWidth + barGap)
		whole := math.Max(2, float64(height-2)*float64(bar.Done+bar.Failed)/float64(most))
		bad := whole * float64(bar.Failed) / float64(bar.Done+bar.Failed)
		fmt.Fprintf(&b, `<g><title>%s: %d done, %d failed</title>`, from.Format("2006-01-02 15:04 UTC"), bar.Done, bar.Failed)
		if bar.Done > 0 {
			fmt.Fprintf(&b, `<rect class="done" x="%d" y="%.1f" width="%d" height="%.1f"/>`, x, float64(height)-whole+bad, barWidth, whole-bad)
		}
		if bar.Failed > 0 {
			fmt.Fprintf(&b, `<rect class="failed" x="%d" y="%.1f" width="%d" height="%.1f"/>`, x, float64(height)-whole, barWidth, bad)
		}
		b.WriteString(`</g>`)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
