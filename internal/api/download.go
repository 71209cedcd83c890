package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"morag/internal/dispatch"
	"morag/internal/job"
)

type sourcePath struct {
	jobPath
	Token string `query:"token" doc:"the one in source_file_url"`
}

// download answers the source of a job. The token in its address is a credential of
// its own; without one it takes the key that claimed the job. A server that has no keys
// trusts whoever can reach it, but only while somebody works on the job.
func (s *Server) download(w http.ResponseWriter, r *http.Request, in sourcePath) error {
	id := in.ID
	by := dispatch.Holder{Key: callerOf(r).Name}
	if in.Token != "" {
		var err error
		if by.Attempt, err = s.Capabilities.Attempt(id, in.Token); err != nil {
			return err
		}
	}
	src, err := s.Dispatch.Source(r.Context(), id, by)
	if errors.Is(err, job.ErrConflict) || errors.Is(err, job.ErrLeaseLost) {
		return problem(http.StatusForbidden, "the source can be downloaded only while the job is processed, by who processes it")
	}
	if err != nil {
		return err
	}
	defer src.Close()

	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	sandbox(h)
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", etag(src.Job, src.Info.Size, src.Info.Modified))
	name := src.Job.SourceName
	if name == "" {
		name = src.Job.ID
	}
	h.Set("Content-Disposition", attachment(name))
	serveBytes(w, r, src.Info.Modified, src)
	return nil
}

// serveBytes answers a file, or the range of it that is asked for.
func serveBytes(w http.ResponseWriter, r *http.Request, modified time.Time, content io.ReadSeeker) {
	http.ServeContent(&rangeWriter{ResponseWriter: w}, r, "", modified, content)
}

// rangeWriter says in our words what net/http refuses in its own.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

func (w *rangeWriter) WriteHeader(status int) {
	sentence := map[int]string{
		http.StatusRequestedRangeNotSatisfiable: "the file has no such range",
		http.StatusPreconditionFailed:           "the file has changed",
	}[status]
	if w.refused = sentence != ""; w.refused {
		writeError(w.ResponseWriter, problem(status, "%s", sentence))
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *rangeWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

func etag(j *job.Job, size int64, modified time.Time) string {
	if j.SourceSHA256 != "" {
		return `"` + j.SourceSHA256 + `"`
	}
	return fmt.Sprintf(`"%x-%x"`, size, modified.UnixNano())
}

// attachment names a file for saving; a name that no header can hold is left out.
func attachment(name string) string {
	if value := mime.FormatMediaType("attachment", map[string]string{"filename": name}); value != "" {
		return value
	}
	return "attachment"
}
