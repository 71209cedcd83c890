package audio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
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

	// demuxers are the formats that may be opened: files that hold sound. What is left
	// out matters: playlists and the like (hls, dash, concat, sdp, image2) name other
	// files and addresses, which ffmpeg would open for whoever sent them.
	demuxers = "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,m4v,matroska,mov,mp3,mpc,mpc8," +
		"mpeg,mpegts,mpegvideo,oga,ogg,rm,tak,tta,voc,w64,wav,wv"

	// minScore is how sure ffprobe has to be of the format: it calls noise an mp3 with 1
	// of 100 when the name says so.
	minScore = 5
)

// ErrNoSound says that a file is a sound one without a sound track.
var ErrNoSound = errors.New("no sound track")

// facts are what a file says about itself.
type facts struct {
	duration   float64 // seconds, 0 when it does not say
	exact      bool    // the duration was written down and not guessed from the bit rate
	codec      string
	sampleRate int
	channels   int
	bitRate    int // of the whole file, bits per second
	tags       map[string]string
	lyrics     string        // in lines
	subtitles  []timed.Track // streams of text
}

// inputArguments open a file without following what it names.
func inputArguments(file string) []string {
	return []string{"-protocol_whitelist", "file", "-format_whitelist", demuxers, "-i", "file:" + file}
}

// probe reads the facts of a file. A file that ffprobe cannot make sense of is a bad
// source.
func (c *Converter) probe(ctx context.Context, file string) (facts, error) {
	result, err := c.run(ctx, proc.Cmd{
		Name: ffprobe,
		Args: append([]string{
			"-v", "warning", "-of", "json", "-show_entries",
			"format=duration,bit_rate,probe_score:format_tags" +
				":stream=index,codec_type,codec_name,sample_rate,channels,duration:stream_disposition=default,forced:stream_tags",
		}, inputArguments(file)...),
	})
	if err != nil {
		return facts{}, err
	}
	f, err := parseProbe(result.Stdout)
	if err != nil {
		return facts{}, err
	}
	f.exact = f.exact && !strings.Contains(result.Stderr, "Estimating duration")
	if limit := c.config.MaxDuration; f.duration > limit.Seconds() {
		return facts{}, convert.BadSource(fmt.Sprintf("the recording is longer than %s", limit), nil)
	}
	return f, nil
}

// run runs one of ffmpeg's programs and makes the failures sentences.
func (c *Converter) run(ctx context.Context, cmd proc.Cmd) (proc.Result, error) {
	cmd.Timeout, cmd.MaxMemory = c.config.Timeout, c.config.MaxMemory
	result, err := proc.Run(ctx, cmd)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine(fmt.Sprintf("recordings need the program %s: %s", cmd.Name, ffmpegRemedy))
	case errors.Is(err, proc.ErrTimeout):
		return result, convert.EngineFailed(fmt.Sprintf("%s took longer than %s", cmd.Name, cmd.Timeout), err)
	case strings.Contains(result.Stderr, "No space left"):
		return result, fmt.Errorf("decode audio: %w", err)
	}
	return result, convert.BadSource("the file is no readable recording", err)
}

// probeOutput is the part of ffprobe's JSON that was asked for. Numbers are strings
// there, or missing, or "N/A".
type probeOutput struct {
	Streams []struct {
		Index       int               `json:"index"`
		CodecType   string            `json:"codec_type"`
		CodecName   string            `json:"codec_name"`
		SampleRate  string            `json:"sample_rate"`
		Channels    int               `json:"channels"`
		Duration    string            `json:"duration"`
		Disposition map[string]int    `json:"disposition"`
		Tags        map[string]string `json:"tags"`
	} `json:"streams"`
	Format struct {
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Score    int               `json:"probe_score"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func parseProbe(out []byte) (facts, error) {
	var p probeOutput
	if err := json.Unmarshal(out, &p); err != nil {
		return facts{}, convert.BadSource("the file is no readable recording", fmt.Errorf("ffprobe: %w", err))
	}
	if p.Format.Score < minScore {
		return facts{}, convert.BadSource("the file is no readable recording", errors.New("ffprobe is not sure of the format"))
	}
	f := facts{tags: map[string]string{}, bitRate: int(number(p.Format.BitRate)), duration: number(p.Format.Duration)}
	addTags(f.tags, p.Format.Tags)
	f.lyrics = lyricsOf(p.Format.Tags)
	pictures := false
	for _, s := range p.Streams {
		pictures = pictures || s.CodecType == "video"
		if s.CodecType == "subtitle" && timed.IsText(s.CodecName) && s.Disposition["forced"] == 0 {
			f.subtitles = append(f.subtitles, timed.Track{
				Index: s.Index, Format: s.CodecName, Standard: s.Disposition["default"] != 0, Language: timed.Language(s.Tags["language"]),
			})
		}
		if s.CodecType != "audio" || f.codec != "" {
			continue
		}
		f.codec, f.channels, f.sampleRate = s.CodecName, s.Channels, int(number(s.SampleRate))
		if f.codec == "" {
			f.codec = "unknown"
		}
		addTags(f.tags, s.Tags)
		f.lyrics = cmp.Or(f.lyrics, lyricsOf(s.Tags))
		if d := number(s.Duration); d > 0 {
			f.exact, f.duration = true, d
		}
	}
	if f.codec == "" {
		return facts{}, convert.BadSource("the file has no sound track", ErrNoSound)
	}
	f.exact = f.exact || f.duration > 0 && !pictures // sound may end before the pictures do
	return f, nil
}

// maxLyrics is longer than any song, in bytes.
const maxLyrics = 20_000

// lyricsOf finds the words of a song among the tags: in ID3 their name ends in the
// language.
func lyricsOf(tags map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		kind, _, _ := strings.Cut(strings.ToLower(name), "-")
		if kind != "lyrics" && kind != "unsyncedlyrics" {
			continue
		}
		var lines []string
		for line := range strings.Lines(tags[name][:min(len(tags[name]), maxLyrics)]) {
			lines = append(lines, timed.Line(line))
		}
		if text := strings.TrimSpace(strings.Join(lines, "\n")); text != "" {
			return text
		}
	}
	return ""
}

// addTags keeps the first of each name: containers spell them in any case.
func addTags(tags, more map[string]string) {
	for name, value := range more {
		name = strings.ToLower(name)
		if _, known := tags[name]; !known {
			tags[name] = timed.Line(value)
		}
	}
}

// number reads one of ffprobe's numbers, 0 for what is none.
func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 1e12 {
		return 0
	}
	return n
}
