package ooxml

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/grid"
)

// Cell is a cell of a workbook: "B7" of a sheet.
type Cell struct {
	Sheet string `json:"sheet"`
	Name  string `json:"name"`
}

// Calculator computes formulas: a value for each of the cells as a file would hold it,
// "" for one that it cannot compute.
type Calculator func(ctx context.Context, cells []Cell) ([]string, error)

// Xlsx makes Markdown of the Excel workbook in the first size bytes of r: a section with a
// table for each sheet that is shown and not empty. Rows are streamed; memory grows with
// the text alone. Dates are in ISO 8601, numbers as the cells show them but never
// rounded. Formulas have the value that is stored with them; those without one are given
// to calculate, once and all together, unless it is nil. Its errors other than ctx's
// become a warning. The metadata names the sheets under "sheets". Limits and errors are
// those of [Docx].
func Xlsx(ctx context.Context, r io.ReaderAt, size int64, limits Limits, calculate Calculator) (*content.Document, error) {
	a, err := openPack(ctx, r, size, excel, limits.withDefaults())
	if err != nil {
		return nil, err
	}
	doc, err := readXlsx(ctx, a, calculate)
	return a.finish(doc, err)
}

// workbook is what the sheets share.
type workbook struct {
	*pack
	shared   []string
	formats  []numberFormat
	from1904 bool
	pending  []pendingCell
	unknown  int // formulas without a value
	warnings []string
}

// pendingCell is a formula that has to be computed.
type pendingCell struct {
	Cell
	formula string
	style   int
}

// sheetEntry is a sheet as the workbook lists it.
type sheetEntry struct {
	name, part string
	hidden     bool
}

func readXlsx(ctx context.Context, a *pack, calculate Calculator) (*content.Document, error) {
	meta, err := a.properties(ctx)
	if err != nil {
		return nil, err
	}
	w := &workbook{pack: a}
	entries, err := w.open(ctx)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	names := []string{}
	hidden := 0
	for _, e := range entries {
		if e.hidden {
			hidden++
			continue
		}
		names = append(names, e.name)
		s := &sheet{workbook: w, name: e.name}
		if err := s.read(ctx, e.part); err != nil {
			return nil, err
		}
		w.omitted.Add("hidden rows", s.hiddenRows)
		w.omitted.Add("hidden columns", len(s.lost))
		around, err := s.around(ctx, e.part)
		if err != nil {
			return nil, err
		}
		if s.table.Rows() == 0 && around == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		out.WriteString("## " + oneLine(e.name))
		if s.table.Rows() > 0 {
			out.WriteString("\n\n")
			s.table.WriteTo(&out)
		}
		if around != "" {
			out.WriteString("\n\n" + around)
		}
	}
	if hidden > 0 {
		w.warnings = append(w.warnings, hiddenSheets(hidden))
	}
	text, err := w.compute(ctx, out.String(), calculate)
	if err != nil {
		return nil, err
	}
	if w.unknown > 0 {
		w.warnings = append(w.warnings, fmt.Sprintf("Formulas without a value that could not be computed: %d.", w.unknown))
	}
	meta["sheets"] = names
	return &content.Document{Content: text, Metadata: meta, Warnings: w.warnings}, nil
}

func hiddenSheets(n int) string {
	if n == 1 {
		return "1 sheet is hidden and was left out."
	}
	return fmt.Sprintf("%d sheets are hidden and were left out.", n)
}

