package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
	"morag/internal/embed/local/localtest"
)

func TestEmbedder(t *testing.T) {
	folder := localtest.Folder(t)
	embedtest.Run(t, func(t *testing.T) embed.Embedder { return openTiny(t, folder) })
}

// reference is what testdata/reference.py says of a text.
type reference struct {
	Text   string    `json:"text"`
	Tokens []int32   `json:"tokens"`
	Vector []float64 `json:"vector"`
}

func readReference(t *testing.T, path string) (all []reference) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// compare holds an embedder against the reference and returns by how much a number of a
// vector is off at most.
func compare(t *testing.T, e *Embedder, all []reference) (worst float64) {
	t.Helper()
	for _, r := range all {
		if tokens := e.windows(r.Text)[0]; !slices.Equal(tokens, r.Tokens) {
			t.Errorf("%.60q has the tokens %v, not %v", r.Text, r.Tokens, tokens)
			continue
		}
		for j, x := range mustEmbed(t, e, embed.Passage, r.Text) {
			worst = max(worst, math.Abs(float64(x)-r.Vector[j]))
		}
	}
	return worst
}

func mustEmbed(t *testing.T, e *Embedder, purpose embed.Purpose, text string) []float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), purpose, []string{text})
	if err != nil {
		t.Fatal(err)
	}
	return vectors[0]
}

// TestReference: testdata/tiny.json is of testdata/reference.py, which shares nothing with
// this package. MORAG_TINY_MODEL=folder has the test write the model there, to make it anew.
func TestReference(t *testing.T) {
	if folder := os.Getenv("MORAG_TINY_MODEL"); folder != "" {
		if err := os.CopyFS(folder, os.DirFS(localtest.Folder(t))); err != nil {
			t.Fatal(err)
		}
	}
	all := readReference(t, "testdata/tiny.json")
	if len(all) < 10 {
		t.Fatalf("%d texts", len(all))
	}
	if worst := compare(t, openTiny(t, localtest.Folder(t)), all); worst > 1e-5 {
		t.Errorf("a number is off by %g", worst)
	}
}

// TestRealModel compares with real weights: `make try-models` names the folder and the
// reference that it has made of it.
func TestRealModel(t *testing.T) {
	folder, path := os.Getenv("MORAG_TRY_MODEL"), os.Getenv("MORAG_TRY_REFERENCE")
	if folder == "" {
		folder, path = localtest.Folder(t), "testdata/tiny.json"
	}
	worst := compare(t, openTiny(t, folder), readReference(t, path))
	if worst > 1e-3 {
		t.Errorf("a number is off by %g", worst)
	}
	t.Logf("%s: no number is off by more than %.1g", filepath.Base(folder), worst)
}

// TestSpellings: models are kept in several ways that mean the same.
func TestSpellings(t *testing.T) {
	want := mustEmbed(t, openTiny(t, localtest.Folder(t)), embed.Passage, "the tide turns")
	for name, change := range map[string]func(folder string){
		"names with a prefix": func(folder string) { localtest.Put(t, folder, "model.safetensors", localtest.Weights("bert.")) },
		"only a vocabulary": func(folder string) {
			os.Remove(filepath.Join(folder, "tokenizer.json"))
			localtest.Put(t, folder, "vocab.txt", []byte(strings.Join(localtest.Pieces(), "\r\n")+"\r\n"))
		},
		"modules": func(folder string) {
			localtest.Put(t, folder, "modules.json", json.RawMessage(`[{"path": "", "type": "sentence_transformers.models.Transformer"},
				{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, {"path": "2", "type": "sentence_transformers.models.Normalize"}]`))
			localtest.Put(t, folder, "1_Pooling/config.json", json.RawMessage(`{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}`))
		},
	} {
		folder := localtest.Folder(t)
		change(folder)
		if got := mustEmbed(t, openTiny(t, folder), embed.Passage, "the tide turns"); !slices.Equal(got, want) {
			t.Errorf("%s: another vector", name)
		}
	}
}

func TestPromptsAndPooling(t *testing.T) {
	folder := localtest.Folder(t)
	localtest.Put(t, folder, "config_sentence_transformers.json", json.RawMessage(`{"prompts": {"query": "the ", "document": "noon "}}`))
	plain, prompted := openTiny(t, localtest.Folder(t)), openTiny(t, folder)
	for purpose, prompt := range map[embed.Purpose]string{embed.Query: "the ", embed.Passage: "noon "} {
		if !slices.Equal(mustEmbed(t, prompted, purpose, "tide"), mustEmbed(t, plain, purpose, prompt+"tide")) {
			t.Errorf("purpose %d is not put behind %q", purpose, prompt)
		}
	}
	localtest.Put(t, folder, "1_Pooling/config.json", json.RawMessage(`{"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true}`))
	e := openTiny(t, folder)
	states, err := e.encoder.encode(&work{}, e.windows("noon tide")[0])
	if err != nil {
		t.Fatal(err)
	}
	first := slices.Clone(states.row(0))
	unit(first)
	for i, x := range mustEmbed(t, e, embed.Passage, "tide") {
		if math.Abs(float64(x-first[i])) > 1e-6 {
			t.Fatalf("number %d is %v, of the first token %v", i, x, first[i])
		}
	}
}

