package app

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"morag/internal/convert"
)

func TestWorkerAnnouncesWhatItCanConvert(t *testing.T) {
	t.Parallel()
	both := []string{"audio", "video"}
	machine := func(ffmpeg, hears bool) []convert.Engine {
		return []convert.Engine{
			{Name: "ffmpeg", Types: both, Available: ffmpeg, Remedy: "apt-get install ffmpeg"}, {Name: "ffprobe", Types: both, Available: ffmpeg, Remedy: "apt-get install ffmpeg"},
			{Name: "whisper", Purpose: "speech to text on this machine", Types: both, Available: hears}, {Name: "service", Purpose: "speech to text by a service", Types: both},
			{Name: "sh", Purpose: "command of your own", Types: []string{"own"}, Available: true},
		}
	}
	for name, tt := range map[string]struct {
		engines []convert.Engine
		force   bool
		types   []string
		kept    []string
		told    string
	}{
		"all is there":           {machine(true, true), false, both, both, ""},
		"nobody hears":           {machine(true, false), false, both, []string{"video"}, "content_type=audio missing=\"a speech engine"},
		"nobody hears, by force": {machine(true, false), true, both, both, "content_type=audio missing=\"a speech engine"},
		"no ffmpeg":              {machine(false, true), false, []string{"audio", "own"}, []string{"own"}, "ffmpeg (apt-get install ffmpeg), ffprobe"},
		"nothing":                {machine(false, false), false, both, nil, "video"},
		"a command for audio":    {[]convert.Engine{{Name: "sh", Purpose: "command of your own", Types: []string{"audio"}, Available: true}}, false, []string{"audio"}, []string{"audio"}, ""},
	} {
		var log bytes.Buffer
		kept, err := able(tt.types, tt.force, tt.engines, slog.New(slog.NewTextHandler(&log, nil)))
		if !slices.Equal(kept, tt.kept) || (err != nil) != (tt.kept == nil) || !strings.Contains(log.String(), tt.told) || tt.told == "" && log.Len() > 0 {
			t.Errorf("%s: %v, %v, log %s", name, kept, err, log.String())
		}
		if err != nil && !strings.Contains(err.Error(), "--force") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
