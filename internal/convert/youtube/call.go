package youtube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
	"morag/internal/convert/timed"
	"morag/internal/outbound"
	"morag/internal/proc"
)

const (
	// What yt-dlp says of a video; a long one with captions in a hundred languages
	// takes 2 MiB.
	maxInfo = 32 << 20
	// The longest captions taken.
	maxCaptions = 32 << 20
	// What yt-dlp may fetch besides the sound itself: pages, scripts, lists of pieces.
	maxBeside = 256 << 20
)

// soundOnly chooses the best sound, or else the best video, among what is fetched by
// HTTP: for other protocols yt-dlp starts programs that know no proxy.
const soundOnly = "bestaudio" + byHTTP + "/best" + byHTTP + "/bestaudio*" + byHTTP
const byHTTP = "[protocol~='^(https?|m3u8_native|http_dash_segments)$']"

// call is the work of yt-dlp for one conversion: its folder and its way out.
type call struct {
	ctx    context.Context
	config Config
	dir    string
	proxy  *outbound.Proxy
}

func (c *Converter) newCall(ctx context.Context) (*call, error) {
	dir, err := frame.Scratch(c.config.ScratchDir, "youtube")
	if err != nil {
		return nil, err
	}
	proxy, err := c.guard.NewProxy(outbound.ProxyLimit{Bytes: c.config.MaxDownload + maxBeside})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &call{ctx: ctx, config: c.config, dir: dir, proxy: proxy}, nil
}

func (c *call) close() {
	c.proxy.Close()
	_ = os.RemoveAll(c.dir)
}

// run starts yt-dlp. It reads no settings, keeps nothing, starts no ffmpeg (which is of
// no use for the sound alone, and would make calls of its own), and knows the proxy for
// every protocol by its environment, where other users of the machine do not see the
// password.
func (c *call) run(timeout time.Duration, line func([]byte), args ...string) (proc.Result, error) {
	always := []string{
		"--no-config", "--no-cache-dir", "--no-exec", "--no-playlist", "--no-warnings", "--no-mtime", "--no-part", "--no-live-from-start",
		"--no-write-comments", "--no-write-info-json", "--no-cookies", "--fixup", "never", "--ffmpeg-location", filepath.Join(c.dir, "none"),
		"--socket-timeout", "30", "--retries", "3", "--fragment-retries", "3", "--extractor-retries", "2", "--abort-on-unavailable-fragments",
	}
	result, err := proc.Run(c.ctx, proc.Cmd{
		Name: c.config.Command, Args: append(always, args...), Dir: c.dir, Env: c.environment(), Line: line,
		Timeout: timeout, MaxStdout: maxInfo, MaxMemory: c.config.MaxMemory,
	})
	if err != nil {
		return result, c.failure(err)
	}
	return result, nil
}

func (c *call) environment() []string {
	env := []string{"HOME=" + c.dir, "USERPROFILE=" + c.dir, "TMPDIR=" + c.dir, "XDG_CONFIG_HOME=" + c.dir, "XDG_CACHE_HOME=" + c.dir}
	// A yt-dlp that pip has installed for the user is found by the user's home.
	if home, err := os.UserHomeDir(); err == nil && runtime.GOOS != "windows" {
		env = append(env, "PYTHONUSERBASE="+filepath.Join(home, ".local"))
	}
	for _, protocol := range []string{"http", "https", "ftp", "all"} {
		name := protocol + "_proxy"
		env = append(env, name+"="+c.proxy.URL(), strings.ToUpper(name)+"="+c.proxy.URL())
	}
	return append(env, "no_proxy=", "NO_PROXY=")
}

// saved is the file that holds what yt-dlp has found out, for its next runs.
func (c *call) saved() string { return filepath.Join(c.dir, "info.json") }

// inspect finds out about the video.
func (c *call) inspect(address string) (*info, error) {
	result, err := c.run(c.config.LookTimeout, nil, "--dump-single-json", "--skip-download", "--playlist-items", "1:2", "--", address)
	if err != nil {
		return nil, err
	}
	about, raw, err := parseInfo(result.Stdout)
	if err != nil {
		return nil, err
	}
	if longest := c.config.MaxDuration; about.Duration > longest.Seconds() {
		return nil, convert.BadSource(fmt.Sprintf("the video is longer than %s", longest), nil)
	}
	if raw, err = clean(raw); err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.saved(), raw, 0o600); err != nil {
		return nil, fmt.Errorf("save what is known of the video: %w", err)
	}
	return about, nil
}

