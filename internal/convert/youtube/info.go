package youtube

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"morag/internal/convert"
	"morag/internal/convert/timed"
)

const (
	// The longest title or name kept, and the longest description, in runes.
	maxName        = 500
	maxDescription = 10_000
	maxChapters    = 1000
	maxTags        = 100
)

// info is what yt-dlp says of a video.
type info struct {
	Kind        string  `json:"_type"`
	Title       string  `json:"title"`
	Description string  `json:"description"`
	Channel     string  `json:"channel"`
	Uploader    string  `json:"uploader"`
	Language    string  `json:"language"`
	Extractor   string  `json:"extractor_key"`
	ID          string  `json:"id"`
	WebpageURL  string  `json:"webpage_url"`
	Thumbnail   string  `json:"thumbnail"`
	Duration    float64 `json:"duration"`    // seconds
	Timestamp   float64 `json:"timestamp"`   // of publication, Unix
	UploadDate  string  `json:"upload_date"` // 20060102
	LiveStatus  string  `json:"live_status"`
	IsLive      bool    `json:"is_live"`
	Chapters    []struct {
		Start float64 `json:"start_time"`
		Title string  `json:"title"`
	} `json:"chapters"`
	Tags      []string              `json:"tags"`
	Subtitles map[string][]captions `json:"subtitles"`
	Automatic map[string][]captions `json:"automatic_captions"`
	Entries   []json.RawMessage     `json:"entries"` // of a playlist
}

// captions are one form in which a track is offered.
type captions struct {
	Format string `json:"ext"`
	URL    string `json:"url"`
}

// parseInfo reads what yt-dlp prints, and returns the part of it that is the video's.
func parseInfo(raw []byte) (*info, []byte, error) {
	about, err := unmarshal(raw)
	if err != nil {
		return nil, nil, err
	}
	if about.Kind == "playlist" || about.Kind == "multi_video" {
		if len(about.Entries) != 1 {
			return nil, nil, convert.BadSource("the address leads to several videos or to none; name a single one", nil)
		}
		raw = about.Entries[0]
		if about, err = unmarshal(raw); err != nil {
			return nil, nil, err
		}
	}
	if about.Kind != "" && about.Kind != "video" {
		return nil, nil, convert.BadSource("the address leads to no video", nil)
	}
	switch {
	case about.LiveStatus == "is_upcoming":
		return nil, nil, convert.BadSource("the video has not begun yet", nil)
	case about.IsLive || about.LiveStatus == "is_live" || about.LiveStatus == "post_live":
		return nil, nil, convert.BadSource("the video is a live stream; come back when it is over", nil)
	}
	if about.Title == "" && about.ID == "" && about.WebpageURL == "" {
		return nil, nil, convert.EngineFailed("yt-dlp says nothing of the video", nil)
	}
	return about, raw, nil
}

// unmarshal passes over fields of another kind than is known: pages give many.
func unmarshal(raw []byte) (*info, error) {
	about := &info{}
	var kind *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, about); err != nil && (!errors.As(err, &kind) || kind.Field == "") {
		return nil, convert.EngineFailed("what yt-dlp says of the video cannot be read", err)
	}
	return about, nil
}

func (i *info) title() string { return short(timed.Line(i.Title), maxName) }

// chapters are those of a video that is cut in more than one, in time order.
func (i *info) chapters() []chapter {
	var all []chapter
	for _, c := range i.Chapters[:min(len(i.Chapters), maxChapters)] {
		if title := short(timed.Line(c.Title), maxName); title != "" && c.Start >= 0 && c.Start < 1e7 {
			all = append(all, chapter{Start: c.Start, Title: title})
		}
	}
	slices.SortStableFunc(all, func(a, b chapter) int { return cmp.Compare(a.Start, b.Start) })
	return all
}

