// Package local embeds texts by a model of the operator's, in this process: sentence
// embeddings of BERT and its relatives, as sentence-transformers keeps them in a folder.
//
// A folder has config.json, model.safetensors, tokenizer.json or vocab.txt, and what
// sentence-transformers adds: modules.json, 1_Pooling/config.json, sentence_bert_config.json
// and config_sentence_transformers.json, of which the prompts "query" and "passage" (or
// "document") are put before questions and passages. The vectors are those of
// sentence-transformers to 1e-3 (`make try-models` compares), and the same to the last bit
// whatever else is embedded beside a text, since each is computed alone.
//
// A model reads so many tokens at a time, 256 or 512 as a rule. A longer text is read in as
// many equal parts as it takes, sixteen at most, and has the mean of their vectors, weighted by
// their tokens: sentence-transformers would read the beginning alone. What is behind the
// sixteenth is not read.
//
// Why no library: hugot 0.6.1 with its Go backend, the one there is, adds 16 MB to the
// program (this: 0.1), reads ONNX alone and not every operation of it, and takes 94 ms of one
// processor for a text of 128 tokens by all-MiniLM-L6-v2 and 370 MB of memory; this takes 36 ms
// and 100 MB, and ONNX Runtime 19 ms (measured beside each other on an EPYC with AVX2).
package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"morag/internal/embed"
)

// maxWindows is how many parts of a text are read.
const maxWindows = 16

// Embedder embeds by a model. It is safe for concurrent use, and uses as many processors as
// there are for the texts of a call.
type Embedder struct {
	model     embed.Model
	encoder   *encoder
	tokenizer tokenizer
	weights   *weights
	checksum  string    // of the weights
	rooms     sync.Pool // of *work
	places    chan struct{}
}

// Open reads the model in a folder. Its name is that of the folder with the beginning of the
// SHA-256 of the weights, since vectors of others do not compare. Close frees its file.
func Open(folder string) (*Embedder, error) {
	e, err := open(folder)
	if err != nil {
		return nil, fmt.Errorf("the model in %s: %w", folder, err)
	}
	return e, nil
}

func open(folder string) (e *Embedder, err error) {
	c, err := readConfig(folder)
	if err != nil {
		return nil, err
	}
	tok, err := readTokenizer(folder)
	if err != nil {
		return nil, err
	}
	w, err := openWeights(filepath.Join(folder, weightsFile))
	if err != nil {
		return nil, err
	}
	w.strip("bert.", "roberta.")
	enc, err := newEncoder(w, c)
	if err == nil {
		var sum string
		if sum, err = checksum(w.file); err == nil {
			return &Embedder{
				model:   embed.Model{Name: "local-" + filepath.Base(folder) + "-" + sum[:8], Dimension: c.Width},
				encoder: enc, tokenizer: tok, weights: w, checksum: sum, places: make(chan struct{}, runtime.GOMAXPROCS(0)),
			}, nil
		}
	}
	w.close()
	return nil, err
}

func checksum(file *os.File) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// Close frees the file of the weights. Nothing may be embedded any more.
func (e *Embedder) Close() error { return e.weights.close() }

// Model is the folder's, with the width of the model as dimension.
func (e *Embedder) Model() embed.Model { return e.model }

// Embed embeds each text, as many at a time as there are processors, whoever asks.
func (e *Embedder) Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	prompt := e.encoder.config.passage
	if purpose == embed.Query {
		prompt = e.encoder.config.query
	}
	vectors := make([][]float32, len(texts))
	errs := make([]error, cap(e.places))
	var next atomic.Int64
	var runners sync.WaitGroup
	for r := range min(len(errs), len(texts)) {
		runners.Go(func() {
			for errs[r] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(texts) {
					return
				}
				vectors[i], errs[r] = e.embed(ctx, prompt, texts[i])
			}
		})
	}
	runners.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return vectors, nil
}

// embed is the vector of one text.
func (e *Embedder) embed(ctx context.Context, prompt, text string) ([]float32, error) {
	c := e.encoder.config
	sum := make([]float32, c.Width)
	if strings.TrimSpace(text) == "" {
		return sum, nil
	}
	select {
	case e.places <- struct{}{}:
		defer func() { <-e.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	room, _ := e.rooms.Get().(*work)
	if room == nil {
		room = &work{}
	}
	defer e.rooms.Put(room)
	for _, window := range e.windows(prompt + text) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		states, err := e.encoder.encode(room, window)
		if err != nil {
			return nil, err
		}
		part := pool(states, c)
		for i, x := range part {
			sum[i] += x * float32(len(window))
		}
	}
	unit(sum)
	return sum, nil
}

// windows are the tokens of a text in equal parts that the model can read.
func (e *Embedder) windows(text string) (parts [][]int32) {
	size := e.encoder.config.window - 2
	all := make([]int32, 0, size)
	for token := range e.tokenizer.tokens(text) {
		if len(all) == size*maxWindows {
			break
		}
		all = append(all, token)
	}
	before, after := e.tokenizer.around()
	n := max(1, (len(all)+size-1)/size)
	for i := range n {
		part := all[i*len(all)/n : (i+1)*len(all)/n]
		parts = append(parts, append(append([]int32{before}, part...), after))
	}
	return parts
}

// pool makes a vector of unit length of those of the tokens.
func pool(states matrix, c config) []float32 {
	sum := make([]float32, c.Width)
	rows := states.height
	if c.first {
		rows = 1
	}
	for i := range rows {
		for j, x := range states.row(i) {
			sum[j] += x
		}
	}
	unit(sum)
	return sum
}

func unit(v []float32) {
	var squares float64
	for _, x := range v {
		squares += float64(x) * float64(x)
	}
	if squares == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(squares))
	for i := range v {
		v[i] *= scale
	}
}