// open reads what the sheets need and lists them.
func (w *workbook) open(ctx context.Context) ([]sheetEntry, error) {
	relations, err := w.relations(ctx, w.main)
	if err != nil {
		return nil, err
	}
	var entries []sheetEntry
	err = w.scan(ctx, w.main, w.limits.MaxPart/8, func(x *scanner, root element) error {
		if root.name != w.format.root {
			return w.wrongRoot(root)
		}
		return x.each(func(e element) error {
			switch e.name {
			case "x:workbookPr":
				w.from1904 = isOn(e.attr("", "date1904"), false)
			case "x:sheets":
				return x.each(func(e element) error {
					r := relations[e.attr("r", "id")]
					if r.kind == "worksheet" || r.kind == "chartsheet" {
						state := e.attr("", "state")
						entries = append(entries, sheetEntry{e.attr("", "name"), r.target, state == "hidden" || state == "veryHidden"})
					}
					return nil
				})
			}
			return nil
		})
	})
	if err == nil && len(entries) == 0 && len(relations) == 0 {
		err = fmt.Errorf("%w: no sheet", archive.ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	if err := w.readShared(ctx, related(relations, "sharedStrings")); err != nil {
		return nil, err
	}
	return entries, w.readFormats(ctx, related(relations, "styles"))
}

// readShared reads the texts of the cells, most of which are in a part of their own.
func (w *workbook) readShared(ctx context.Context, part string) error {
	if part == "" {
		return nil
	}
	size := 0
	return w.scan(ctx, part, w.limits.MaxTotal, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "x:si" {
				return nil
			}
			text, err := richText(x)
			w.shared = append(w.shared, text)
			if size += len(text); err == nil && (int64(size) > w.limits.MaxText || len(w.shared) > maxShared) {
				return convert.BadSource("the workbook holds too much text", nil)
			}
			return err
		})
	})
}

// readFormats reads the number formats of the cells' styles. A damaged part is as good
// as none, but for a warning: dates are numbers then.
func (w *workbook) readFormats(ctx context.Context, part string) error {
	if part == "" {
		return nil
	}
	codes := maps.Clone(builtInFormats)
	parsed := map[int]numberFormat{}
	err := w.scan(ctx, part, w.limits.MaxPart/8, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			switch e.name {
			case "x:numFmts":
				return x.each(func(e element) error {
					if id, err := strconv.Atoi(e.attr("", "numFmtId")); err == nil {
						codes[id] = e.attr("", "formatCode")
					}
					return nil
				})
			case "x:cellXfs":
				return x.each(func(e element) error {
					id, _ := strconv.Atoi(e.attr("", "numFmtId"))
					format, known := parsed[id]
					if !known {
						format = parseFormat(codes[id])
						parsed[id] = format
					}
					w.formats = append(w.formats, format)
					return nil
				})
			}
			return nil
		})
	})
	if isDamage(err) {
		w.warnings = append(w.warnings, "The styles of the workbook are damaged: dates may stand as numbers.")
		return nil
	}
	return err
}

// compute puts the values of formulas into the text.
func (w *workbook) compute(ctx context.Context, text string, calculate Calculator) (string, error) {
	if len(w.pending) == 0 {
		return text, nil
	}
	var values []string
	if calculate != nil {
		cells := make([]Cell, len(w.pending))
		for i, p := range w.pending {
			cells[i] = p.Cell
		}
		var err error
		values, err = calculate(ctx, cells)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			w.warnings = append(w.warnings, "The formulas without a value could not all be computed: "+oneLine(err.Error())+".")
		}
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, pendingOpen)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		text = rest
		number, _, closed := strings.Cut(rest[:min(len(rest), 20)], pendingClose)
		n, err := strconv.Atoi(number)
		if !closed || err != nil || n < 0 || n >= len(w.pending) {
			continue // a character of the file's own
		}
		text = rest[len(number)+len(pendingClose):]
		value := ""
		if n < len(values) {
			value = values[n]
		}
		value = w.result(w.pending[n], value)
		if err := w.spend(len(value)); err != nil {
			return "", err
		}
		out.WriteString(value)
	}
}

// result shows a computed value like a stored one, and the formula itself if there is
// none.
func (w *workbook) result(p pendingCell, value string) string {
	if value == "" {
		w.unknown++
		if p.formula == "?" {
			return ""
		}
		return grid.Escape("=" + p.formula)
	}
	return grid.Escape(w.show("", value, p.style))
}
