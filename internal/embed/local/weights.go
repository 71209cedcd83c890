package local

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// The bounds of a file of weights: far above those of the models that this is for.
const (
	maxHeader = 16 << 20 // bytes
	maxTensor = 2 << 30  // numbers
)

// weights is a file of tensors (safetensors): the length of a header, the header, which says
// what lies where, and the numbers.
type weights struct {
	file    *os.File
	data    int64 // where the numbers begin
	size    int64 // of the file
	tensors map[string]tensor
}

type tensor struct {
	Type    string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// openWeights reads the header. The file stays open until close.
func openWeights(path string) (w *weights, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	w = &weights{file: file}
	if err := w.readHeader(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s is no file of weights (safetensors): %w", path, err)
	}
	return w, nil
}

func (w *weights) readHeader() error {
	info, err := w.file.Stat()
	if err != nil {
		return err
	}
	w.size = info.Size()
	var length uint64
	if err := binary.Read(io.NewSectionReader(w.file, 0, 8), binary.LittleEndian, &length); err != nil {
		return fmt.Errorf("the length of its header is missing")
	}
	if length > maxHeader || int64(length) > w.size-8 {
		return fmt.Errorf("its header has %d bytes", length)
	}
	w.data = 8 + int64(length)
	header := make([]byte, length)
	if _, err := w.file.ReadAt(header, 8); err != nil {
		return err
	}
	entries := map[string]json.RawMessage{}
	if err := json.Unmarshal(header, &entries); err != nil {
		return fmt.Errorf("its header is no JSON object")
	}
	w.tensors = make(map[string]tensor, len(entries))
	for name, raw := range entries {
		if name == "__metadata__" {
			continue
		}
		var t tensor
		if err := json.Unmarshal(raw, &t); err != nil {
			return fmt.Errorf("its header does not describe %.64q", name)
		}
		w.tensors[name] = t
	}
	return nil
}

func (w *weights) close() error { return w.file.Close() }

// numberSize is how many bytes a number of a type has, 0 for types that are not read.
var numberSize = map[string]int64{"F32": 4, "F16": 2, "BF16": 2}

// find is a tensor of that shape.
func (w *weights) find(name string, shape ...int) (t tensor, err error) {
	t, ok := w.tensors[name]
	if !ok {
		return t, fmt.Errorf("the weights have no %s", name)
	}
	size := numberSize[t.Type]
	if size == 0 {
		return t, fmt.Errorf("%s has numbers of the type %.16q, which is none of F32, F16 and BF16", name, t.Type)
	}
	numbers := int64(1)
	for i, n := range shape {
		if i >= len(t.Shape) || t.Shape[i] != n || len(t.Shape) != len(shape) {
			return t, fmt.Errorf("%s has the shape %v, not %v as the configuration says", name, t.Shape, shape)
		}
		numbers *= int64(n)
	}
	if numbers > maxTensor {
		return t, fmt.Errorf("%s has %d numbers", name, numbers)
	}
	if from, to := t.Offsets[0], t.Offsets[1]; from < 0 || to-from != numbers*size || to > w.size-w.data {
		return t, fmt.Errorf("%s does not lie in the file", name)
	}
	return t, nil
}

// reader reads tensors until the first error.
type reader struct {
	w   *weights
	err error
}

func (r *reader) numbers(name string, shape ...int) []float32 {
	if r.err != nil {
		return nil
	}
	t, err := r.w.find(name, shape...)
	if err != nil {
		r.err = err
		return nil
	}
	raw := make([]byte, t.Offsets[1]-t.Offsets[0])
	if _, err := r.w.file.ReadAt(raw, r.w.data+t.Offsets[0]); err != nil {
		r.err = fmt.Errorf("read %s: %w", name, err)
		return nil
	}
	out := make([]float32, int64(len(raw))/numberSize[t.Type])
	decode(out, raw, t.Type)
	return out
}

func decode(out []float32, raw []byte, kind string) {
	for i := range out {
		switch kind {
		case "F32":
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		case "BF16":
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		default:
			out[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	}
}

// half is a number of 16 bits (IEEE 754) as one of 32.
func half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10&31), uint32(bits&1023)
	switch exponent {
	case 0:
		x := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

func (r *reader) norm(name string, c config) norm {
	return norm{r.numbers(name+".weight", c.Width), r.numbers(name+".bias", c.Width), c.Epsilon}
}

// linear puts matrices of the same size beside each other.
func (r *reader) linear(in, out int, names ...string) linear {
	l := linear{weight: newPanels(in, out*len(names))}
	for i, name := range names {
		weight := r.numbers(name+".weight", out, in)
		l.bias = append(l.bias, r.numbers(name+".bias", out)...)
		for at, x := range weight {
			l.weight.set(at%in, i*out+at/in, x)
		}
	}
	return l
}

// table is a matrix of which rows are read from the file when they are needed: that of the
// words is by far the largest part of a model, and a text needs little of it.
type table struct {
	w     *weights
	at    int64
	kind  string
	rows  int
	width int
}

func (r *reader) table(name string, rows, width int) *table {
	if r.err != nil {
		return nil
	}
	t, err := r.w.find(name, rows, width)
	if err != nil {
		r.err = err
		return nil
	}
	return &table{r.w, r.w.data + t.Offsets[0], t.Type, rows, width}
}

// read sets row to one of the table.
func (t *table) read(row []float32, i int) error {
	if i < 0 || i >= t.rows {
		return fmt.Errorf("the tokenizer knows token %d, the weights have %d", i, t.rows)
	}
	size := numberSize[t.kind] * int64(t.width)
	raw := make([]byte, size)
	if _, err := t.w.file.ReadAt(raw, t.at+int64(i)*size); err != nil {
		return fmt.Errorf("read the weights of token %d: %w", i, err)
	}
	decode(row, raw, t.kind)
	return nil
}

// strip takes the first of the prefixes that there is from the names: models that were
// made for more than embeddings have one.
func (w *weights) strip(prefixes ...string) {
	for _, prefix := range prefixes {
		if _, ok := w.tensors[prefix+"embeddings.word_embeddings.weight"]; !ok {
			continue
		}
		stripped := make(map[string]tensor, len(w.tensors))
		for name, t := range w.tensors {
			stripped[strings.TrimPrefix(name, prefix)] = t
		}
		w.tensors = stripped
		return
	}
}
