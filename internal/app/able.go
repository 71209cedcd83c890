package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"morag/internal/config"
	"morag/internal/content"
	"morag/internal/convert"
)

// needed are the engines without which nothing of a type can be converted, where its
// converter is the built-in one.
var needed = map[string][]string{
	content.Audio: {"ffmpeg", "ffprobe"}, content.Video: {"ffmpeg", "ffprobe"}, content.YouTube: {"yt-dlp"},
}

// lacks says what a type cannot be converted without and how to get it, "" when all is there.
func lacks(engines []convert.Engine, contentType string) string {
	var missing []string
	hears, heard := false, ""
	for _, e := range engines {
		if !slices.Contains(e.Types, contentType) {
			continue
		}
		if !e.Available && slices.Contains(needed[contentType], e.Name) {
			missing = append(missing, fmt.Sprintf("%s (%s)", e.Name, e.Remedy))
		}
		if strings.HasPrefix(e.Purpose, "speech to text") {
			hears, heard = hears || e.Available, "a speech engine (morag doctor lists them)"
		}
	}
	if contentType == content.Audio && !hears && heard != "" {
		missing = append(missing, heard)
	}
	return strings.Join(missing, ", ")
}

// able are the types that can be converted with these engines. What the others lack is
// logged; with force they are kept all the same. None at all is an error.
func able(types []string, force bool, found []convert.Engine, log *slog.Logger) ([]string, error) {
	var kept, sentences []string
	for _, t := range types {
		missing := lacks(found, t)
		if missing != "" {
			log.Warn("cannot be converted here", "content_type", t, "missing", missing, "asked_for", force)
			sentences = append(sentences, t+" lacks "+missing)
		}
		if missing == "" || force {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 && len(types) > 0 {
		return nil, fmt.Errorf("nothing can be converted here: %s; --force asks for jobs all the same", strings.Join(sentences, "; "))
	}
	return kept, nil
}

// convertible are the types of a worker's settings that can be converted here, as the
// processes find it that convert: what confines them decides what they may use.
func convertible(set config.Worker, c *Converters, log *slog.Logger) ([]string, error) {
	found, err := c.Examine(context.Background())
	if err != nil {
		return nil, err
	}
	return able(set.ContentTypes, set.Force, found, log)
}
