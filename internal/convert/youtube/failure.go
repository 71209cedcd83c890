package youtube

import (
	"errors"
	"fmt"
	"strings"

	"morag/internal/convert"
	"morag/internal/proc"
)

// reason is how yt-dlp or a site puts one kind of failure, in lower case, and what it
// means. The first that fits counts.
type reason struct {
	phrases  []string
	kind     error
	sentence string
}

// reasons are from yt-dlp's sources (extractor/youtube.py, extractor/common.py,
// utils.py) and YouTube's own sentences, which yt-dlp passes on.
var reasons = []reason{
	{[]string{"private video", "this video is private", "video is private"}, convert.ErrBadSource, "the video is private"},
	{[]string{"members-only", "join this channel", "members on level", "available to this channel's members"}, convert.ErrBadSource, "the video is for members of its channel only"},
	{[]string{"confirm your age", "age-restricted", "age restricted", "inappropriate for some users"}, convert.ErrBadSource, "the video is age-restricted and cannot be fetched without an account"},
	{[]string{"not a bot", "too many requests", "http error 429"}, convert.ErrEngine, "the site refuses automatic access from here for now"},
	{[]string{"live event will begin", "premieres in", "premiere will begin", "is upcoming", "will begin in"}, convert.ErrBadSource, "the video has not begun yet"},
	{[]string{"live stream recording is not available", "live event has ended"}, convert.ErrBadSource, "the live stream has ended and its recording is not there"},
	{[]string{"in your country", "from your location", "geo restrict", "geo-restrict"}, convert.ErrBadSource, "the video is not available in the country of this server"},
	{[]string{"drm protected", "drm-protected", "drm protection"}, convert.ErrBadSource, "the video is protected against copying (DRM)"},
	{[]string{"requires payment", "rental", "premium members"}, convert.ErrBadSource, "the video has to be paid for"},
	{[]string{"video unavailable", "video is unavailable", "video is not available", "has been removed", "no longer available", "has been terminated", "does not exist", "video is no longer"},
		convert.ErrBadSource, "the video is not available: it was removed, or never was there"},
	{[]string{"incomplete youtube id", "unsupported url", "is not a valid url", "no video formats found", "requested format is not available", "no media found", "no video in"},
		convert.ErrBadSource, "there is no video at the address that can be fetched"},
	{[]string{"http error 404", "http error 410"}, convert.ErrBadSource, "there is nothing at the address: the site answered 404 or 410"},
	{[]string{"http error 403", "forbidden", "unable to extract", "please report this issue", "nsig extraction failed", "sign in"},
		convert.ErrEngine, "yt-dlp could not get the video from the site; a newer yt-dlp may (" + remedy + ")"},
	{[]string{"http error 5", "urlopen error", "timed out", "connection", "unable to download", "name resolution", "tunnel", "remote end closed", "did not get any data", "network", "certificate", "fragment"},
		convert.ErrEngine, "the site cannot be reached, or broke off"},
}

// failure makes a sentence of why yt-dlp failed.
func (c *call) failure(err error) error {
	var failed *proc.Error
	switch {
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return convert.NoEngine("videos by their address need yt-dlp, which is not installed; to get it: " + remedy)
	case errors.Is(err, proc.ErrTimeout):
		return convert.EngineFailed("yt-dlp took too long", err)
	case errors.Is(err, proc.ErrOutput):
		return convert.BadSource(fmt.Sprintf("what the site says of the video is larger than %d MiB", maxInfo>>20), err)
	case c.proxy.Exceeded():
		return c.tooLarge(err)
	case c.proxy.Refused():
		return convert.BadSource("the address leads to where this server does not call: its own network, or no web server", err)
	case !errors.As(err, &failed):
		return err
	}
	return classify(failed.Stderr, err)
}

// classify looks at the errors that were printed, not at warnings on the way.
func classify(stderr string, cause error) error {
	var output strings.Builder
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "ERROR:") || !strings.HasPrefix(line, "WARNING:") {
			output.WriteString(strings.ToLower(strings.ReplaceAll(line, "’", "'")))
		}
	}
	for _, r := range reasons {
		for _, phrase := range r.phrases {
			if strings.Contains(output.String(), phrase) {
				return &convert.Error{Kind: r.kind, Message: r.sentence, Cause: cause}
			}
		}
	}
	return convert.EngineFailed("yt-dlp failed on the video", cause)
}
