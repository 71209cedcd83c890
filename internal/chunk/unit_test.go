package chunk

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnits has each expected boundary as "¦" in the text itself.
func TestUnits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		starts func(string) []int
		texts  []string
	}{
		"paragraphs": {paragraphs, []string{
			"One\ngoes on.\n\n¦Two.\n \n\n¦Three",
			"# Title\n\nText.\n¦## Sub\n### Subsub\n\nText",
			"Title\n=====\n\nText\n\n¦More\n\n¦Title\n---\nText",
			"Text\n¦```\ncode\n\nmore\n```\n¦Text\n\n¦~~~\n```\n~~~",
			"Text ```inline``` on\n```one line``` goes on\n\n¦Next",
			"Text\n¦| a | b |\n|---|---|\n| 1 | 2 |\n¦Text",
			"Page one\f¦page two\n\n\f¦page three",
			"# End of page\f¦Next page",
			"- one\n- two\n\n¦- three",
			"> quote\n>\n¦> second",
			"one\r\ntwo\r\n\r\n¦three\r\r¦four",
			"####### not a heading\n\n¦#nor this\n\n¦5",
			"",
		}},
		"clauses": {clauses, []string{
			"Red, ¦green; ¦blue: ¦all (of them) ¦and – ¦more",
			"1,5 and 12:30 stay, ¦so does it",
			"He said \"no,\" ¦and—¦left\n¦there",
			"春は、¦夏は、」¦秋",
			"",
		}},
		"words": {words, []string{
			"¦state-of-the-art ¦don't  \n¦e\u0301te\u0301 ¦naïve",
			"¦今¦天¦下¦雨。¦「行¦こ¦う」",
			"¦GPU¦を¦使¦う ¦コンピューター¦と¦猫",
			"",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, marked := range test.texts {
				text, want := unmark(marked)
				if diff := cmp.Diff(want, cutAt(text, test.starts(text))); diff != "" {
					t.Errorf("%q (-want +got):\n%s", text, diff)
				}
			}
		})
	}
}
