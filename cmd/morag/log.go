package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"morag/internal/config"
)

// newLogger logs to w as the settings say.
func newLogger(w io.Writer, c config.Log) *slog.Logger {
	level := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "warning": slog.LevelWarn, "error": slog.LevelError,
	}[strings.ToLower(c.LogLevel)]
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: readable}
	if c.LogFormat == jsonFormat {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

const jsonFormat = "json"

// readable leaves out of a line what says nothing, and writes lengths of time with their
// unit, which slog does not do in JSON.
func readable(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case nil:
		return slog.Attr{}
	case string:
		if v == "" {
			return slog.Attr{}
		}
	case time.Duration:
		a.Value = slog.StringValue(rounded(v).String())
	}
	return a
}

// rounded cuts a length of time to three digits after the point.
func rounded(d time.Duration) time.Duration {
	for unit := time.Second; unit > time.Nanosecond; unit /= 1000 {
		if d.Abs() >= unit {
			return d.Round(unit / 1000)
		}
	}
	return d
}

// voice tells what there is to tell beside a command's output: to people in a line, to
// what reads the log of a server or worker as JSON in a line of that.
type voice struct {
	out io.Writer
	log *slog.Logger // nil to speak to people
}

// newVoice speaks before the arguments are parsed, and so finds the format of the log by
// itself.
func newVoice(out io.Writer, args []string, s *settings) voice {
	command, _ := beforeParsing(args)
	format := cmp.Or(os.Getenv("MORAG_LOG_FORMAT"), fmt.Sprint(s.values["log_format"]))
	for i, arg := range args {
		value, assigned := strings.CutPrefix(arg, "--log-format=")
		if assigned {
			format = value
		} else if arg == "--log-format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	if format != jsonFormat || !runsHere(command) {
		return voice{out: out}
	}
	return voice{out, newLogger(out, config.Log{LogLevel: "info", LogFormat: jsonFormat})}
}

func (v voice) fail(sentence string) {
	if v.log != nil {
		v.log.Error(sentence)
		return
	}
	fmt.Fprintln(v.out, "morag:", sentence)
}

func (v voice) warn(sentence string) {
	if v.log != nil {
		v.log.Warn(sentence)
		return
	}
	fmt.Fprintln(v.out, "morag: warning:", sentence)
}
