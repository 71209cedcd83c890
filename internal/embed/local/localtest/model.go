// Package localtest makes a small model for tests, as folders of sentence-transformers have them.
package localtest

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Config is that of a model of a few numbers, of which none is learned: each is a sine.
func Config() map[string]any {
	return map[string]any{
		"model_type": "bert", "hidden_act": "gelu", "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 2, "num_hidden_layers": 2,
		"max_position_embeddings": 24, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "vocab_size": len(Pieces()),
	}
}

// Pieces are the tokens that it knows, by their numbers.
func Pieces() []string {
	pieces := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "tide", "turn", "##s", "##ing", "noon", "sentence", ",", ".", "山"}
	for r := 'a'; r <= 'z'; r++ {
		pieces = append(pieces, string(r), "##"+string(r))
	}
	for r := '0'; r <= '9'; r++ {
		pieces = append(pieces, string(r), "##"+string(r))
	}
	return pieces
}

// tensors are those of the model, in the order in which their numbers are made.
func tensors() (names []string, shapes [][]int) {
	add := func(name string, shape ...int) { names, shapes = append(names, name), append(shapes, shape) }
	norm := func(name string) { add(name+".weight", 32); add(name+".bias", 32) }
	linear := func(name string, out, in int) { add(name+".weight", out, in); add(name+".bias", out) }
	add("embeddings.word_embeddings.weight", len(Pieces()), 32)
	add("embeddings.position_embeddings.weight", 24, 32)
	add("embeddings.token_type_embeddings.weight", 2, 32)
	norm("embeddings.LayerNorm")
	for _, layer := range []string{"encoder.layer.0.", "encoder.layer.1."} {
		for _, part := range []string{"query", "key", "value"} {
			linear(layer+"attention.self."+part, 32, 32)
		}
		linear(layer+"attention.output.dense", 32, 32)
		norm(layer + "attention.output.LayerNorm")
		linear(layer+"intermediate.dense", 48, 32)
		linear(layer+"output.dense", 32, 48)
		norm(layer + "output.LayerNorm")
	}
	return names, shapes
}

// Weights is a file of weights, of tensors whose names begin with prefix.
func Weights(prefix string) []byte {
	header, data := map[string]any{"__metadata__": map[string]string{"format": "pt"}}, []byte{}
	names, shapes := tensors()
	for i, name := range names {
		count := 1
		for _, n := range shapes[i] {
			count *= n
		}
		from := len(data)
		for j := range count {
			x := math.Sin(float64(1000*i+j) * 0.7)
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(x)))
		}
		header[prefix+name] = map[string]any{"dtype": "F32", "shape": shapes[i], "data_offsets": []int{from, len(data)}}
	}
	raw, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(raw))), raw...), data...)
}

// Tokenizer is the content of tokenizer.json.
func Tokenizer() any {
	vocabulary := map[string]int{}
	for i, p := range Pieces() {
		vocabulary[p] = i
	}
	special := func(name string) any { return map[string]any{"id": name, "type_id": 0} }
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": []any{}, "decoder": nil,
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{
			"type": "TemplateProcessing", "pair": []any{},
			"single": []any{map[string]any{"SpecialToken": special("[CLS]")}, map[string]any{"Sequence": special("A")}, map[string]any{"SpecialToken": special("[SEP]")}},
			"special_tokens": map[string]any{
				"[CLS]": map[string]any{"id": "[CLS]", "ids": []int{2}, "tokens": []string{"[CLS]"}},
				"[SEP]": map[string]any{"id": "[SEP]", "ids": []int{3}, "tokens": []string{"[SEP]"}},
			},
		},
		"model": map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary},
	}
}

// Put writes a file of a folder: bytes as they are, anything else as JSON.
func Put(t testing.TB, folder, name string, content any) {
	t.Helper()
	raw, ok := content.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(content); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Folder is the model's folder.
func Folder(t testing.TB) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "tiny")
	Put(t, folder, "config.json", Config())
	Put(t, folder, "tokenizer.json", Tokenizer())
	Put(t, folder, "model.safetensors", Weights(""))
	return folder
}
