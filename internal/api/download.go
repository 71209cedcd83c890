package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"morag/internal/job"
)

// download answers the source of a job. The token in its address is a credential of
// its own; without one, a server that has no keys trusts whoever can reach it, but
// only while somebody works on the job.
func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !job.ValidID(id) {
		return job.ErrNotFound
	}
	attempt := 0
	if token := r.URL.Query().Get("token"); token != "" {
		var err error
		if attempt, err = s.Capabilities.Attempt(id, token); err != nil {
			return err
		}
	}
	src, err := s.Dispatch.Source(r.Context(), id, attempt)
	if errors.Is(err, job.ErrConflict) || errors.Is(err, job.ErrLeaseLost) {
		return problem(http.StatusForbidden, "the source can be downloaded only while the job is processed, by who processes it")
	}
	if err != nil {
		return err
	}
	defer src.Close()

	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", etag(src.Job, src.Info.Size, src.Info.Modified))
	name := src.Job.SourceName
	if name == "" {
		name = src.Job.ID
	}
	h.Set("Content-Disposition", attachment(name))
	http.ServeContent(w, r, "", src.Info.Modified, src)
	return nil
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
