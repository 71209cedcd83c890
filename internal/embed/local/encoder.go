package local

import (
	"fmt"
	"math"
)

// encoder is BERT's: Devlin et al., "BERT: Pre-training of Deep Bidirectional
// Transformers", 2019. It is safe for concurrent use.
type encoder struct {
	config    config
	words     *table    // a row for each token, left in the file
	positions []float32 // with what all texts are of, type 0, added
	norm      norm
	layers    []layer
}

// layer is attention, then a network that looks at each token alone.
type layer struct {
	attention    linear // queries, keys and values beside each other
	mixed        linear
	mixedNorm    norm
	inner, outer linear
	outerNorm    norm
}

// linear is a matrix and what is added to its products.
type linear struct {
	weight panels
	bias   []float32
}

// work is the room of one text's computation, used again for the next.
type work struct {
	states, attention, mixed, inner matrix
	scores                          matrix
	keys, values                    panels
}

func newEncoder(w *weights, c config) (e *encoder, err error) {
	r := reader{w: w}
	e = &encoder{config: c, layers: make([]layer, c.Layers)}
	e.words = r.table("embeddings.word_embeddings.weight", c.Vocabulary, c.Width)
	e.positions = r.numbers("embeddings.position_embeddings.weight", c.Positions, c.Width)
	types := r.numbers("embeddings.token_type_embeddings.weight", c.Types, c.Width)
	e.norm = r.norm("embeddings.LayerNorm", c)
	for i := range e.layers {
		at := fmt.Sprintf("encoder.layer.%d.", i)
		e.layers[i] = layer{
			attention: r.linear(c.Width, c.Width, at+"attention.self.query", at+"attention.self.key", at+"attention.self.value"),
			mixed:     r.linear(c.Width, c.Width, at+"attention.output.dense"),
			mixedNorm: r.norm(at+"attention.output.LayerNorm", c),
			inner:     r.linear(c.Width, c.Inner, at+"intermediate.dense"),
			outer:     r.linear(c.Inner, c.Width, at+"output.dense"),
			outerNorm: r.norm(at+"output.LayerNorm", c),
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	for i := range e.positions {
		e.positions[i] += types[i%c.Width]
	}
	return e, nil
}

// encode returns a row for each token, which is w's until the next text.
func (e *encoder) encode(w *work, tokens []int32) (matrix, error) {
	c := e.config
	n := len(tokens)
	w.fit(n, c)
	for i, token := range tokens {
		row := w.states.row(i)
		if err := e.words.read(row, int(token)); err != nil {
			return matrix{}, err
		}
		for j, x := range e.positions[(i+c.offset())*c.Width:][:c.Width] {
			row[j] += x
		}
		e.norm.apply(row)
	}
	for i := range e.layers {
		e.layers[i].apply(w, n, c)
	}
	return w.states, nil
}

func (l *layer) apply(w *work, n int, c config) {
	l.attention.apply(w.attention, w.states)
	for head := range c.Heads {
		w.attend(head, n, c)
	}
	l.mixed.apply(w.inner.narrow(c.Width), w.mixed)
	addNormed(w.states, w.inner.narrow(c.Width), n, l.mixedNorm)
	l.inner.apply(w.inner, w.states)
	for i := range n {
		gelu(w.inner.row(i))
	}
	l.outer.apply(w.mixed, w.inner)
	addNormed(w.states, w.mixed, n, l.outerNorm)
}

// attend puts into mixed, for each token, the mean of all tokens' values, weighted by how
// well their keys fit its query, of one head.
func (w *work) attend(head, n int, c config) {
	size := c.Width / c.Heads
	at := head * size
	for i := range n {
		row := w.attention.row(i)
		for j, x := range row[c.Width+at:][:size] {
			w.keys.set(j, i, x)
		}
		for j, x := range row[2*c.Width+at:][:size] {
			w.values.set(i, j, x)
		}
	}
	multiply(w.scores, w.attention.from(at), w.keys)
	for i := range n {
		softmax(w.scores.row(i)[:n], float32(1/math.Sqrt(float64(size))))
	}
	multiply(w.mixed.from(at), w.scores, w.values)
}

func (l linear) apply(out, in matrix) {
	multiply(out, in, l.weight)
	for i := range in.height {
		row := out.row(i)
		for j, b := range l.bias {
			row[j] += b
		}
	}
}

// addNormed adds rows to the states, and normalises.
func addNormed(states, rows matrix, n int, by norm) {
	for i := range n {
		state := states.row(i)
		for j, x := range rows.row(i)[:len(state)] {
			state[j] += x
		}
		by.apply(state)
	}
}

// fit makes room for a text of n tokens.
func (w *work) fit(n int, c config) {
	size := c.Width / c.Heads
	w.states, w.mixed = w.states.resized(n, c.Width), w.mixed.resized(n, c.Width)
	w.attention = w.attention.resized(n, upTo(3*c.Width, panelWidth))
	w.inner = w.inner.resized(n, max(c.Width, c.Inner))
	w.scores = w.scores.resized(n, upTo(n, panelWidth))
	w.keys, w.values = w.keys.resized(size, n), w.values.resized(n, size)
}
