package layout

import (
	"slices"
	"unicode/utf8"
)

// straighten takes the runs that stand on their side from the others. On a page of which most
// stands so, or on its head, the page is turned instead.
func (s *sheet) straighten(runs []Run) (upright, turned []Run) {
	letters, upended := [2]int{}, 0
	for _, run := range runs {
		switch {
		case run.Upended:
			upended += len(run.Text)
		case run.Turned:
			letters[1] += len(run.Text)
		default:
			letters[0] += len(run.Text)
		}
	}
	if upended > 0 && upended >= 4*(letters[0]+letters[1]) {
		s.turn(func(b Box) Box {
			return Box{s.Width - b.Right, s.Height - b.Bottom, s.Width - b.Left, s.Height - b.Top}
		})
		for i := range runs {
			if r := &runs[i]; r.Upended {
				r.Box = Box{s.Width - r.Right, s.Height - r.Bottom, s.Width - r.Left, s.Height - r.Top}
			}
		}
	}
	if letters[1] == 0 {
		return runs, nil
	}
	isMost := letters[1] >= 4*letters[0]
	for _, run := range runs {
		if run.Turned || isMost && run.width() == 0 { // a letter by itself
			turned = append(turned, run)
		} else {
			upright = append(upright, run)
		}
	}
	if !isMost || len(turned) < 4 {
		return upright, turned
	}
	s.turnQuarter(turned)
	return slices.Concat(turned, upright), nil
}

// turnQuarter turns the page so that runs that stand on their side are upright. Their lines are
// drawn one after the other, which tells to which side. What is upright already stays where it
// is, since it is most often a head or a number as on the other pages.
func (s *sheet) turnQuarter(runs []Run) {
	upwards := 0
	for i := range runs[1:] {
		if d := runs[i+1].Left - runs[i].Left; d > 0 {
			upwards++
		} else if d < 0 {
			upwards--
		}
	}
	to := func(b Box) Box { return Box{b.Top, s.Width - b.Right, b.Bottom, s.Width - b.Left} }
	if upwards >= 0 {
		to = func(b Box) Box { return Box{s.Height - b.Bottom, b.Left, s.Height - b.Top, b.Right} }
	}
	for i := range runs {
		r := &runs[i]
		r.Turned = false
		if r.width() >= 1 { // the whole of it
			r.Box = to(r.Box)
			continue
		}
		start := to(Box{r.Left, r.Top, r.Left, r.Top})
		long := 0.5 * r.Size * float64(utf8.RuneCountInString(r.Text)) // nobody says how long it is
		r.Box = Box{start.Left, start.Top, start.Left + long, start.Top + r.Size}
	}
	s.turn(to)
	s.Width, s.Height = s.Height, s.Width
}

// turn turns what is drawn on the page.
func (s *sheet) turn(to func(Box) Box) {
	for _, boxes := range []*[]Box{&s.Rules, &s.Dots} {
		turned := make([]Box, len(*boxes)) // they are the caller's
		for i, b := range *boxes {
			turned[i] = to(b)
		}
		*boxes = turned
	}
}
