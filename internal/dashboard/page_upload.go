package dashboard

import (
	"net/url"
	"strings"

	"morag/internal/wire"
)

// showUpload shows where files and addresses are handed in, which is the same for everybody.
func showUpload(*visit) (any, error) { return nil, nil }

// ingestAddress hands in what is at an address.
func ingestAddress(v *visit) (outcome, error) {
	in := map[string]any{"url": strings.TrimSpace(v.FormValue("url"))}
	var made wire.Ingested
	if err := v.post("/api/v1/ingest/url", in, &made); err != nil {
		return outcome{}, err
	}
	return outcome{said: made.Message + ".", to: Root + "/ingestions/" + url.PathEscape(made.TaskID)}, nil
}
