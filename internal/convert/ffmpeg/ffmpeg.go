// Package ffmpeg runs ffmpeg's programs on files that strangers have sent: it opens them
// without following what they name, reads what they say of themselves, and makes the
// failures sentences.
package ffmpeg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"morag/internal/convert"
	"morag/internal/proc"
)

// The programs, and how to get both.
const (
	Name      = "ffmpeg"
	ProbeName = "ffprobe"

	remedy = "apt-get install ffmpeg"
)

// demuxers are the formats that may be opened: files that hold sound or moving pictures.
// What is left out matters: playlists and the like (hls, dash, concat, sdp, image2) name
// other files and addresses, which ffmpeg would open for whoever sent them.
const demuxers = "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,m4v,matroska,mov,mp3,mpc,mpc8," +
	"mpeg,mpegts,mpegvideo,mxf,nut,oga,ogg,rm,tak,tta,voc,w64,wav,wv"

// Tool runs the programs for one kind of source. It is safe for concurrent use.
type Tool struct {
	Noun      string        // of a source, with which a plural in "s" is made: "recording"
	Timeout   time.Duration // of one run, unless the command has its own
	MaxMemory int64         // address space of a program in bytes, on Linux
}

// Input is the arguments that open a file without following what it names.
func Input(file string) []string {
	return []string{"-protocol_whitelist", "file", "-format_whitelist", demuxers, "-i", "file:" + file}
}

// Run runs one of the programs. A missing one wraps [convert.ErrNoEngine], one that takes
// too long [convert.ErrEngine]; a full disk is an error of this machine's own, and any
// other failure a bad source.
func (t Tool) Run(ctx context.Context, cmd proc.Cmd) (proc.Result, error) {
	cmd.Timeout, cmd.MaxMemory = cmp.Or(cmd.Timeout, t.Timeout), t.MaxMemory
	result, err := proc.Run(ctx, cmd)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine(fmt.Sprintf("%ss need the program %s: %s", t.Noun, cmd.Name, remedy))
	case errors.Is(err, proc.ErrTimeout):
		return result, convert.EngineFailed(fmt.Sprintf("%s took longer than %s", cmd.Name, cmd.Timeout), err)
	case strings.Contains(result.Stderr, "No space left"):
		return result, fmt.Errorf("run %s: %w", cmd.Name, err)
	}
	return result, t.unreadable(err)
}

func (t Tool) unreadable(cause error) error {
	return convert.BadSource(fmt.Sprintf("the file is no readable %s", t.Noun), cause)
}

// Engine is the entry of one of the programs in a converter's list.
func Engine(ctx context.Context, name, purpose string) convert.Engine {
	version, err := proc.Version(ctx, name, "-version")
	return convert.Engine{Name: name, Purpose: purpose, Version: version, Available: err == nil, Remedy: remedy}
}

// Position reads the position in seconds from a line of what -progress prints.
func Position(line string) (seconds float64, ok bool) {
	value, found := strings.CutPrefix(strings.TrimSpace(line), "out_time_us=")
	if !found {
		return 0, false
	}
	microseconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || microseconds < 0 {
		return 0, false
	}
	return float64(microseconds) / 1e6, true
}

// IsCut tells whether a file that says that it lasts so many seconds was cut off, because
// it holds fewer: less than nine tenths of them, and not only what encoders round.
func IsCut(says, holds float64) bool {
	const least, rounded = 0.9, 2.0
	return holds < least*says && says-holds > rounded
}
