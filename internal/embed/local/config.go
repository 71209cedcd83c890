package local

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// config is what a folder says of its model, in the members of config.json and of the
// files that sentence-transformers writes beside it.
type config struct {
	Type       string  `json:"model_type"`
	Activation string  `json:"hidden_act"`
	Embeddings string  `json:"position_embedding_type"`
	Width      int     `json:"hidden_size"`
	Inner      int     `json:"intermediate_size"`
	Heads      int     `json:"num_attention_heads"`
	Layers     int     `json:"num_hidden_layers"`
	Positions  int     `json:"max_position_embeddings"`
	Types      int     `json:"type_vocab_size"`
	Vocabulary int     `json:"vocab_size"`
	Epsilon    float32 `json:"layer_norm_eps"`
	Pad        int     `json:"pad_token_id"`

	window         int  // tokens of a text that are read at a time, with those around it
	first          bool // the vector is that of the first token, not the mean of all
	query, passage string
}

// offset is the position of the first token: RoBERTa counts from behind its padding.
func (c config) offset() int {
	if c.Type == "bert" {
		return 0
	}
	return c.Pad + 1
}

func readConfig(folder string) (c config, err error) {
	c = config{Activation: "gelu", Types: 1, Epsilon: 1e-12}
	if err := readJSON(folder, "config.json", true, &c); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("config.json: %w", err)
	}
	var sentence struct {
		Window int `json:"max_seq_length"`
	}
	if err := readJSON(folder, "sentence_bert_config.json", false, &sentence); err != nil {
		return c, err
	}
	c.window = c.Positions - c.offset()
	if sentence.Window > 2 {
		c.window = min(c.window, sentence.Window)
	}
	var prompts struct {
		Prompts map[string]string `json:"prompts"`
	}
	if err := readJSON(folder, "config_sentence_transformers.json", false, &prompts); err != nil {
		return c, err
	}
	c.query, c.passage = prompts.Prompts["query"], prompts.Prompts["passage"]
	if c.passage == "" {
		c.passage = prompts.Prompts["document"]
	}
	return c, c.readModules(folder)
}

// check refuses what the arithmetic is not made for.
func (c config) check() error {
	for name, n := range map[string]int{
		"hidden_size": c.Width, "intermediate_size": c.Inner, "num_attention_heads": c.Heads, "num_hidden_layers": c.Layers,
		"max_position_embeddings": c.Positions, "type_vocab_size": c.Types, "vocab_size": c.Vocabulary,
	} {
		if n < 1 || n > 1<<20 {
			return fmt.Errorf("%s is %d", name, n)
		}
	}
	switch {
	case c.Type != "bert" && c.Type != "roberta" && c.Type != "xlm-roberta":
		return fmt.Errorf("model_type is %.64q: bert, roberta and xlm-roberta are understood", c.Type)
	case c.Activation != "gelu":
		return fmt.Errorf("hidden_act is %.64q: gelu is understood", c.Activation)
	case c.Embeddings != "" && c.Embeddings != "absolute":
		return fmt.Errorf("position_embedding_type is %.64q: absolute is understood", c.Embeddings)
	case c.Width%c.Heads != 0 || c.Width/c.Heads%panelWidth != 0 || c.Inner%panelWidth != 0:
		return fmt.Errorf("hidden_size / num_attention_heads and intermediate_size must be multiples of %d", panelWidth)
	case c.Layers > 1000 || c.Pad < 0 || c.Positions-c.offset() < 8:
		return fmt.Errorf("num_hidden_layers, pad_token_id or max_position_embeddings is out of bounds")
	}
	return nil
}

// readModules reads what becomes of the tokens' vectors.
func (c *config) readModules(folder string) error {
	var modules []struct{ Path, Type string }
	if err := readJSON(folder, "modules.json", false, &modules); err != nil {
		return err
	}
	pooling := "1_Pooling"
	for _, m := range modules {
		switch kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]; kind {
		case "Transformer", "Normalize":
		case "Pooling":
			if pooling = m.Path; !filepath.IsLocal(pooling) {
				return fmt.Errorf("modules.json: the path %.64q leads out of the folder", pooling)
			}
		default:
			return fmt.Errorf("modules.json: the module %.64q is not understood: Transformer, Pooling and Normalize are", kind)
		}
	}
	var p struct {
		Class bool `json:"pooling_mode_cls_token"`
		Mean  bool `json:"pooling_mode_mean_tokens"`
		Max   bool `json:"pooling_mode_max_tokens"`
		Root  bool `json:"pooling_mode_mean_sqrt_len_tokens"` // its direction is the mean's
	}
	p.Mean = true
	if err := readJSON(folder, filepath.Join(pooling, "config.json"), false, &p); err != nil {
		return err
	}
	if p.Max || p.Class == (p.Mean || p.Root) || p.Mean && p.Root {
		return fmt.Errorf("%s/config.json: the mean of the tokens or the first one is understood", pooling)
	}
	c.first = p.Class
	return nil
}

// maxJSON bounds the files of JSON, of which the one of the tokenizer is the largest.
const maxJSON = 64 << 20

func readJSON(folder, name string, must bool, into any) error {
	file, err := os.Open(filepath.Join(folder, name))
	if os.IsNotExist(err) && !must {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxJSON+1))
	if err != nil {
		return err
	}
	if len(raw) > maxJSON {
		return fmt.Errorf("%s is larger than %d MiB", name, maxJSON>>20)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s is not what it should be: %w", name, err)
	}
	return nil
}
