package local

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// knownOne is a model whose files have known checksums, and where its publisher has them.
type knownOne struct {
	name, address string
	sums          map[string]string
}

// DefaultName is the model that is used unless another is set.
const DefaultName = "all-MiniLM-L6-v2"

// known are the models that can be fetched by name. The checksums are those of the revision in
// the address, as many who pin it have them, and of the package that `make try-models` installs.
var known = []knownOne{{
	name:    DefaultName,
	address: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
	sums: map[string]string{
		"config.json":               "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
		"model.safetensors":         "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
		"tokenizer.json":            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
		"modules.json":              "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
		"sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
		"1_Pooling/config.json":     "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
	},
}}

func knownModel(name string) *knownOne {
	for i := range known {
		if known[i].name == name {
			return &known[i]
		}
	}
	return nil
}

func compareNames(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// modelFiles are those that a folder may have; without the needed ones there is no model.
var (
	modelFiles = []string{
		"config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "modules.json", "sentence_bert_config.json",
		"config_sentence_transformers.json", "1_Pooling/config.json", weightsFile,
	}
	neededFiles = []string{"config.json", weightsFile}
)

const (
	weightsFile = "model.safetensors"
	maxWeights  = 8 << 30 // bytes
)

// source is where the files of a model come from.
type source struct {
	from   string
	sums   map[string]string // what files must have
	files  []string
	needed []string
	had    map[string]string // what they have
	client *http.Client      // nil for a folder
}

func newSource(name, from, sum string) (*source, error) {
	s := &source{from: from, sums: map[string]string{}, files: modelFiles, needed: neededFiles, had: map[string]string{}}
	k := knownModel(name)
	switch {
	case k != nil:
		s.from, s.sums, s.files = cmp.Or(from, k.address), k.sums, nil
		for file := range k.sums {
			s.files = append(s.files, file)
		}
		slices.Sort(s.files)
		s.needed = s.files
	case from == "":
		return nil, fmt.Errorf("%w: %s can be fetched by name, others with --from", ErrUnknown, known[0].name)
	}
	if sum != "" {
		if want := s.sums[weightsFile]; want != "" && !strings.EqualFold(want, sum) {
			return nil, fmt.Errorf("%w: that of %s of %s is %s", ErrChecksum, weightsFile, name, want)
		}
		s.sums = withSum(s.sums, strings.ToLower(sum))
	}
	if u, err := url.Parse(s.from); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		if s.sums[weightsFile] == "" {
			return nil, fmt.Errorf("%w: from an address it takes the SHA-256 of %s (--sha256)", ErrChecksum, weightsFile)
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = time.Minute
		s.client = &http.Client{Transport: transport}
	}
	return s, nil
}

func withSum(sums map[string]string, sum string) map[string]string {
	all := map[string]string{weightsFile: sum}
	for file, s := range sums {
		if file != weightsFile {
			all[file] = s
		}
	}
	return all
}

// copy puts the files into a folder.
func (s *source) copy(ctx context.Context, folder string, told func(file string, bytes int64)) error {
	if s.client != nil {
		defer s.client.CloseIdleConnections()
	}
	for _, file := range s.files {
		in, err := s.open(ctx, file)
		if errors.Is(err, fs.ErrNotExist) && !slices.Contains(s.needed, file) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		n, err := s.write(ctx, folder, file, in)
		if err = errors.Join(err, in.Close()); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		told(file, n)
	}
	return nil
}

func (s *source) open(ctx context.Context, file string) (io.ReadCloser, error) {
	if s.client == nil {
		return os.Open(filepath.Join(s.from, filepath.FromSlash(file)))
	}
	u, err := url.Parse(s.from)
	if err != nil {
		return nil, err
	}
	u.Path = path.Join(u.Path, file)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		if answer.StatusCode == http.StatusNotFound {
			return nil, fmt.Errorf("%s: %w", u.Redacted(), fs.ErrNotExist)
		}
		return nil, fmt.Errorf("%s answers %s", u.Redacted(), answer.Status)
	}
	return answer.Body, nil
}

// write copies a file and holds it against its checksum.
func (s *source) write(ctx context.Context, folder, file string, in io.Reader) (int64, error) {
	to := filepath.Join(folder, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	most := int64(maxJSON)
	if file == weightsFile {
		most = maxWeights
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(whileRunning{ctx, in}, most+1))
	if err = errors.Join(err, out.Close()); err != nil {
		return n, err
	}
	if n > most {
		return n, fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	s.had[file] = hex.EncodeToString(sum.Sum(nil))
	if want := s.sums[file]; want != "" && s.had[file] != want {
		return n, fmt.Errorf("%w: %s and not %s", ErrChecksum, s.had[file], want)
	}
	return n, nil
}

// whileRunning ends with its context.
type whileRunning struct {
	ctx context.Context
	in  io.Reader
}

func (r whileRunning) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}
