package video

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"morag/internal/convert"
	"morag/internal/convert/timed"
	"morag/internal/proc"
)

const (
	ffmpeg       = "ffmpeg"
	ffprobe      = "ffprobe"
	ffmpegRemedy = "apt-get install ffmpeg"

	// demuxers are the formats that may be opened: files that hold moving pictures.
	// What is left out matters: playlists and the like name other files and addresses,
	// which ffmpeg would open for whoever sent them.
	demuxers = "asf,avi,dv,flv,m4v,matroska,mov,mpeg,mpegts,mpegvideo,mxf,nut,ogg,rm"

	// minScore is how sure ffprobe has to be of the format.
	minScore = 5
)

// facts are what a video says about itself.
type facts struct {
	duration      float64 // seconds, 0 when it does not say
	codec         string  // of the pictures, "" when there are none
	width, height int     // as they are shown
	frameRate     float64
	bitRate       int
	audioCodec    string // "" when there is no sound track
	subtitles     []timed.Track
	tags          map[string]string
}

func (f facts) hasPicture() bool { return f.codec != "" }

// inputArguments open a file without following what it names.
func inputArguments(file string) []string {
	return []string{"-protocol_whitelist", "file", "-format_whitelist", demuxers, "-i", "file:" + file}
}

// probe reads the facts of a file. A file that ffprobe cannot make sense of, or that is
// beyond the limits, is a bad source.
func (c *Converter) probe(ctx context.Context, file string) (facts, error) {
	result, err := c.run(ctx, proc.Cmd{
		Name: ffprobe,
		Args: append([]string{
			"-v", "error", "-of", "json", "-show_entries",
			"format=duration,bit_rate,probe_score:format_tags" +
				":stream=index,codec_type,codec_name,width,height,avg_frame_rate,r_frame_rate,duration" +
				":stream_disposition=attached_pic,default,forced:stream_tags:stream_side_data=rotation",
		}, inputArguments(file)...),
	})
	if err != nil {
		return facts{}, err
	}
	f, err := parseProbe(result.Stdout)
	if err != nil {
		return facts{}, err
	}
	if limit := c.config.MaxDuration; f.duration > limit.Seconds() {
		return facts{}, convert.BadSource(fmt.Sprintf("the video is longer than %s", limit), nil)
	}
	if f.hasPicture() && int64(f.width)*int64(f.height) > c.config.MaxPixels {
		return facts{}, convert.BadSource(fmt.Sprintf("the video's frames of %d × %d pixels are too large", f.width, f.height), nil)
	}
	return f, nil
}

// run runs one of ffmpeg's programs and makes the failures sentences.
func (c *Converter) run(ctx context.Context, cmd proc.Cmd) (proc.Result, error) {
	cmd.Timeout, cmd.MaxMemory = cmp.Or(cmd.Timeout, c.config.Timeout), c.config.MaxMemory
	result, err := proc.Run(ctx, cmd)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine(fmt.Sprintf("videos need the program %s: %s", cmd.Name, ffmpegRemedy))
	case errors.Is(err, proc.ErrTimeout):
		return result, convert.EngineFailed(fmt.Sprintf("%s took longer than %s", cmd.Name, cmd.Timeout), err)
	}
	return result, convert.BadSource("the file is no readable video", err)
}

// probeOutput is the part of ffprobe's JSON that was asked for. Numbers are strings
// there, or missing, or "N/A".
type probeOutput struct {
	Streams []probeStream `json:"streams"`
	Format  struct {
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Score    int               `json:"probe_score"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

type probeStream struct {
	Index       int               `json:"index"`
	CodecType   string            `json:"codec_type"`
	CodecName   string            `json:"codec_name"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	AvgRate     string            `json:"avg_frame_rate"`
	Rate        string            `json:"r_frame_rate"`
	Duration    string            `json:"duration"`
	Disposition map[string]int    `json:"disposition"`
	Tags        map[string]string `json:"tags"`
	SideData    []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

func parseProbe(out []byte) (facts, error) {
	var p probeOutput
	if err := json.Unmarshal(out, &p); err != nil {
		return facts{}, convert.BadSource("the file is no readable video", fmt.Errorf("ffprobe: %w", err))
	}
	if p.Format.Score < minScore {
		return facts{}, convert.BadSource("the file is no readable video", errors.New("ffprobe is not sure of the format"))
	}
	f := facts{duration: number(p.Format.Duration), bitRate: int(number(p.Format.BitRate)), tags: lowerTags(p.Format.Tags)}
	for _, s := range p.Streams {
		switch s.CodecType {
		case "video":
			f.addPicture(s)
		case "audio":
			if f.audioCodec == "" {
				f.audioCodec = known(s.CodecName)
			}
		case "subtitle":
			if timed.IsText(s.CodecName) && s.Disposition["forced"] == 0 {
				f.subtitles = append(f.subtitles, timed.Track{
					Index: s.Index, Format: s.CodecName, Standard: s.Disposition["default"] != 0,
					Language: timed.Language(lowerTags(s.Tags)["language"]),
				})
			}
		}
	}
	if f.codec == "" && f.audioCodec == "" && len(f.subtitles) == 0 {
		return facts{}, convert.BadSource("the file holds neither pictures nor sound", nil)
	}
	return f, nil
}

// addPicture takes the first track of moving pictures; a cover is none.
func (f *facts) addPicture(s probeStream) {
	if f.codec != "" || s.Disposition["attached_pic"] != 0 {
		return
	}
	f.codec, f.width, f.height = known(s.CodecName), max(s.Width, 0), max(s.Height, 0)
	for _, side := range s.SideData {
		if math.Mod(math.Abs(side.Rotation), 180) == 90 { // telephones are held upright
			f.width, f.height = f.height, f.width
		}
	}
	if f.frameRate = fraction(s.AvgRate); f.frameRate == 0 {
		f.frameRate = fraction(s.Rate)
	}
	if f.duration == 0 {
		f.duration = number(s.Duration)
	}
}

func known(codec string) string {
	if codec == "" {
		return "unknown"
	}
	return codec
}

// lowerTags keeps one of each name: containers spell them in any case.
func lowerTags(tags map[string]string) map[string]string {
	lower := map[string]string{}
	for name, value := range tags {
		if name = strings.ToLower(name); lower[name] == "" {
			lower[name] = timed.Line(value)
		}
	}
	return lower
}

// number reads one of ffprobe's numbers, 0 for what is none.
func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 1e12 {
		return 0
	}
	return n
}

// fraction reads "30000/1001", 0 for what is none.
func fraction(s string) float64 {
	above, below, found := strings.Cut(s, "/")
	if n := number(below); found && n > 0 {
		return number(above) / n
	}
	return 0
}
