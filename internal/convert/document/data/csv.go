// Package data makes Markdown of data that are text: tables of values (CSV, TSV) and JSON.
package data

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/grid"
	"morag/internal/convert/document/source"
)

// maxColumns is the most columns of a table that is text: as many as Excel has.
const maxColumns = 16384

// CSV makes a Markdown table of comma-separated values.
func CSV(ctx context.Context, src source.File) (*content.Document, error) {
	return readValues(ctx, src, ',', ";\t|")
}

// TSV makes a Markdown table of tab-separated values.
func TSV(ctx context.Context, src source.File) (*content.Document, error) {
	return readValues(ctx, src, '\t', ",;|")
}

// readValues streams the rows. The text itself decides what separates the values; likely
// does where it leaves that open.
func readValues(ctx context.Context, src source.File, likely rune, others string) (*content.Document, error) {
	text, err := charset.Open(ctx, src.Path, src.Limits.MaxText)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	return parseValues(ctx, text, string(text.Head()), likely, others, src.Limits.MaxText)
}

// parseValues reads a table that begins with head.
func parseValues(ctx context.Context, text io.Reader, head string, likely rune, others string, limit int64) (*content.Document, error) {
	comma, hint := delimiter(head, likely, others)
	rows := valueReader(text, comma)
	var table grid.Table
	for {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			meta := map[string]any{"engine": "csv", "row_count": max(table.Rows()-1, 0)}
			return &content.Document{Content: table.String(), Metadata: meta}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, charset.ErrBinary):
			return nil, convert.BadSource("the table is binary data and not text", err)
		case err != nil:
			return nil, fmt.Errorf("read document: %w", err)
		case len(row) > maxColumns:
			return nil, convert.BadSource(fmt.Sprintf("the table has more than %d columns", maxColumns), nil)
		case hint: // the line that names the separator is no row
			hint = false
			continue
		}
		if table.Row(row); table.Size() > limit {
			return nil, convert.BadSource(fmt.Sprintf("the table takes more than %d MiB as text", limit>>20), nil)
		}
	}
}

// valueReader reads rows of any length, quoted or not.
func valueReader(text io.Reader, comma rune) rowReader {
	if comma == '\t' {
		return &tabReader{in: bufio.NewReader(text)}
	}
	rows := csv.NewReader(text)
	rows.Comma = comma
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	rows.TrimLeadingSpace = true
	rows.ReuseRecord = true
	return rows
}

// sniffRows is how many rows decide on the separator.
const sniffRows = 100

// delimiter finds what cuts the first rows into the same number of values, more than
// one, most often; hint says that the first line names it ("sep=;"), as Excel writes.
func delimiter(head string, likely rune, others string) (comma rune, hint bool) {
	first, _, whole := strings.Cut(head, "\n")
	if sep, found := strings.CutPrefix(strings.TrimSpace(first), "sep="); found && len(sep) == 1 && strings.Contains(",;|", sep) && whole {
		return rune(sep[0]), true
	}
	if len(head) >= charset.HeadSize/2 { // its last line may be cut
		head = head[:strings.LastIndexByte(head, '\n')+1]
	}
	comma, best := likely, 0.0
	for _, candidate := range string(likely) + others {
		if s := evenness(head, candidate); s > best {
			comma, best = candidate, s
		}
	}
	return comma, false
}

// evenness is the share of rows that have the most common number of values, 0 when
// that is one; more values weigh a little.
func evenness(head string, comma rune) float64 {
	rows := valueReader(strings.NewReader(head), comma)
	counts := map[int]int{}
	total := 0
	for ; total < sniffRows; total++ {
		row, err := rows.Read()
		if err != nil {
			break
		}
		counts[len(row)]++
	}
	best := 0.0
	for columns, n := range counts {
		if columns > 1 {
			best = max(best, float64(n)/float64(total)+0.001*float64(min(columns, 50)))
		}
	}
	return best
}
