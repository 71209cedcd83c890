package local

// A matrix that others are multiplied with lies in panels: of panelWidth of its columns all
// rows, one after the other, so that a step of a product reads one line of memory.
const (
	panelWidth = 16
	tileHeight = 6 // rows of the other matrix that a panel is multiplied with at a time
)

// panels is a matrix of rows × columns, the columns filled up with zeros.
type panels struct {
	rows, columns int
	numbers       []float32
}

func newPanels(rows, columns int) panels {
	return panels{rows, columns, make([]float32, rows*upTo(columns, panelWidth))}
}

// set changes one number.
func (p *panels) set(row, column int, x float32) {
	p.numbers[(column/panelWidth*p.rows+row)*panelWidth+column%panelWidth] = x
}

// upTo is the multiple of step that n is filled up to.
func upTo(n, step int) int { return (n + step - 1) / step * step }

// matrix is rows of numbers, of which there is room for a multiple of tileHeight; those
// after height are of no meaning.
type matrix struct {
	height, stride int
	numbers        []float32
}

func newMatrix(height, width int) matrix {
	return matrix{height, width, make([]float32, upTo(height, tileHeight)*width)}
}

func (m matrix) row(i int) []float32 { return m.numbers[i*m.stride:][:m.stride] }

// from is m without its first columns.
func (m matrix) from(column int) matrix {
	m.numbers = m.numbers[column:]
	return m
}

// multiply sets out to in × by, of whose rows in has as many columns at least. A row of out
// depends on the same row of in alone, to the last bit, whatever the others are. out has
// room for all columns of by, filled up.
func multiply(out, in matrix, by panels) {
	if in.height == 0 || by.rows == 0 {
		return
	}
	for panel := 0; panel*panelWidth < by.columns; panel++ {
		b := by.numbers[panel*by.rows*panelWidth:][:by.rows*panelWidth]
		for row := 0; row < in.height; row += tileHeight {
			a := in.numbers[row*in.stride:]
			c := out.numbers[row*out.stride+panel*panelWidth:]
			_, _ = a[(tileHeight-1)*in.stride+by.rows-1], c[(tileHeight-1)*out.stride+panelWidth-1]
			multiplyTile(c, a, b, out.stride, in.stride, by.rows)
		}
	}
}

// multiplyTilePlain is multiplyTile for every processor.
func multiplyTilePlain(c, a, b []float32, strideC, strideA, depth int) {
	for i := range tileHeight {
		var sums [panelWidth]float32
		for k, x := range a[i*strideA:][:depth] {
			row := b[k*panelWidth:][:panelWidth]
			for j := range sums {
				sums[j] += x * row[j]
			}
		}
		copy(c[i*strideC:], sums[:])
	}
}

// resized is m or another one with room for as many rows. Its numbers are of no meaning,
// and none of them infinite or not a number unless they were before.
func (m matrix) resized(height, stride int) matrix {
	n := upTo(height, tileHeight) * stride
	if n > cap(m.numbers) {
		return newMatrix(height, stride)
	}
	return matrix{height, stride, m.numbers[:n]}
}

// narrow is the room of m as a matrix of fewer columns.
func (m matrix) narrow(stride int) matrix {
	return matrix{m.height, stride, m.numbers[:upTo(m.height, tileHeight)*stride]}
}

func (p panels) resized(rows, columns int) panels {
	n := rows * upTo(columns, panelWidth)
	if n > cap(p.numbers) {
		return newPanels(rows, columns)
	}
	p = panels{rows, columns, p.numbers[:n]}
	clear(p.numbers) // the columns that fill up
	return p
}