// fill sets what is known of the video. What the text's own metadata says stays, but for
// the title, the author and the times, which a sound file may have by chance.
func (i *info) fill(meta map[string]any) {
	var lines []string
	for line := range strings.Lines(i.Description) {
		lines = append(lines, timed.Line(line))
	}
	for key, value := range map[string]string{
		"title": i.title(), "author": short(timed.Line(cmp.Or(i.Channel, i.Uploader)), maxName),
		"channel": short(timed.Line(i.Channel), maxName), "uploader": short(timed.Line(i.Uploader), maxName),
		"description": short(strings.TrimSpace(strings.Join(lines, "\n")), maxDescription),
		"site":        short(timed.Line(i.Extractor), maxName), "video_id": short(timed.Line(i.ID), maxName),
	} {
		if value != "" {
			meta[key] = value
		}
	}
	if i.Duration > 0 {
		meta["duration"] = i.Duration
	}
	if published := i.published(); published != "" {
		meta["published"], meta["created"] = published, published
	}
	if language := timed.Language(i.Language); language != "" && meta["language"] == nil {
		meta["language"] = language
	}
	var tags []string
	for _, tag := range i.Tags[:min(len(i.Tags), maxTags)] {
		if tag = short(timed.Line(tag), maxName); tag != "" {
			tags = append(tags, tag)
		}
	}
	if len(tags) > 0 {
		meta["tags"] = tags
	}
	if chapters := i.chapters(); len(chapters) > 0 {
		meta["chapters"] = chapters
	}
}

// published is the time or the day of publication, as RFC 3339 in UTC.
func (i *info) published() string {
	if i.Timestamp > 0 && i.Timestamp < 1e11 {
		return time.Unix(int64(i.Timestamp), 0).UTC().Format(time.RFC3339)
	}
	if day, err := time.Parse("20060102", i.UploadDate); err == nil {
		return day.UTC().Format(time.RFC3339)
	}
	return ""
}

func short(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return strings.TrimSpace(string(runes[:most])) + "…"
	}
	return s
}

// track is the captions in one language.
type track struct {
	language  string // as the site names it
	automatic bool
}

// validLanguage is what may follow --sub-langs, which takes patterns.
var validLanguage = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// original ends YouTube's name for captions in the language that is spoken, which
// stand among their translations into others.
const original = "-orig"

// spoken is the language that the track is in.
func (t track) spoken() string {
	name := strings.TrimSuffix(t.language, original)
	return cmp.Or(timed.Language(name), name)
}

// choose finds the captions to take: those that people have written before those that a
// machine has heard, in the wanted language ("" is the video's own). Translations that
// a machine has made are not taken, nor captions in another language than is wanted:
// listening is better. nil means that there are none.
func (i *info) choose(wanted string) *track {
	automatic := i.heard()
	if wanted == "" {
		wanted = timed.Language(i.Language)
	}
	if wanted == "" && len(automatic) == 1 {
		wanted = automatic[0].spoken()
	}
	manual := tracks(i.Subtitles, false)
	for _, t := range append(slices.Clone(manual), automatic...) {
		if wanted == t.spoken() {
			return &t
		}
	}
	if wanted != "" || len(manual) == 0 {
		return nil
	}
	// Nobody says which of several is the original: most likely the English one.
	for _, t := range manual {
		if t.spoken() == "en" {
			return &t
		}
	}
	return &manual[0]
}

// heard are the automatic captions that are no translations.
func (i *info) heard() []track {
	all := tracks(i.Automatic, true)
	for _, t := range all {
		if strings.HasSuffix(t.language, original) {
			return []track{t}
		}
	}
	return slices.DeleteFunc(all, func(t track) bool {
		return slices.ContainsFunc(i.Automatic[t.language], func(c captions) bool { return strings.Contains(c.URL, "tlang=") })
	})
}

// tracks lists what can be read, shorter names first: "en" before "en-GB".
func tracks(offered map[string][]captions, automatic bool) []track {
	var all []track
	for language, forms := range offered {
		readable := slices.ContainsFunc(forms, func(c captions) bool { return slices.Contains([]string{"json3", "vtt", "srt"}, c.Format) })
		if readable && validLanguage.MatchString(language) && language != "all" {
			all = append(all, track{language, automatic})
		}
	}
	slices.SortFunc(all, func(a, b track) int {
		return cmp.Or(cmp.Compare(len(a.language), len(b.language)), cmp.Compare(a.language, b.language))
	})
	return all
}
