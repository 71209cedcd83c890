package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed asset
var assetFiles embed.FS

// asset is a file that pages use, as it is and compressed.
type asset struct {
	hash, media  string
	plain, small []byte
}

// assets are served under addresses that change with what is in them, so that a browser
// asks for each once.
type assets struct{ byName map[string]asset }

func openAssets() *assets {
	all := &assets{byName: map[string]asset{}}
	entries, err := assetFiles.ReadDir("asset")
	if err != nil {
		panic(err) // it is part of the program
	}
	for _, e := range entries {
		plain, err := assetFiles.ReadFile("asset/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(plain)
		all.byName[e.Name()] = asset{
			hash: hex.EncodeToString(sum[:6]), media: mime.TypeByExtension(path.Ext(e.Name())), plain: plain, small: compress(plain),
		}
	}
	return all
}

// address is where a page finds a file.
func (a *assets) address(name string) string {
	return Root + "/asset/" + a.byName[name].hash + "/" + name
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	file, there := a.byName[r.PathValue("name")]
	if !there {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.media)
	if r.PathValue("hash") == file.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	write(w, r, http.StatusOK, file.plain, file.small)
}

func (a *assets) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, a.address("favicon.svg"), http.StatusFound)
}

func compress(plain []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(plain) // to memory
	_ = z.Close()
	return b.Bytes()
}

// write sends a whole answer, compressed for those who take it.
func write(w http.ResponseWriter, r *http.Request, status int, plain, small []byte) {
	body := plain
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = small
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a reader that has left
}
