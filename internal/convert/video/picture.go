package video

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/ffmpeg"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

const (
	// sceneChange is how different two key frames are, from 0 to 1, when a scene begins.
	sceneChange = 0.3
	// sceneTime is how long the search for scenes may take. Reading the key frames of an
	// hour takes seconds.
	sceneTime = 10 * time.Minute
	// maxThumbnail is the most bytes of a picture; one of 320 pixels takes 20 kB.
	maxThumbnail = 1 << 20
)

// addThumbnails takes pictures at equal distances. What fails of that is a warning, for
// the text is sound.
func (c *Converter) addThumbnails(ctx context.Context, f facts, file string, opt convert.Options, doc *content.Document, progress convert.Progress) error {
	count := cmp.Or(min(max(opt.ThumbnailCount, 0), convert.MaxThumbnails), c.config.Thumbnails)
	side := cmp.Or(min(max(opt.ThumbnailSize, 0), convert.MaxThumbnailSize), c.config.ThumbnailSize)
	if f.Duration == 0 {
		count = 1
	}
	for i := range count {
		progress(float64(i)/float64(count), "taking pictures")
		picture, err := c.thumbnail(ctx, file, f.Duration*(float64(i)+0.5)/float64(count), strconv.Itoa(side))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			break // the text is sound
		}
		if len(picture) > 0 {
			doc.Thumbnails = append(doc.Thumbnails, "data:image/jpeg;base64,"+base64.StdEncoding.EncodeToString(picture))
		}
	}
	if len(doc.Thumbnails) == 0 {
		doc.Warnings = append(doc.Warnings, "no pictures could be taken of the video")
	}
	return nil
}

// addScenes lists where scenes begin. It fails as addThumbnails does.
func (c *Converter) addScenes(ctx context.Context, f facts, file string, doc *content.Document, progress convert.Progress) error {
	progress(0, "looking for scenes")
	scenes, err := c.scenes(ctx, file, func(at float64) {
		if f.Duration > 0 {
			progress(min(at/f.Duration, 1), "looking for scenes")
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		doc.Warnings = append(doc.Warnings, "the scenes of the video could not all be found")
	}
	doc.Metadata["scenes"] = scenes
	return nil
}

// thumbnail is the picture at a time in seconds, empty when there is none there. Its
// longer side has as many pixels as side says.
func (c *Converter) thumbnail(ctx context.Context, file string, at float64, side string) ([]byte, error) {
	args := append([]string{"-v", "error", "-nostdin", "-threads", strconv.Itoa(c.config.Threads), "-ss", strconv.FormatFloat(at, 'f', 3, 64)}, ffmpeg.Input(file)...)
	args = append(args, "-map", "0:V:0", "-frames:v", "1",
		"-vf", fmt.Sprintf("scale='min(%s,iw)':'min(%s,ih)':force_original_aspect_ratio=decrease,format=yuvj420p", side, side),
		"-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1")
	result, err := c.tool().Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args, MaxStdout: maxThumbnail})
	if errors.Is(err, convert.ErrBadSource) { // one picture less
		return nil, nil
	}
	return result.Stdout, err
}

// scenes are the times in seconds at which a new scene begins. It looks at key frames
// only, which encoders put there, and so takes a small part of the time of playing.
func (c *Converter) scenes(ctx context.Context, file string, progress func(float64)) ([]float64, error) {
	args := append([]string{"-v", "error", "-nostdin", "-threads", strconv.Itoa(c.config.Threads), "-skip_frame", "nokey"}, ffmpeg.Input(file)...)
	args = append(args, "-map", "0:V:0",
		"-vf", fmt.Sprintf("scale=160:-2,select='gt(scene,%.2f)',metadata=print:file=-", sceneChange),
		"-fps_mode", "passthrough", "-f", "null", "-")
	found := []float64{}
	_, err := c.tool().Run(ctx, proc.Cmd{Name: ffmpeg.Name, Args: args, Timeout: min(sceneTime, c.config.Timeout), Line: func(line []byte) {
		if at, ok := parseScene(string(line)); ok && len(found) < c.config.MaxScenes {
			found = append(found, at)
			progress(at)
		}
	}})
	return found, err
}

// parseScene reads "frame:3    pts:5000    pts_time:5".
func parseScene(line string) (float64, bool) {
	_, value, found := strings.Cut(line, "pts_time:")
	if !found || !strings.HasPrefix(line, "frame:") {
		return 0, false
	}
	at, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(at >= 0 && at < 1e9) {
		return 0, false
	}
	return timed.Round(at), true
}
