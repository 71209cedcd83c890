package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"

	"morag/internal/task"
	"morag/internal/tus"
)

// uploadsPath is where uploads are begun, and below which each is.
const uploadsPath = v1 + "/uploads"

// tusVersion is that of the protocol.
const tusVersion = "1.0.0"

type uploadPath struct {
	ID string `path:"id" doc:"the upload's id"`
}

// tusOptions tells what of the protocol there is.
func (s *Server) tusOptions(w http.ResponseWriter, _ *http.Request, _ none) error {
	h := w.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", "creation,creation-with-upload,termination,expiration,checksum")
	h.Set("Tus-Checksum-Algorithm", strings.Join(tus.Algorithms(), ","))
	if s.MaxUploadSize > 0 {
		h.Set("Tus-Max-Size", strconv.FormatInt(s.MaxUploadSize, 10))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type uploadBegun struct {
	Resumable string `header:"Tus-Resumable" doc:"1.0.0"`
	Length    string `header:"Upload-Length" doc:"how many bytes there are to be"`
	Metadata  string `header:"Upload-Metadata" doc:"names and base64 values, the file's name as filename"`
	Checksum  string `header:"Upload-Checksum" doc:"of the body: md5, sha1 or sha256, a space and base64"`
}

func (s *Server) beginUpload(w http.ResponseWriter, r *http.Request, in uploadBegun) error {
	if len(in.Metadata) > maxUploadMetadata {
		return invalid("the header Upload-Metadata is longer than %d bytes", maxUploadMetadata)
	}
	return s.tusCall(w, r, in.Checksum, s.resumable.PostFile)
}

// maxUploadMetadata bounds what is kept of an upload besides its bytes.
const maxUploadMetadata = 8 << 10

type uploadPiece struct {
	uploadPath
	Resumable string `header:"Tus-Resumable" doc:"1.0.0"`
	Offset    string `header:"Upload-Offset" doc:"where in the file the body begins"`
	Checksum  string `header:"Upload-Checksum" doc:"of the body: md5, sha1 or sha256, a space and base64"`
}

func (s *Server) addToUpload(w http.ResponseWriter, r *http.Request, in uploadPiece) error {
	return s.tusCall(w, r, in.Checksum, s.resumable.PatchFile)
}

func (s *Server) showUpload(w http.ResponseWriter, r *http.Request, _ uploadPath) error {
	return s.tusCall(w, r, "", s.resumable.HeadFile)
}

func (s *Server) endUpload(w http.ResponseWriter, r *http.Request, _ uploadPath) error {
	return s.tusCall(w, r, "", s.resumable.DelFile)
}

// tusCall has tusd answer a call, but for what goes wrong: that is answered as everywhere.
func (s *Server) tusCall(w http.ResponseWriter, r *http.Request, checksum string, serve http.HandlerFunc) error {
	owned := s.Uploads.At(callOf(r).scope().Owner)
	if id := r.PathValue("id"); id != "" {
		if err := owned.Has(id); err != nil {
			return err
		}
	}
	if v := r.Header.Get("Tus-Resumable"); r.Method != http.MethodHead && v != tusVersion {
		w.Header().Set("Tus-Version", tusVersion)
		return problem(http.StatusPreconditionFailed, "the header Tus-Resumable must be %s", tusVersion)
	}
	if r.Header.Get("Content-Type") == "application/offset+octet-stream" {
		free, err := s.uploads.take(r.Context(), callerOf(r).Name, "uploads")
		if err != nil {
			return err
		}
		defer free()
	}
	req := &tus.Request{Uploads: owned, Checksum: checksum}
	answering := &tusWriter{ResponseWriter: w}
	w.Header().Set("Tus-Resumable", tusVersion)
	ctx, stop := context.WithCancel(tus.With(r.Context(), req))
	defer stop()
	stripped := r.WithContext(ctx)
	stripped.URL = &url.URL{Path: r.PathValue("id")} // tusd takes all of the path for it
	serve(answering, stripped)
	if r.Method == http.MethodPost {
		callOf(r).noteForAudit("upload_id", req.Info.ID)
	}
	if answering.status < http.StatusBadRequest {
		answering.succeed(req.Info)
		return nil
	}
	w.Header().Del("Content-Length") // of what tusd says
	if req.Err != nil {
		return req.Err
	}
	return tusProblem(answering.status, answering.said.String())
}

// tusProblem is a refusal of tusd's as everybody else's are told.
func tusProblem(status int, said string) error {
	_, sentence, _ := strings.Cut(strings.TrimSpace(said), ": ")
	switch {
	case status == handler.ErrReadTimeout.HTTPResponse.StatusCode:
		return malformed("the upload broke off")
	case status == handler.ErrInvalidContentType.HTTPResponse.StatusCode && sentence == handler.ErrInvalidContentType.Message:
		return problem(http.StatusUnsupportedMediaType, "Content-Type must be application/offset+octet-stream")
	case sentence == handler.ErrUploadInterrupted.Message:
		return problem(http.StatusConflict, "the upload is gone on with by another request: ask by HEAD where it is")
	case sentence == "":
		sentence = "the upload is refused"
	}
	return problem(status, "%s", sentence)
}

// tusWriter keeps the answer back until tusd has let go of the upload: else the next call of
// its client would find it held, and tusd would end this one by a deadline on a connection
// that the next one uses already. A success of tusd's has no body.
type tusWriter struct {
	http.ResponseWriter
	status int
	said   strings.Builder
}

// Unwrap lets http.ResponseController find what the writer can do.
func (w *tusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *tusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *tusWriter) Write(p []byte) (int, error) {
	if w.said.Len() < maxSaid {
		w.said.Write(p[:min(len(p), maxSaid)])
	}
	return len(p), nil
}

func (w *tusWriter) succeed(info tus.Info) {
	h := w.Header()
	if w.status == http.StatusCreated { // a path is right behind any proxy
		h.Set("Location", uploadsPath+"/"+info.ID)
	}
	h.Set("Upload-Expires", info.Expires.UTC().Format(http.TimeFormat))
	w.ResponseWriter.WriteHeader(w.status)
}

// maxSaid is as much of a refusal as is read.
const maxSaid = 1 << 10

// submitUpload makes a task of a file that came in pieces, once: asked again, the same task
// answers.
func (s *Server) submitUpload(ctx context.Context, c *call, q submission, id string) (*task.Task, error) {
	var made *task.Task
	known, again, err := s.Uploads.At(c.scope().Owner).Take(ctx, id, func(info tus.Info, content io.Reader) (string, error) {
		name := info.Metadata["filename"]
		if name == "" {
			name = info.Metadata["name"]
		}
		if err := s.storeFile(ctx, q.form, name, content); err != nil {
			return "", err
		}
		var err error
		if made, err = s.submitFile(ctx, c, q); err != nil {
			return "", err
		}
		return made.ID, nil
	})
	if err != nil || !again {
		return made, err
	}
	view, err := s.Ingest.Status(ctx, c.scope(), known)
	return view.Task, err
}
