package pdf

import (
	"math"
	"slices"
	"strings"

	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
)

// boldWeight is what fonts are called bold from, of 100 to 900.
const boldWeight = 600

// fonts are the runs of a page; without them it has no headings.
func (d *pdfiumDocument) fonts(page int) fontPage {
	var found fontPage
	size, err := d.instance.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: d.document, Index: page})
	if err != nil {
		return found
	}
	found.width, found.height = size.Width, size.Height
	structured, err := d.instance.GetPageTextStructured(&requests.GetPageTextStructured{
		Page: d.page(page), Mode: requests.GetPageTextStructuredModeRects, CollectFontInformation: true,
	})
	if err != nil {
		return found
	}
	var boxes []responses.CharPosition
	for _, rect := range structured.Rects {
		text := strings.TrimSpace(pdfiumText.Replace(rect.Text))
		font := rect.FontInformation
		if text == "" || font == nil {
			continue
		}
		box := rect.PointPosition
		boxes = append(boxes, box)
		found.runs = append(found.runs, fontRun{
			left: box.Left, top: size.Height - box.Top, width: box.Right - box.Left,
			size: font.RenderedSize, bold: font.Weight >= boldWeight || strings.Contains(font.Name, "Bold"), text: text,
		})
	}
	d.fillFonts(page, found.runs, boxes)
	return found
}

// fillFonts asks once more for fonts that pdfium did not tell: it looks for the letter at
// a corner, where there may be none.
func (d *pdfiumDocument) fillFonts(page int, runs []fontRun, boxes []responses.CharPosition) {
	if !slices.ContainsFunc(runs, func(r fontRun) bool { return r.size == 0 }) {
		return
	}
	text, err := d.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: d.page(page)})
	if err != nil {
		return
	}
	defer func() { _, _ = d.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) }()
	for i, box := range boxes {
		if runs[i].size > 0 {
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
		runs[i].size = size.FontSize
		if set, err := d.instance.FPDFText_GetMatrix(&requests.FPDFText_GetMatrix{TextPage: text.TextPage, Index: at.CharIndex}); err == nil {
			runs[i].size *= math.Hypot(float64(set.Matrix.C), float64(set.Matrix.D))
		}
		if weight, err := d.instance.FPDFText_GetFontWeight(&requests.FPDFText_GetFontWeight{TextPage: text.TextPage, Index: at.CharIndex}); err == nil {
			runs[i].bold = weight.FontWeight >= boldWeight
		}
	}
}
