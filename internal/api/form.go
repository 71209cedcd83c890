package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"morag/internal/content"
	"morag/internal/task"
)

// Bounds of a form: what a client can make the server hold in memory.
const (
	maxFormFields = 100
	maxFormBytes  = 2 << 20
	maxNameBytes  = 1024
)

// form is a request's fields and, once stored, its file. Its strings are copies, as those
// of [input].
type form struct {
	fields map[string]string
	file   *task.Source // nil when none was sent
	head   []byte       // its first bytes
	free   func()       // gives the room of the fields back, nil for none
}

// readForm reads a multipart, urlencoded or JSON request. A file is stored while it
// arrives, whatever comes before or after it; on an error nothing of it is left.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) (*form, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, malformed("the header Content-Type cannot be understood")
	}
	switch mediaType {
	case "multipart/form-data":
		if params["boundary"] == "" {
			return nil, malformed("the header Content-Type names no boundary")
		}
		free, err := s.uploads.take(r.Context(), callerOf(r).Name, "uploads")
		if err != nil {
			return nil, err
		}
		defer free()
		return s.readMultipart(w, r, params["boundary"])
	case "application/x-www-form-urlencoded", "":
		return readURLEncoded(w, r)
	case "application/json":
		b, err := readWhole(w, r, maxFormBytes)
		if err != nil {
			return nil, err
		}
		return &form{fields: map[string]string{"request_data": string(b.raw)}, free: b.free}, nil
	}
	return nil, problem(http.StatusUnsupportedMediaType, "Content-Type must be multipart/form-data, application/x-www-form-urlencoded or application/json")
}

func readURLEncoded(w http.ResponseWriter, r *http.Request) (*form, error) {
	b, err := readWhole(w, r, maxFormBytes)
	if err != nil {
		return nil, err
	}
	defer b.free()
	values, err := url.ParseQuery(string(b.raw))
	if err != nil {
		return nil, malformed("the form cannot be understood")
	}
	if len(values) > maxFormFields {
		return nil, malformed("the form has more than %d fields", maxFormFields)
	}
	f := &form{fields: map[string]string{}}
	for name, v := range values {
		if !isList(name) {
			v = v[:1]
		}
		f.fields[name] = strings.Clone(strings.Join(v, ","))
	}
	return f, nil
}

func (s *Server) readMultipart(w http.ResponseWriter, r *http.Request, boundary string) (*form, error) {
	body := http.MaxBytesReader(w, r.Body, s.MaxUploadSize+maxFormBytes+maxFormFields<<10)
	parts := multipart.NewReader(body, boundary)
	f := &form{fields: map[string]string{}}
	budget := int64(maxFormBytes)
	for count := 0; ; count++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			return f, nil
		}
		switch {
		case err != nil:
			err = &readError{err} // of the form's frame
		case count == maxFormFields:
			err = malformed("the form has more than %d fields", maxFormFields)
		default:
			err = s.readPart(r, f, part, &budget)
		}
		if err != nil {
			if f.free != nil {
				f.free()
			}
			s.discard(r.Context(), f)
			err = formError(err)
			if p := answer(err); p != nil && p.Status == http.StatusRequestEntityTooLarge {
				dropRest(w, r)
			}
			return nil, err
		}
	}
}

// formError tells a caller what was wrong with its form; the server's own errors
// stay what they are.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem(http.StatusRequestEntityTooLarge, "the upload is larger than the server takes")
	}
	if answer(err) != nil {
		return err
	}
	var broken *readError
	if errors.As(err, &broken) {
		return malformed("the upload broke off or is not a well-formed multipart form")
	}
	return err
}

// readError marks an error of the client's connection, as against one of storage.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// clientReader marks what goes wrong while reading from the client.
type clientReader struct{ r io.Reader }

func (c clientReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

func (s *Server) readPart(r *http.Request, f *form, part *multipart.Part, budget *int64) error {
	defer part.Close()
	name := part.FormName()
	_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	filename, isFile := disposition["filename"]
	if name == "file" && isFile && filename != "" {
		if f.file != nil {
			return malformed("the form has more than one file")
		}
		return s.storeFile(r.Context(), f, filename, part)
	}
	value, err := f.readField(r, part, *budget)
	if err != nil {
		return err
	}
	if *budget -= int64(len(value)); *budget < 0 {
		return problem(http.StatusRequestEntityTooLarge, "the form's fields are larger than %d bytes", maxFormBytes)
	}
	before, twice := f.fields[name]
	switch {
	case name == "" || name == "file":
	case !twice:
		f.fields[name] = string(value)
	case isList(name):
		f.fields[name] = before + "," + string(value)
	}
	return nil
}

// isList tells whether a field may come several times: its values are joined by commas.
// Of others the first one counts.
func isList(name string) bool { return strings.HasSuffix(name, "[]") }

// readField reads at most limit+1 bytes of a field. The fields of a form that are more than
// small have room in the budget.
func (f *form) readField(r *http.Request, part io.Reader, limit int64) ([]byte, error) {
	value, err := io.ReadAll(io.LimitReader(clientReader{part}, min(limit, smallBody)+1))
	if err != nil || len(value) <= smallBody || limit <= smallBody {
		return value, err
	}
	if f.free == nil {
		b := &body{}
		if err := b.reserve(r, callOf(r).bodies(maxFormBytes), maxFormBytes); err != nil {
			return nil, err
		}
		f.free = b.free
	}
	rest, err := io.ReadAll(io.LimitReader(clientReader{part}, limit+1-int64(len(value))))
	return append(value, rest...), err
}

// storeFile streams the file into the blob store.
func (s *Server) storeFile(ctx context.Context, f *form, filename string, r io.Reader) error {
	info, err := s.Blobs.Put(ctx, clientReader{r}, s.MaxUploadSize)
	if err != nil {
		return err
	}
	f.file = &task.Source{Ref: info.Ref, Name: cleanName(filename), Size: info.Size, SHA256: info.SHA256}
	if info.Size == 0 {
		return malformed("the file is empty")
	}
	f.head = info.Head
	return nil
}

// cleanName is a caller's file name as data: its last element, printable, bounded.
func cleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return -1
	}, strings.ToValidUTF8(name, ""))
	if len(name) <= maxNameBytes {
		return strings.Clone(name)
	}
	_, ext, _ := strings.Cut(name[len(name)-16:], ".")
	cut := strings.ToValidUTF8(name[:maxNameBytes-20], "")
	if ext == "" {
		return cut
	}
	return cut + "." + strings.ToValidUTF8(ext, "")
}

// handOver leaves the stored file to who has taken it over.
func (f *form) handOver() { f.file = nil }

// discard removes a stored file that nothing will use.
func (s *Server) discard(ctx context.Context, f *form) {
	if f.file == nil {
		return
	}
	if err := s.Blobs.Delete(context.WithoutCancel(ctx), f.file.Ref); err != nil {
		s.log.Warn("upload not removed", "err", err)
	}
	f.file = nil
}

// settleType decides what the file is, from its bytes, its name and what the client
// claims, and returns the warning that the client gets.
func (f *form) settleType(claimed string) (warning string, err error) {
	normal, err := content.Normalize(claimed)
	if err != nil {
		return "", invalid("%s", err)
	}
	detected, mimeType := content.Detect(f.head, f.file.Name)
	f.file.MIME = mimeType
	f.file.ContentType, warning = content.Resolve(normal, detected, mimeType)
	if f.file.ContentType == "" {
		if warning == "" {
			warning = "the file is of no known type: name it in content_type"
		}
		return "", invalid("%s", warning)
	}
	return warning, nil
}
