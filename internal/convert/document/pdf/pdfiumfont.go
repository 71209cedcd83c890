package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"

	"morag/internal/convert/layout"
)

// boldWeight is what fonts are called bold from, of 100 to 900.
const boldWeight = 600

// layout is what stands on a page.
func (d *pdfiumDocument) layout(page int) (layout.Page, error) {
	var found layout.Page
	size, err := d.instance.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: d.document, Index: page})
	if err != nil {
		return found, err
	}
	found.Width, found.Height = size.Width, size.Height
	turned, err := d.instance.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: d.page(page)})
	if err != nil {
		return found, err
	}
	structured, err := d.instance.GetPageTextStructured(&requests.GetPageTextStructured{
		Page: d.page(page), Mode: requests.GetPageTextStructuredModeRects, CollectFontInformation: true,
	})
	if err != nil {
		return found, err
	}
	var boxes []responses.CharPosition
	for _, rect := range structured.Rects {
		text := pdfiumText.Replace(rect.Text)
		if strings.TrimSpace(text) == "" {
			continue
		}
		box := rect.PointPosition
		run := layout.Run{Box: shownAt(box, int(turned.PageRotation), size.Width, size.Height), Text: text}
		if font := rect.FontInformation; font != nil {
			run.Size, run.Font = font.RenderedSize, font.Name
			run.Bold, run.Italic = font.Weight >= boldWeight || isBold(font.Name), isItalic(font.Name)
		}
		boxes = append(boxes, box)
		found.Runs = append(found.Runs, run)
	}
	d.fillFonts(page, found.Runs, boxes)
	markTurned(found.Runs)
	return found, nil
}

// shownAt is where a box is on a page of a size that is shown turned, by quarters clockwise. The
// box is as on the page when it is not turned, from its lower left corner.
func shownAt(b responses.CharPosition, quarters int, width, height float64) layout.Box {
	switch quarters {
	case 1:
		return layout.Box{Left: b.Bottom, Top: b.Left, Right: b.Top, Bottom: b.Right}
	case 2:
		return layout.Box{Left: width - b.Right, Top: b.Bottom, Right: width - b.Left, Bottom: b.Top}
	case 3:
		return layout.Box{Left: width - b.Top, Top: height - b.Right, Right: width - b.Bottom, Bottom: height - b.Left}
	}
	return layout.Box{Left: b.Left, Top: height - b.Top, Right: b.Right, Bottom: height - b.Bottom}
}

// markTurned marks the texts that are set from the top to the bottom or back, which in Chinese and
// Japanese is no turning. Those of two letters are as most of the others.
func markTurned(runs []layout.Run) {
	letters, turned := 0, 0
	for i := range runs {
		r := &runs[i]
		n := utf8.RuneCountInString(r.Text)
		isCJK := strings.ContainsFunc(r.Text, func(c rune) bool { return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) })
		r.Turned = !isCJK && n > 2 && r.Bottom-r.Top > 1.5*(r.Right-r.Left)
		if letters += n; r.Turned {
			turned += n
		}
	}
	for i := range runs {
		if r := &runs[i]; 2*turned > letters && utf8.RuneCountInString(r.Text) <= 2 {
			r.Turned = true
		}
	}
}

// fillFonts asks once more for fonts that pdfium did not tell: it looks for the letter at
// a corner, where there may be none.
func (d *pdfiumDocument) fillFonts(page int, runs []layout.Run, boxes []responses.CharPosition) {
	if !slices.ContainsFunc(runs, func(r layout.Run) bool { return r.Size == 0 }) {
		return
	}
	text, err := d.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: d.page(page)})
	if err != nil {
		return
	}
	defer func() { _, _ = d.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) }()
	for i, box := range boxes {
		if runs[i].Size > 0 {
			continue
		}
		height := box.Top - box.Bottom
		at, err := d.instance.FPDFText_GetCharIndexAtPos(&requests.FPDFText_GetCharIndexAtPos{
			TextPage: text.TextPage, X: box.Left + height/4, Y: box.Bottom + height/2, XTolerance: height, YTolerance: height / 2,
		})
		if err != nil || at.CharIndex < 0 {
			continue
		}
		size, err := d.instance.FPDFText_GetFontSize(&requests.FPDFText_GetFontSize{TextPage: text.TextPage, Index: at.CharIndex})
		if err != nil {
			continue
		}
		runs[i].Size = size.FontSize
		if set, err := d.instance.FPDFText_GetMatrix(&requests.FPDFText_GetMatrix{TextPage: text.TextPage, Index: at.CharIndex}); err == nil {
			runs[i].Size *= math.Hypot(float64(set.Matrix.C), float64(set.Matrix.D))
		}
		if weight, err := d.instance.FPDFText_GetFontWeight(&requests.FPDFText_GetFontWeight{TextPage: text.TextPage, Index: at.CharIndex}); err == nil {
			runs[i].Bold = weight.FontWeight >= boldWeight
		}
	}
}
