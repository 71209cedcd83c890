package caption

import (
	"strings"
	"testing"
)

func TestRollingCaptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ srt, want string }{
		"lines that roll": {`1
00:00:00,000 --> 00:00:02,000
we walk along the shore

2
00:00:02,000 --> 00:00:02,010
we walk along the shore

3
00:00:02,010 --> 00:00:04,000
we walk along the shore
and look at the sea

4
00:00:04,000 --> 00:00:06,000
and look at the sea
until it is dark`, "[00:00:00] we walk along the shore\n\n[00:00:02] and look at the sea\n\n[00:00:04] until it is dark"},
		"a line that grows": {`1
00:00:00,000 --> 00:00:01,000
we walk along

2
00:00:01,000 --> 00:00:02,000
we walk along the shore`, "[00:00:00] we walk along\n\n[00:00:01] the shore"},
		"a short answer twice":  {"1\n00:00:00,000 --> 00:00:01,000\nNo.\n\n2\n00:00:01,000 --> 00:00:02,000\nNo.\n", "[00:00:00] No.\n\n[00:00:01] No."},
		"a refrain, much later": {"1\n00:00:00,000 --> 00:00:01,000\nrow row your boat\n\n2\n00:01:01,000 --> 00:01:02,000\nrow row your boat\n", "[00:00:00] row row your boat\n\n[00:01:01] row row your boat"},
		"markup":                {"1\n00:00:00,000 --> 00:00:01,000\n{\\an8}<font color=\"#fff\">Tom &amp; Ada</font>: 1 < 2\n", "[00:00:00] Tom & Ada: 1 < 2"},
		"numbers as text":       {"1\n00:00:00,000 --> 00:00:01,000\n1984\n\n2\n01:00:01,000 --> 01:00:02,000\nis a year\n", "[00:00:00] 1984\n\n[01:00:01] is a year"},
		"nothing":               {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Markdown(Join(ParseSRT(strings.Split(tt.srt, "\n"))), nil); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
