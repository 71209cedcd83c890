package content

import (
	"net/url"
	"slices"
	"strings"
)

// youTubeHosts are the names YouTube answers to; www., m. and music. before them too.
var youTubeHosts = []string{"youtube.com", "youtu.be", "youtube-nocookie.com"}

// TypeOfURL is the content type of an address: [YouTube] when it names a video there
// (a page to watch, a short, a live stream, an embedded player, a short link), else
// [Web]. It judges by the spelling alone and does not check that raw is an address.
func TypeOfURL(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Web
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if before, rest, found := strings.Cut(host, "."); found && slices.Contains([]string{"www", "m", "music"}, before) {
		host = rest
	}
	if !slices.Contains(youTubeHosts, host) {
		return Web
	}
	first, rest, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	switch {
	case host == "youtu.be":
		if first != "" {
			return YouTube
		}
	case first == "watch":
		if u.Query().Get("v") != "" {
			return YouTube
		}
	case slices.Contains([]string{"shorts", "live", "embed", "v", "e"}, first):
		if rest != "" {
			return YouTube
		}
	}
	return Web
}
