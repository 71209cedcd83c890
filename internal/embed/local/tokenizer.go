package local

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
)

// tokenizer cuts a text into the tokens of a model. It is safe for concurrent use.
type tokenizer interface {
	// tokens yields those of a text, as they are found: whoever has enough stops.
	tokens(text string) iter.Seq[int32]
	// around are the tokens that stand before and after every text.
	around() (before, after int32)
}

// readTokenizer reads tokenizer.json, or vocab.txt where there is only that.
func readTokenizer(folder string) (tokenizer, error) {
	if _, err := os.Stat(filepath.Join(folder, "tokenizer.json")); os.IsNotExist(err) {
		return readPlainTokenizer(folder)
	}
	var file struct {
		Normalizer struct {
			Type  string `json:"type"`
			Lower bool   `json:"lowercase"`
			Strip *bool  `json:"strip_accents"`
		} `json:"normalizer"`
		Model struct {
			Type  string          `json:"type"`
			Vocab json.RawMessage `json:"vocab"`
		} `json:"model"`
	}
	if err := readJSON(folder, "tokenizer.json", true, &file); err != nil {
		return nil, err
	}
	kind := file.Model.Type
	if kind != "WordPiece" {
		return nil, fmt.Errorf("tokenizer.json: the model %.64q is not understood: WordPiece is", kind)
	}
	if n := file.Normalizer; n.Type != "BertNormalizer" || n.Strip != nil && *n.Strip != n.Lower {
		return nil, fmt.Errorf("tokenizer.json: a BertNormalizer is understood that strips accents if it makes letters small, not the normalizer %.64q", n.Type)
	}
	pieces := map[string]int32{}
	if err := json.Unmarshal(file.Model.Vocab, &pieces); err != nil {
		return nil, fmt.Errorf("tokenizer.json: the vocabulary is not what it should be: %w", err)
	}
	return newWordPiece(pieces, file.Normalizer.Lower)
}

// readPlainTokenizer reads vocab.txt and tokenizer_config.json.
func readPlainTokenizer(folder string) (tokenizer, error) {
	pieces, err := readVocabulary(folder)
	if err != nil {
		return nil, err
	}
	settings := struct {
		Lower bool `json:"do_lower_case"`
	}{true}
	if err := readJSON(folder, "tokenizer_config.json", false, &settings); err != nil {
		return nil, err
	}
	return newWordPiece(pieces, settings.Lower)
}
