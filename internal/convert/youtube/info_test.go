package youtube

import (
	"testing"
	"unicode/utf8"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	vtt := []captions{{Format: "vtt", URL: "x"}}
	translated := []captions{{Format: "vtt", URL: "x?lang=en&tlang=de"}}
	for name, tt := range map[string]struct {
		about  info
		wanted string
		want   string // language, with "+" when it is automatic
	}{
		"nothing":                  {info{}, "", ""},
		"the video's language":     {info{Language: "fr", Subtitles: map[string][]captions{"en": vtt, "fr": vtt}}, "", "fr"},
		"as it is heard":           {info{Subtitles: map[string][]captions{"en": vtt, "fr": vtt}, Automatic: map[string][]captions{"fr-orig": vtt, "fr": vtt, "en": translated}}, "", "fr"},
		"heard, nobody wrote":      {info{Subtitles: map[string][]captions{"en": vtt}, Automatic: map[string][]captions{"fr": vtt, "en": translated}}, "", "fr+"},
		"the only one":             {info{Subtitles: map[string][]captions{"xx-unknown": vtt}}, "", "xx-unknown"},
		"several, English":         {info{Subtitles: map[string][]captions{"de": vtt, "en-GB": vtt, "fr": vtt}}, "", "en-GB"},
		"several, no English":      {info{Subtitles: map[string][]captions{"fr": vtt, "de": vtt}}, "", "de"},
		"wanted":                   {info{Language: "en", Subtitles: map[string][]captions{"en": vtt, "pt-BR": vtt}}, "pt", "pt-BR"},
		"wanted, only translated":  {info{Language: "en", Subtitles: map[string][]captions{"en": vtt}, Automatic: map[string][]captions{"en": vtt, "de": translated}}, "de", ""},
		"wanted, heard":            {info{Subtitles: map[string][]captions{"de": vtt}, Automatic: map[string][]captions{"en": vtt}}, "en", "en+"},
		"shorter names first":      {info{Subtitles: map[string][]captions{"en-US-asdf": vtt, "en": vtt, "en-GB": vtt}}, "en", "en"},
		"a form that nobody reads": {info{Subtitles: map[string][]captions{"en": {{Format: "ttml"}}, "live_chat": {{Format: "json"}}}}, "", ""},
		"a name that is a pattern": {info{Subtitles: map[string][]captions{".*": vtt, "all": vtt, "-en": vtt, "en,de": vtt}}, "", ""},
	} {
		got := ""
		if track := tt.about.choose(tt.wanted); track != nil {
			if got = track.language; track.automatic {
				got += "+"
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestParseProgress(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]float64{
		"morag 50 200 NA": 0.25, "morag 50 NA 100.5": 50 / 100.5, "morag 300 200 NA": 1, "morag 5 NA NA": -1, "morag NA 1 1": -1, "[download] 50%": -1, "": -1, "morag -1 5 5": -1,
	} {
		got, ok := parseProgress(line)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %t", line, got, ok)
		}
	}
}

func FuzzInfo(f *testing.F) {
	f.Add([]byte(`{"id": 5, "title": ["x"], "duration": "12", "chapters": [{"start_time": -1, "title": "a"}, {"start_time": 1e300, "title": "\u0000"}], "tags": [1, "a"], "timestamp": 1e300, "subtitles": {"en": [{"ext": "vtt"}]}}`))
	f.Add([]byte(`{"_type": "playlist", "entries": [{"id": "x", "automatic_captions": {"en-orig": [{"ext": "json3", "url": null}]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		about, part, err := parseInfo(raw)
		if err != nil {
			return
		}
		if len(part) == 0 {
			t.Error("nothing to load")
		}
		meta := map[string]any{}
		about.fill(meta)
		for key, value := range meta {
			if s, ok := value.(string); ok && (!utf8.ValidString(s) || len([]rune(s)) > maxDescription+1) {
				t.Errorf("%s: %q", key, s)
			}
		}
		if track := about.choose(""); track != nil && !validLanguage.MatchString(track.language) {
			t.Errorf("language %q", track.language)
		}
		markdown(about.title(), nil, about.chapters())
	})
}

func FuzzProgress(f *testing.F) {
	f.Add("morag 10 20 NA")
	f.Add("morag 1e308 NA 1e-308")
	f.Add("morag NaN 0 Inf")
	f.Fuzz(func(t *testing.T, line string) {
		if part, ok := parseProgress(line); ok && !(part >= 0 && part <= 1) {
			t.Errorf("%q is %v of the whole", line, part)
		}
	})
}
