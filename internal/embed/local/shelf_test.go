package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/embed/local/localtest"
)

func sumOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// names are what a folder holds.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func silent(string, int64) {}

func TestShelf(t *testing.T) {
	folder := localtest.Folder(t)
	web := httptest.NewServer(http.StripPrefix("/m", http.FileServer(http.Dir(folder))))
	defer web.Close()
	sum := sumOf(localtest.Weights(""))
	for name, from := range map[string]string{"folder": folder, "address": web.URL + "/m"} {
		shelf := Shelf{filepath.Join(t.TempDir(), "models")}
		var told []string
		err := shelf.Pull(t.Context(), "tiny", from, strings.ToUpper(sum), func(file string, bytes int64) { told = append(told, file) })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := []string{"config.json", "tokenizer.json", weightsFile}; !slices.Equal(told, want) {
			t.Errorf("%s: told of %v", name, told)
		}
		all, err := shelf.List()
		if err != nil || len(all) != 2 || all[0] != (Entry{Name: DefaultName, Known: true}) ||
			all[1] != (Entry{Name: "tiny", There: true, Dimension: 32, Bytes: int64(len(localtest.Weights(""))), Checksum: sum}) {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
		openTiny(t, filepath.Join(shelf.Dir, "tiny"))
		if err := shelf.Pull(t.Context(), "tiny", from, sum, silent); !errors.Is(err, ErrThere) {
			t.Errorf("%s again: %v", name, err)
		}
		if err := shelf.Remove("tiny"); err != nil || len(names(t, shelf.Dir)) != 0 {
			t.Errorf("%s: %v, left %v", name, err, names(t, shelf.Dir))
		}
		if err := shelf.Remove("tiny"); !errors.Is(err, ErrMissing) {
			t.Errorf("%s removed twice: %v", name, err)
		}
	}
}

func TestShelfRefusals(t *testing.T) {
	folder, broken := localtest.Folder(t), localtest.Folder(t)
	localtest.Put(t, broken, "config.json", []byte(`{"model_type": "gpt2"}`))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "config.json") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Write([]byte("{}"))
	}))
	defer web.Close()
	other := strings.Repeat("0", 64)
	for _, tt := range []struct {
		name, from, sum string
		is              error
		want            string
	}{
		{"../tiny", folder, "", ErrName, "../tiny"},
		{".tiny", folder, "", ErrName, ""},
		{"tiny", "", "", ErrUnknown, "--from"},
		{"tiny", folder, other, ErrChecksum, sumOf(localtest.Weights(""))},
		{"tiny", web.URL, "", ErrChecksum, "--sha256"},
		{"tiny", web.URL, other, nil, "tokenizer.json: " + web.URL + "/tokenizer.json answers 403"},
		{"tiny", t.TempDir(), "", os.ErrNotExist, "config.json"},
		{"tiny", broken, "", nil, "the model cannot be used: config.json"},
		{DefaultName, folder, other, ErrChecksum, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
		{DefaultName, folder, "", os.ErrNotExist, "1_Pooling/config.json"},
		{DefaultName, web.URL, "", ErrChecksum, "1_Pooling/config.json: the checksum is another: " + sumOf([]byte("{}"))},
	} {
		shelf := Shelf{filepath.Join(t.TempDir(), "models")}
		err := shelf.Pull(t.Context(), tt.name, tt.from, tt.sum, silent)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s from %s: %v, want %v %q", tt.name, tt.from, err, tt.is, tt.want)
		}
		if left := names(t, shelf.Dir); len(left) != 0 {
			t.Errorf("%s from %s leaves %v", tt.name, tt.from, left)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	shelf := Shelf{filepath.Join(t.TempDir(), "models")}
	if err := shelf.Pull(ctx, "tiny", folder, "", silent); !errors.Is(err, context.Canceled) || len(names(t, shelf.Dir)) != 0 {
		t.Errorf("called off: %v, left %v", err, names(t, shelf.Dir))
	}
}

// TestListTellsWhatIsWrong: a folder that is no model is told of, not left out.
func TestListTellsWhatIsWrong(t *testing.T) {
	shelf := Shelf{t.TempDir()}
	localtest.Put(t, shelf.Dir, "bad/config.json", []byte("{"))
	all, err := shelf.List()
	if err != nil || len(all) != 2 || all[1].Name != "bad" || !strings.Contains(all[1].Problem, "config.json") {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestKnownModels(t *testing.T) {
	if known[0].name != DefaultName {
		t.Errorf("the first is %s", known[0].name)
	}
	for _, k := range known {
		if !nameForm.MatchString(k.name) || !strings.HasPrefix(k.address, "https://") {
			t.Errorf("%s at %s", k.name, k.address)
		}
		for _, file := range neededFiles {
			if k.sums[file] == "" {
				t.Errorf("%s has no checksum of %s", k.name, file)
			}
		}
		for file, sum := range k.sums {
			if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size || !filepath.IsLocal(file) {
				t.Errorf("%s: %s %s", k.name, file, sum)
			}
		}
	}
}
