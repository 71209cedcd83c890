package pdf

import (
	"context"

	"morag/internal/convert"
	"morag/internal/proc"
)

// Engines lists what reads PDF files, poppler's programs first.
func Engines(ctx context.Context) []convert.Engine {
	engines := []convert.Engine{
		{Name: pdftohtml, Purpose: "text of PDF files"},
		{Name: pdfinfo, Purpose: "title, author and page count of PDF files"},
		{Name: pdftoppm, Purpose: "pictures of scanned pages in PDF files"},
	}
	for i := range engines {
		version, err := proc.Version(ctx, engines[i].Name, "-v")
		engines[i].Version, engines[i].Available, engines[i].Remedy = version, err == nil, popplerRemedy
	}
	return append(engines, convert.Engine{
		Name: pdfiumName, Purpose: "text of PDF files when poppler is missing", Version: pdfiumVersion(), Available: true, Remedy: "built in",
	})
}
