package ffmpeg

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"morag/internal/convert/timed"
	"morag/internal/proc"
)

// minScore is how sure ffprobe has to be of the format: it calls noise an mp3 with 1 of
// 100 when the name says so.
const minScore = 5

// Facts are what a file says about itself.
type Facts struct {
	Duration float64 // seconds, 0 when it does not say
	Guessed  bool    // the duration was guessed from the bit rate
	BitRate  int     // of the whole file, bits per second
	Tags     Tags
	RawTags  map[string]string // the tags as they are, with their lines
	Streams  []Stream
}

// Stream is one track of a file.
type Stream struct {
	Index    int
	Type     string  // "audio", "video", "subtitle", …
	Codec    string  // "unknown" when ffprobe has no name for it
	Duration float64 // seconds, 0 when it does not say
	Default  bool    // players take it by themselves
	Forced   bool    // subtitles for what is said in a foreign language only
	Cover    bool    // a picture that stands still
	Tags     Tags
	RawTags  map[string]string

	SampleRate, Channels int // of sound

	Width, Height int // of pictures, as they are shown
	FrameRate     float64
}

// Tags are lines by their names, in lower case: containers spell them in any.
type Tags map[string]string

// Add keeps the first of each name.
func (t Tags) Add(more map[string]string) {
	for name, value := range more {
		if name = strings.ToLower(name); t[name] == "" {
			t[name] = timed.Line(value)
		}
	}
}

// Subtitles lists the tracks of text, but for forced ones.
func (f Facts) Subtitles() []timed.Track {
	var tracks []timed.Track
	for _, s := range f.Streams {
		if s.Type == "subtitle" && timed.IsText(s.Codec) && !s.Forced {
			tracks = append(tracks, timed.Track{Index: s.Index, Format: s.Codec, Standard: s.Default, Language: timed.Language(s.Tags["language"])})
		}
	}
	return tracks
}

// First is the first track of a type that is no cover, nil when there is none.
func (f Facts) First(kind string) *Stream {
	for i, s := range f.Streams {
		if s.Type == kind && !s.Cover {
			return &f.Streams[i]
		}
	}
	return nil
}

// Probe reads the facts of a file. One that ffprobe cannot make sense of is a bad source.
func (t Tool) Probe(ctx context.Context, file string) (Facts, error) {
	result, err := t.Run(ctx, proc.Cmd{
		Name: ProbeName,
		Args: append([]string{
			"-v", "warning", "-of", "json", "-show_entries",
			"format=duration,bit_rate,probe_score:format_tags" +
				":stream=index,codec_type,codec_name,sample_rate,channels,width,height,avg_frame_rate,r_frame_rate,duration" +
				":stream_disposition=attached_pic,default,forced:stream_tags:stream_side_data=rotation",
		}, Input(file)...),
	})
	if err != nil {
		return Facts{}, err
	}
	facts, err := ParseProbe(result.Stdout)
	if err != nil {
		return Facts{}, t.unreadable(err)
	}
	facts.Guessed = strings.Contains(result.Stderr, "Estimating duration")
	return facts, nil
}

// output is the part of ffprobe's JSON that was asked for. Numbers are strings there, or
// missing, or "N/A".
type output struct {
	Streams []outputStream `json:"streams"`
	Format  struct {
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Score    int               `json:"probe_score"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

type outputStream struct {
	Index       int               `json:"index"`
	Type        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	SampleRate  string            `json:"sample_rate"`
	Channels    int               `json:"channels"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	AverageRate string            `json:"avg_frame_rate"`
	Rate        string            `json:"r_frame_rate"`
	Duration    string            `json:"duration"`
	Disposition map[string]int    `json:"disposition"`
	Tags        map[string]string `json:"tags"`
	SideData    []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// ParseProbe reads what ffprobe prints. Numbers that make no sense are 0.
func ParseProbe(out []byte) (Facts, error) {
	var p output
	if err := json.Unmarshal(out, &p); err != nil {
		return Facts{}, fmt.Errorf("ffprobe: %w", err)
	}
	if p.Format.Score < minScore {
		return Facts{}, errors.New("ffprobe is not sure of the format")
	}
	f := Facts{Duration: number(p.Format.Duration), BitRate: int(number(p.Format.BitRate)), Tags: Tags{}, RawTags: p.Format.Tags}
	f.Tags.Add(p.Format.Tags)
	for _, s := range p.Streams {
		f.Streams = append(f.Streams, s.stream())
	}
	return f, nil
}

func (s outputStream) stream() Stream {
	found := Stream{
		Index: s.Index, Type: s.Type, Codec: cmp.Or(s.Codec, "unknown"), Duration: number(s.Duration),
		Default: s.Disposition["default"] != 0, Forced: s.Disposition["forced"] != 0, Cover: s.Disposition["attached_pic"] != 0,
		Tags: Tags{}, RawTags: s.Tags,
		SampleRate: int(number(s.SampleRate)), Channels: max(s.Channels, 0),
		Width: max(s.Width, 0), Height: max(s.Height, 0), FrameRate: cmp.Or(fraction(s.AverageRate), fraction(s.Rate)),
	}
	found.Tags.Add(s.Tags)
	for _, side := range s.SideData {
		if math.Mod(math.Abs(side.Rotation), 180) == 90 { // telephones are held upright
			found.Width, found.Height = found.Height, found.Width
		}
	}
	return found
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
