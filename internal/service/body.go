package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"os"
)

// Body opens what a request sends; it is called for each try.
type Body func() (Content, error)

// Content is one opened body.
type Content struct {
	io.Reader
	Size  int64
	Type  string
	close func() error
}

// Close gives back what the body holds.
func (c Content) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// bodyError is trouble of this machine's own, which no service can mend.
type bodyError struct{ error }

func (e *bodyError) Unwrap() error { return e.error }

func empty() (Content, error) { return Content{Reader: bytes.NewReader(nil)}, nil }

// JSON sends a value.
func JSON(value any) Body {
	raw, err := json.Marshal(value)
	return func() (Content, error) {
		if err != nil {
			return Content{}, fmt.Errorf("encode request: %w", err)
		}
		return Content{Reader: bytes.NewReader(raw), Size: int64(len(raw)), Type: "application/json"}, nil
	}
}

// Form is a form with one file (RFC 7578).
type Form struct {
	Fields    [][2]string // names and values, in order
	FileField string
	FileName  string // as the service is told it
	FileType  string // MIME type of the file
	Path      string
}

// Open is the form's [Body]. The file is sent as it is read, and never in memory as a
// whole; the size is known, so that no proxy on the way has to take pieces.
func (f Form) Open() (Content, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return Content{}, err
	}
	content, err := f.around(file)
	if err != nil {
		file.Close()
		return Content{}, err
	}
	return content, nil
}

// around puts the form around its open file.
func (f Form) around(file *os.File) (Content, error) {
	info, err := file.Stat()
	if err != nil {
		return Content{}, err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, field := range f.Fields {
		if err := w.WriteField(field[0], field[1]); err != nil {
			return Content{}, err
		}
	}
	if _, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, f.FileField, f.FileName)},
		"Content-Type":        {f.FileType},
	}); err != nil {
		return Content{}, err
	}
	head := bytes.Clone(form.Bytes())
	form.Reset()
	if err := w.Close(); err != nil {
		return Content{}, err
	}
	tail := form.Bytes()
	return Content{
		Reader: io.MultiReader(bytes.NewReader(head), io.LimitReader(file, info.Size()), bytes.NewReader(tail)),
		Size:   int64(len(head)) + info.Size() + int64(len(tail)),
		Type:   w.FormDataContentType(),
		close:  file.Close,
	}, nil
}