// TestLongTexts: what does not fit into the model's window counts, too, up to a bound.
func TestLongTexts(t *testing.T) {
	e := openTiny(t, localtest.Folder(t))
	const room = 24 - 2
	for _, tt := range []struct{ words, parts, longest int }{{1, 1, 3}, {room, 1, 24}, {room + 1, 2, 14}, {maxWindows * room, maxWindows, 24}, {maxWindows*room + 1, maxWindows, 24}} {
		parts := e.windows(strings.Repeat("tide ", tt.words))
		longest := 0
		for _, p := range parts {
			longest = max(longest, len(p))
		}
		if len(parts) != tt.parts || longest != tt.longest {
			t.Errorf("%d words: %d parts of %d tokens, want %d of %d", tt.words, len(parts), longest, tt.parts, tt.longest)
		}
	}
	filled := strings.Repeat("tide ", maxWindows*room-1)
	if a, b := mustEmbed(t, e, embed.Passage, filled+"noon"), mustEmbed(t, e, embed.Passage, filled+"the"); slices.Equal(a, b) {
		t.Error("the last word that fits does not count")
	}
	if a, b := mustEmbed(t, e, embed.Passage, filled+"noon the"), mustEmbed(t, e, embed.Passage, filled+"noon"); !slices.Equal(a, b) {
		t.Error("a word behind the last that fits counts")
	}
}

func TestModelIsNamedByItsWeights(t *testing.T) {
	folder := localtest.Folder(t)
	first := openTiny(t, folder).Model()
	raw := localtest.Weights("")
	raw[len(raw)-1] ^= 1
	localtest.Put(t, folder, "model.safetensors", raw)
	second := openTiny(t, folder).Model()
	if first == second || !strings.HasPrefix(first.Name, "local-tiny-") || first.Dimension != 32 {
		t.Errorf("%+v and %+v", first, second)
	}
}

func TestRefusals(t *testing.T) {
	with := func(name string, value any) map[string]any {
		c := localtest.Config()
		c[name] = value
		return c
	}
	tokenizer := func(part, name string, value any) any {
		file := localtest.Tokenizer().(map[string]any)
		file[part].(map[string]any)[name] = value
		return file
	}
	weights := localtest.Weights("")
	for _, tt := range []struct {
		file    string
		content any
		want    string
	}{
		{"config.json", []byte("{"), "config.json is not what it should be"},
		{"config.json", with("model_type", "gpt2"), `model_type is "gpt2": bert, roberta and xlm-roberta are understood`},
		{"config.json", with("hidden_act", "relu"), `hidden_act is "relu"`},
		{"config.json", with("position_embedding_type", "relative_key"), "absolute is understood"},
		{"config.json", with("hidden_size", 0), "hidden_size is 0"},
		{"config.json", with("hidden_size", 1<<21), "hidden_size is 2097152"},
		{"config.json", with("hidden_size", 24), "must be multiples of 16"},
		{"config.json", with("num_attention_heads", 4), "must be multiples of 16"},
		{"config.json", with("num_hidden_layers", 1001), "out of bounds"},
		{"config.json", with("num_hidden_layers", 3), "the weights have no encoder.layer.2.attention.self.query.weight"},
		{"config.json", with("intermediate_size", 64), "intermediate.dense.weight has the shape [48 32], not [64 32]"},
		{"modules.json", []byte(`[{"type": "sentence_transformers.models.Dense"}]`), `the module "Dense" is not understood`},
		{"modules.json", []byte(`[{"type": "x.Pooling", "path": "../elsewhere"}]`), "leads out of the folder"},
		{"1_Pooling/config.json", []byte(`{"pooling_mode_max_tokens": true}`), "the mean of the tokens or the first one"},
		{"tokenizer.json", tokenizer("model", "type", "BPE"), `the model "BPE" is not understood`},
		{"tokenizer.json", tokenizer("normalizer", "type", "NFC"), `not the normalizer "NFC"`},
		{"tokenizer.json", tokenizer("model", "vocab", map[string]int{"a": 1}), "the vocabulary has no ["},
		{"model.safetensors", []byte("short"), "the length of its header is missing"},
		{"model.safetensors", slices.Concat([]byte{255, 255, 255, 255, 255, 255, 255, 127}, weights), "its header has 9223372036854775807 bytes"},
		{"model.safetensors", slices.Concat([]byte{2, 0, 0, 0, 0, 0, 0, 0}, []byte("[]")), "its header is no JSON object"},
		{"model.safetensors", weights[:len(weights)-1], "does not lie in the file"},
	} {
		folder := localtest.Folder(t)
		localtest.Put(t, folder, tt.file, tt.content)
		e, err := Open(folder)
		if err == nil {
			e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", tt.file, err, tt.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestTokenBeyondTheWeights: a tokenizer of another model is told of, not read beyond.
func TestTokenBeyondTheWeights(t *testing.T) {
	file := localtest.Tokenizer().(map[string]any)
	file["model"].(map[string]any)["vocab"].(map[string]int)["tide"] = 1 << 20
	folder := localtest.Folder(t)
	localtest.Put(t, folder, "tokenizer.json", file)
	e := openTiny(t, folder)
	if _, err := e.Embed(t.Context(), embed.Query, []string{"the tide"}); err == nil || !strings.Contains(err.Error(), "the tokenizer knows token 1048576") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkEmbed(b *testing.B) {
	folder := os.Getenv("MORAG_TRY_MODEL")
	if folder == "" {
		folder = localtest.Folder(b)
	}
	e := openTiny(b, folder)
	for _, words := range []int{16, 90} {
		texts := make([]string, 64)
		for i := range texts {
			texts[i] = strings.Repeat("noon ", words-1) + string(rune('a'+i%26))
		}
		b.Run(fmt.Sprint(words, "_words"), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Embed(b.Context(), embed.Passage, texts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
