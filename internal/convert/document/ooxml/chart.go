package ooxml

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// chart is what a chart says: its titles, and its values as far as they are kept in the file.
type chart struct {
	title  string
	axes   []string
	series []series
}

// series is one row of values of a chart, by their place in it.
type series struct {
	name     string
	category map[int]string // or the x of a point
	value    map[int]string
	size     map[int]string // of a bubble
}

// maxSeries is the most series of a chart that are read: as many as Excel allows.
const maxSeries = 255

// chart reads a chart as its title and a table of its values. In a workbook the values are
// those of cells, and the titles alone come out.
func (a *pack) chart(ctx context.Context, name string) ([]block, error) {
	var c chart
	err := a.scan(ctx, name, a.limits.MaxPart, func(x *scanner, _ element) error {
		r := chartReader{pack: a, ctx: ctx, x: x, chart: &c}
		return x.each(r.part)
	})
	if err != nil {
		return nil, err
	}
	title := c.title
	if len(c.axes) > 0 {
		title = strings.TrimSpace(title + " (" + strings.Join(c.axes, ", ") + ")")
	}
	blocks, err := a.plainBlock(title)
	if a.format == excel {
		return blocks, err
	}
	for _, rows := range c.tables() {
		blocks = append(blocks, block{kind: table, rows: rows})
	}
	return blocks, err
}

// chartReader reads the part of a chart.
type chartReader struct {
	*pack
	ctx   context.Context
	x     *scanner
	chart *chart
	axis  bool
}

func (r *chartReader) part(e element) error {
	switch e.name {
	case "c:title":
		text, err := r.words()
		if text != "" && r.axis {
			r.chart.axes = append(r.chart.axes, text)
		} else if text != "" && r.chart.title == "" {
			r.chart.title = text
		}
		return err
	case "c:catAx", "c:valAx", "c:dateAx", "c:serAx":
		r.axis = true
		err := r.x.each(r.part)
		r.axis = false
		return err
	case "c:ser":
		if len(r.chart.series) >= maxSeries {
			r.leaveOut("series of charts with too many")
			return nil
		}
		return r.series()
	case "mc:AlternateContent":
		return r.x.alternate(r.part)
	}
	return r.x.each(r.part)
}

func (r *chartReader) series() error {
	var s series
	err := r.x.each(func(e element) (err error) {
		switch e.name {
		case "c:tx":
			s.name, err = r.words()
		case "c:cat", "c:xVal":
			s.category, err = r.points()
		case "c:val", "c:yVal":
			s.value, err = r.points()
		case "c:bubbleSize":
			s.size, err = r.points()
		}
		return err
	})
	r.chart.series = append(r.chart.series, s)
	return err
}

// words is the text of a title or of a series' name, typed or taken from a cell.
func (r *chartReader) words() (string, error) {
	var text []string
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "c:rich":
			body := r.drawnText(r.ctx, r.x, nil)
			body.title = true // which has no marks
			err := body.read()
			text = append(text, body.plain.String())
			return err
		case "c:v":
			value, err := r.x.text()
			text = append(text, value)
			return err
		case "c:txPr", "c:spPr":
			return nil
		}
		return r.x.each(visit)
	}
	err := r.x.each(visit)
	words := oneLine(strings.Join(text, " "))
	if err == nil {
		err = r.spend(len(words) + 1)
	}
	return words, err
}

// points reads values as the chart shows them. Of categories in several levels those at one
// place are joined.
func (r *chartReader) points() (map[int]string, error) {
	values := map[int]string{}
	format := numberFormat{general: true}
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "c:formatCode":
			code, err := r.x.text()
			format = parseFormat(code)
			return err
		case "c:pt":
			place := toNumber(e.attr("", "idx"))
			return r.x.each(func(e element) error {
				if e.name != "c:v" {
					return nil
				}
				text, err := r.x.text()
				if err != nil {
					return err
				}
				if len(values[place]) < maxProperty {
					values[place] = oneLine(format.show(text, false) + " " + values[place])
				}
				return r.spend(len(text) + 1)
			})
		}
		return r.x.each(visit)
	}
	return values, r.x.each(visit)
}

// tables are the values by category, series with the same categories beside each other.
func (c *chart) tables() [][][]string {
	var all [][][]string
	for left := c.series; len(left) > 0; {
		n := 1
		for n < len(left) && len(left[0].size) == 0 && len(left[n].size) == 0 &&
			(len(left[n].category) == 0 || maps.Equal(left[0].category, left[n].category)) {
			n++
		}
		if rows := tableOf(left[:n]); len(rows) > 1 {
			all = append(all, rows)
		}
		left = left[n:]
	}
	return all
}

func tableOf(list []series) [][]string {
	places := map[int]bool{}
	header := []string{""}
	for _, s := range list {
		header = append(header, plainMarkdown(s.name))
		for _, points := range []map[int]string{s.category, s.value, s.size} {
			for place := range points {
				places[place] = true
			}
		}
	}
	sized := len(list) == 1 && len(list[0].size) > 0
	if sized {
		header = append(header, "")
	}
	rows := [][]string{header}
	for _, place := range slices.Sorted(maps.Keys(places)) {
		row := []string{plainMarkdown(list[0].category[place])}
		for _, s := range list {
			row = append(row, plainMarkdown(s.value[place]))
		}
		if sized {
			row = append(row, plainMarkdown(list[0].size[place]))
		}
		rows = append(rows, row)
	}
	return rows
}
