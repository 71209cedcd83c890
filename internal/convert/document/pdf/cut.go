package pdf

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klippa-app/go-pdfium/requests"

	"morag/internal/content"
)

// Cut writes a PDF of more than that many pages into folder, as files of about equal numbers
// of pages, and says which those are. What has no more is not cut: it has no pieces.
func (c *Reader) Cut(ctx context.Context, path string, pages int, folder string) (content.Cutting, error) {
	if err := checkEnd(path); err != nil {
		return content.Cutting{}, err
	}
	opened, err := c.pdfium.open(ctx, path, "")
	if err != nil {
		return content.Cutting{}, err
	}
	defer opened.close()
	d := opened.(*pdfiumDocument)
	if d.count <= pages {
		return content.Cutting{}, nil
	}
	n := (d.count + pages - 1) / pages
	each := (d.count + n - 1) / n
	cutting := content.Cutting{Type: content.Doc, Suffix: ".pdf", Folder: folder, Metadata: d.metadata()}
	cutting.Metadata["page_count"] = d.count
	for from := 0; from < d.count; from += each {
		to := min(from+each, d.count)
		name := fmt.Sprintf("pages-%d.pdf", from+1)
		size, err := d.write(filepath.Join(folder, name), from, to)
		if err != nil {
			return content.Cutting{}, err
		}
		cutting.Pieces = append(cutting.Pieces, content.Piece{
			From: int64(from), To: int64(to), HasFrom: int64(from), HasTo: int64(to), File: name, Size: size,
		})
	}
	return cutting, nil
}

// write makes a PDF of the pages from one on and up to the other, which it does not have.
func (d *pdfiumDocument) write(path string, from, to int) (size int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	made, err := d.instance.FPDF_CreateNewDocument(&requests.FPDF_CreateNewDocument{})
	if err != nil {
		return 0, d.failure(err)
	}
	defer d.instance.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: made.Document})
	which := fmt.Sprintf("%d-%d", from+1, to)
	if _, err := d.instance.FPDF_ImportPages(&requests.FPDF_ImportPages{Source: d.document, Destination: made.Document, PageRange: &which}); err != nil {
		return 0, d.failure(err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("cut PDF: %w", err)
	}
	defer out.Close()
	if _, err := d.instance.FPDF_SaveAsCopy(&requests.FPDF_SaveAsCopy{Document: made.Document, FileWriter: out}); err != nil {
		return 0, d.failure(err)
	}
	info, err := out.Stat()
	if err != nil {
		return 0, fmt.Errorf("cut PDF: %w", err)
	}
	return info.Size(), nil
}
