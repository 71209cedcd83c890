package timed

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
)

// Track is subtitles in one language: a stream of a file, or a file of their own.
type Track struct {
	Language string // BCP 47, "" when unknown
	Format   string // ffmpeg's name of the codec, or the extension of the file
	Standard bool   // what a player would show
	Index    int    // of the stream, among all of its file
	Path     string // of the file, "" for a stream
}

// textCodecs are subtitles made of text, by ffmpeg's names. The others are pictures of
// text.
var textCodecs = map[string]bool{
	"subrip": true, "srt": true, "ass": true, "ssa": true, "mov_text": true, "webvtt": true, "text": true,
	"microdvd": true, "mpl2": true, "sami": true, "realtext": true, "subviewer": true, "subviewer1": true, "stl": true,
}

// IsText tells whether subtitles of a codec, by ffmpeg's name, are text.
func IsText(codec string) bool { return textCodecs[codec] }

// Sidecars makes tracks of those files whose extension is .srt, .vtt, .ass or .ssa. Their language
// is what stands before that: "talk.de.srt".
func Sidecars(paths []string) []Track {
	var tracks []Track
	for _, path := range paths {
		extension := strings.ToLower(filepath.Ext(path))
		if !slices.Contains([]string{".srt", ".vtt", ".ass", ".ssa"}, extension) {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		language := Language(strings.TrimPrefix(filepath.Ext(name), "."))
		tracks = append(tracks, Track{Language: language, Format: extension[1:], Standard: true, Path: path})
	}
	return tracks
}

// Choose is the track in the wanted language ("" is any), or one that does not tell its
// language; nil when there is none. Files go before streams. Subtitles in another
// language than was asked for are of use only when there is no sound to listen to.
func Choose(tracks []Track, wanted string, sound bool) *Track {
	var best *Track
	rank := func(t *Track) (rank int) {
		switch {
		case wanted == "" || t.Language == wanted:
			rank = 12
		case t.Language == "":
			rank = 8
		case !sound:
			rank = 4
		default:
			return 0
		}
		if t.Path != "" {
			rank += 2
		}
		if t.Standard {
			rank++
		}
		return rank
	}
	for i := range tracks {
		if t := &tracks[i]; rank(t) > 0 && (best == nil || rank(t) > rank(best)) {
			best = t
		}
	}
	return best
}

// ReadSidecar reads a file of subtitles of any encoding. One of more than limit bytes wraps [convert.ErrBadSource].
func ReadSidecar(path string, limit int64) ([]content.Segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read subtitles: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read subtitles: %w", err)
	}
	if int64(len(raw)) > limit {
		return nil, convert.BadSource(fmt.Sprintf("the file %.100q holds more than %d MiB of subtitles", filepath.Base(path), limit>>20), nil)
	}
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource(fmt.Sprintf("the file %.100q holds no readable subtitles", filepath.Base(path)), err)
	}
	return Subtitles(strings.Split(text, "\n")), nil
}
