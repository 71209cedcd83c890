package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document/source"
)

func open(t *testing.T, raw []byte, limits Limits) *Archive {
	t.Helper()
	a, err := Open(bytes.NewReader(raw), int64(len(raw)), "a book", limits)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestParts(t *testing.T) {
	t.Parallel()
	a := open(t, converttest.Zip(t, "a.xml", "first", "A.xml", "other", "Dir\\B.XML", "slashes", "a.xml", "second"), Limits{})
	for name, want := range map[string]string{"a.xml": "first", "A.xml": "other", "dir/b.xml": "slashes", "/Dir/B.xml": "slashes"} {
		raw, err := a.Read(name)
		if err != nil || string(raw) != want || !a.Has(name) {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
	}
	if raw, err := a.Read("c.xml"); raw != nil || err != nil || a.Has("c.xml") {
		t.Errorf("a part that is none: %q, %v", raw, err)
	}
	if _, err := a.Open("c.xml", 1); !errors.Is(err, ErrNoPart) {
		t.Errorf("a part that is none: %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	raw := converttest.Zip(t, "a", long, "b", long, "zeros", strings.Repeat("\x00", 20<<20))
	for name, test := range map[string]struct {
		limits Limits
		parts  []string
		want   string
	}{
		"within":         {Limits{MaxPart: 10_000, MaxTotal: 30_000}, []string{"a", "b"}, ""},
		"a large part":   {Limits{MaxPart: 9_999}, []string{"a"}, "a part of the document is larger than 9999 bytes"},
		"too much":       {Limits{MaxTotal: 20_000}, []string{"a", "b"}, "larger than 20000 bytes when unpacked"},
		"too many parts": {Limits{MaxTotal: 12_000}, []string{"a"}, "when unpacked"},
		"a bomb":         {Limits{}, []string{"zeros"}, "more than 400 times its size"},
	} {
		a := open(t, raw, test.limits)
		var err error
		for _, part := range test.parts {
			if err == nil {
				_, err = a.Read(part)
			}
		}
		if (err == nil) != (test.want == "") || err != nil && (!errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoArchive(t *testing.T) {
	t.Parallel()
	sound := converttest.Zip(t, "a", strings.Repeat("some text ", 100))
	for name, test := range map[string]struct {
		raw  []byte
		want string
	}{
		"empty":     {nil, "the file is not a book"},
		"text":      {[]byte("a text"), "the file is not a book"},
		"truncated": {sound[:len(sound)/2], "truncated"},
	} {
		_, err := Open(bytes.NewReader(test.raw), int64(len(test.raw)), "a book", Limits{})
		if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Open(bytes.NewReader(sound), int64(len(sound)), "a book", Limits{MaxDirectory: -endOfDirectory})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "too many parts") {
		t.Errorf("a large table of contents: %v", err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "a", Method: zip.Store})
	if err == nil {
		_, err = io.WriteString(w, "some text")
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Replace(b.Bytes(), []byte("some text"), []byte("some tent"), 1)
	if _, err := open(t, flipped, Limits{}).Read("a"); !errors.Is(err, convert.ErrBadSource) || !errors.Is(err, ErrDamaged) {
		t.Errorf("another sum: %v", err)
	}
	locked := bytes.Clone(b.Bytes())
	locked[bytes.LastIndex(locked, []byte("PK\x01\x02"))+8] |= 1
	if _, err := open(t, locked, Limits{}).Read("a"); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("a locked part: %v", err)
	}
	method := bytes.Clone(b.Bytes())
	method[bytes.LastIndex(method, []byte("PK\x01\x02"))+10] = 99
	if _, err := open(t, method, Limits{}).Read("a"); !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "compressed") {
		t.Errorf("an unknown method: %v", err)
	}
}

// brokenDisk reads the end of a file, and nothing else.
type brokenDisk struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("disk broken")

func (d brokenDisk) ReadAt(b []byte, offset int64) (int, error) {
	if offset < d.from {
		return 0, errDisk
	}
	return d.Reader.ReadAt(b, offset)
}

// The disk's trouble is not the file's fault.
func TestBrokenDisk(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 10_000) // so that the end alone is read to open it
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	raw := converttest.Zip(t, "a", string(noise))
	size := int64(len(raw))
	if _, err := Open(brokenDisk{bytes.NewReader(raw), size}, size, "a book", Limits{}); !errors.Is(err, errDisk) || errors.Is(err, convert.ErrBadSource) {
		t.Errorf("opened: %v", err)
	}
	a, err := Open(brokenDisk{bytes.NewReader(raw), size / 2}, size, "a book", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Read("a"); !errors.Is(err, errDisk) || errors.Is(err, convert.ErrBadSource) {
		t.Errorf("read: %v", err)
	}
}

func TestOpenFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, converttest.Zip(t, "a", "some text"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenFile(source.File{Source: content.Source{Path: path}, Limits: source.Limits{MaxFile: 8, MaxUnpacked: 1 << 20}}, "a book")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Read("a"); !errors.Is(err, convert.ErrBadSource) || a.MaxPart() != 8 {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := OpenFile(source.File{Source: content.Source{Path: path + "?"}}, "a book"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// FuzzArchive is given whole files.
func FuzzArchive(f *testing.F) {
	f.Add(converttest.Zip(f, "a", "text", "b", ""))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Open(bytes.NewReader(raw), int64(len(raw)), "a book", Limits{MaxPart: 1 << 20, MaxTotal: 4 << 20})
		if err != nil {
			converttest.Clean(t, nil, err)
			return
		}
		for name := range a.parts {
			if text, err := a.Read(name); err != nil {
				converttest.Clean(t, nil, err)
			} else if len(text) > 1<<20 {
				t.Errorf("%d bytes", len(text))
			}
		}
	})
}
