package youtube

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"

	"morag/internal/content"
)

// maxThumbnail is the largest picture in bytes; YouTube's have 100 to 200 KiB.
const maxThumbnail = 2 << 20

// addThumbnail adds the video's picture. One that cannot be had is warned about: it is
// not what the caller came for.
func (c *Converter) addThumbnail(ctx context.Context, doc *content.Document, address string) {
	if address == "" {
		return
	}
	picture, err := c.thumbnail(ctx, address)
	if err != nil {
		doc.Warnings = append(doc.Warnings, "the video's picture could not be fetched")
		return
	}
	doc.Thumbnails = append(doc.Thumbnails, picture)
}

// thumbnail fetches a picture as a data URL.
func (c *Converter) thumbnail(ctx context.Context, address string) (string, error) {
	if why := c.guard.Check(address); why != "" {
		return "", fmt.Errorf("the picture's address %s", why)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxThumbnail+1))
	if err != nil {
		return "", err
	}
	contentType, mimeType := content.Detect(raw, "")
	if resp.StatusCode != http.StatusOK || len(raw) > maxThumbnail || contentType != content.Image || mimeType == "image/svg+xml" {
		return "", fmt.Errorf("status %d, %d bytes of %q", resp.StatusCode, len(raw), mimeType)
	}
	return "data:" + mimeType + ";base64," + base64.StdEncoding.EncodeToString(raw), nil
}