// captions fetches a track and makes segments of it.
func (c *call) captions(t track, chapters []chapter) (*content.Document, error) {
	which := "--write-subs"
	if t.automatic {
		which = "--write-auto-subs"
	}
	_, err := c.run(c.config.LookTimeout, nil, "--load-info-json", c.saved(), "--skip-download", which, "--sub-langs", t.language,
		"--sub-format", "json3/vtt/srt", "--output", "captions.%(ext)s")
	if err != nil {
		return nil, err
	}
	file, err := c.find("captions.")
	if err != nil {
		return nil, err
	}
	size, err := fileSize(file)
	if err != nil {
		return nil, err
	}
	if size > maxCaptions {
		return nil, convert.BadSource("the captions are too large", nil)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read captions: %w", err)
	}
	segments, mimeType, err := t.parse(filepath.Ext(file), raw)
	if err != nil {
		return nil, convert.EngineFailed("the captions cannot be read", err)
	}
	doc := &content.Document{Segments: segments, Metadata: map[string]any{
		"engine": "captions", "captions": "manual", "quality": "high", "language": t.spoken(), "mime_type": mimeType, "file_size": size,
	}}
	if t.automatic {
		doc.Metadata["captions"], doc.Metadata["quality"] = "automatic", "medium"
		doc.Segments = paragraphs(segments, chapters)
	}
	return doc, nil
}

// parse reads a file of the track.
func (t track) parse(extension string, raw []byte) (segments []content.Segment, mimeType string, err error) {
	if extension == ".json3" {
		segments, err = parseJSON3(raw)
		return segments, "application/json", err
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(raw), "\ufeff"))
	read := timed.Subtitles
	if t.automatic {
		read = timed.AutomaticSubtitles
	}
	mimeType = "text/vtt"
	if extension == ".srt" {
		mimeType = "application/x-subrip"
	}
	return read(strings.Split(text, "\n")), mimeType, nil
}

// download fetches the sound, and returns its file and what that is.
func (c *call) download(progress convert.Progress) (file, mimeType string, err error) {
	progress(0, "downloading the sound")
	_, err = c.run(c.config.Timeout, func(line []byte) {
		if fraction, ok := parseProgress(string(line)); ok {
			progress(fraction, "downloading the sound")
		}
	}, "--load-info-json", c.saved(), "--format", soundOnly, "--max-filesize", strconv.FormatInt(c.config.MaxDownload, 10),
		"--newline", "--progress-template", "download:morag %(progress.downloaded_bytes)s %(progress.total_bytes)s %(progress.total_bytes_estimate)s",
		"--output", "sound.%(ext)s")
	if err != nil {
		return "", "", err
	}
	file, err = c.find("sound.")
	if err != nil { // it refuses without an error
		return "", "", c.tooLarge(err)
	}
	if size, err := fileSize(file); err != nil || size > c.config.MaxDownload {
		return "", "", c.tooLarge(err)
	}
	if _, mimeType, err = content.DetectFile(file, filepath.Base(file)); err != nil {
		return "", "", err
	}
	return file, mimeType, nil
}

func (c *call) tooLarge(err error) error {
	return convert.BadSource(fmt.Sprintf("the sound of the video is larger than %d MiB (MORAG_MAX_DOWNLOAD_SIZE)", c.config.MaxDownload>>20), err)
}

// errNoFile: yt-dlp was content and wrote nothing.
var errNoFile = errors.New("no file was written")

// find returns the one file of the folder whose name begins like that.
func (c *call) find(prefix string) (string, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return "", fmt.Errorf("find what was downloaded: %w", err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), prefix) {
			return filepath.Join(c.dir, e.Name()), nil
		}
	}
	return "", errNoFile
}

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("find what was downloaded: %w", err)
	}
	return info.Size(), nil
}

// parseProgress reads a line of the progress template: bytes there, bytes in all, the
// same estimated. What is not known is "NA".
func parseProgress(line string) (float64, bool) {
	fields := strings.Fields(line)
	if len(fields) != 4 || fields[0] != "morag" {
		return 0, false
	}
	done, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0, false
	}
	for _, field := range fields[2:] {
		if total, err := strconv.ParseFloat(field, 64); err == nil && total > 0 && done >= 0 {
			return min(done/total, 1), true
		}
	}
	return 0, false
}
