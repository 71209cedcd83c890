package layout

import (
	"math"
	"slices"
)

const (
	// Letters of one line stand below each other within this share of their size.
	sameColumnOfLetters = 0.3
	// A page is set from top to bottom when most of its letters stand in lines of so many.
	minVertical = 4
)

// layDown turns a page of Chinese or Japanese whose lines run from top to bottom, the first of
// them on the right, so that they run from left to right: each letter is a run.
func layDown(runs []Run, page Page) []Run {
	var lines []Run
	lengths := []int{}
	letters, standing := 0, 0
	for _, run := range runs {
		n := letterCount(run.Text)
		letters += n
		if k := len(lines) - 1; k >= 0 && n <= 2 && isCJKStart(run.Text) && follows(lines[k], run) {
			lines[k].Text += run.Text
			lines[k].Bottom = run.Bottom
			lengths[k] += n
			continue
		}
		lines, lengths = append(lines, run), append(lengths, n)
	}
	for k, run := range lines {
		if lengths[k] >= minVertical && run.height() > 2*run.width() && isCJKStart(run.Text) {
			standing += lengths[k]
		}
	}
	if 2*standing < letters || standing == 0 || page.Width <= 0 {
		return runs
	}
	for k := range lines {
		r := &lines[k]
		r.Left, r.Top, r.Right, r.Bottom = r.Top, page.Width-r.Right, r.Bottom, page.Width-r.Left
		r.Turned = false
	}
	return slices.Clip(lines)
}

// follows tells whether a letter stands right below the end of a line.
func follows(line, letter Run) bool {
	size := max(letter.Size, 1)
	step := letter.Bottom - line.Bottom
	return math.Abs(line.Size-letter.Size) < sameSize*size && step > 0.4*size && step < 1.5*size &&
		math.Abs((line.Left+line.Right)-(letter.Left+letter.Right)) < 2*sameColumnOfLetters*size
}
