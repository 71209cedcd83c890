package chunk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cutAt cuts text at the starts and trims the pieces.
func cutAt(text string, starts []int) []string {
	var pieces []string
	from := 0
	for _, start := range append(starts, len(text)) {
		if piece := strings.TrimSpace(text[from:start]); piece != "" {
			pieces = append(pieces, piece)
		}
		from = start
	}
	return pieces
}

// TestSentences has each expected boundary as "¦" in the text itself.
func TestSentences(t *testing.T) {
	t.Parallel()
	for name, tests := range map[string][]string{
		"plain": {
			"One. ¦Two! ¦Three? ¦Four",
			"It rained. ¦5 people came. ¦The rest stayed.",
			"He slept.  \n ¦She did not.",
			"No stop at all",
			"Stop.",
		},
		"goes on in small letters": {
			"He came. (with a friend) and left. ¦(She stayed.)",
			`He came. "slowly", he said. ¦"She stayed."`,
			"He came. - and left. ¦- She stayed.",
			"¿Viene? ¿y usted? ¦¿Cuándo?",
		},
		"titles": {
			"Dr. Smith met Mr. and Mrs. Jones. ¦They talked.",
			"Prof. Dr. Braun spricht. ¦Alle hören zu.",
			"Gen. Lee left. ¦The next gen. ¦Then came.",
			"**Dr.** Who came. ¦*Prof.* Why left.",
		},
		"initials": {
			"J. R. R. Tolkien wrote it. ¦He was British.",
			"J.R.R. Tolkien wrote it. ¦C. S. Lewis read it.",
			"The choice is plan B. ¦The rest is luck.",
			"George W. Bush spoke. ¦So did I. ¦He listened.",
		},
		"abbreviations": {
			"Bring fruit, e.g. Apples or i.e. What you like. ¦Thanks.",
			"E.g. Apples are fine. ¦Cf. Smith for more.",
			"See Smith et al. (2019) for it. ¦They measured.",
			"Apples, pears, etc. ¦The shop has them.",
			"Apples, pears, etc. are in the shop.",
			"He works at Foo Inc. ¦He likes it. ¦Foo Inc. Germany is small.",
			"The U.S. Army moved. ¦He lives in the U.S. ¦It is large.",
			"We meet at 5 p.m. Monday. ¦We left at 6 a.m. ¦The sun rose.",
			"He has a Ph.D. Nobody knew. ¦Well.",
			"Cats vs. Dogs. ¦A film.",
		},
		"counted": {
			"It is No. 5 on the list. ¦No. ¦That is wrong.",
			"See Fig. 3 and p. 12 in Vol. 2. ¦Then stop.",
			"On Jan. 5 it snowed. ¦It was Sept. 2020.",
			"They ate a fig. ¦Then they left in Jan. ¦Nobody came.",
		},
		"german": {
			"Obst, z. B. Äpfel, ist gesund. ¦Das stimmt.",
			"Obst, z.B. Äpfel, ist gesund. ¦Das stimmt.",
			"Zuerst, d. h. Montag, kommt er. ¦Dann geht er.",
			"Er hat i. d. R. Recht. ¦Sie auch.",
			"Der Vater bzw. Onkel kam. ¦Er blieb.",
			"Am 3. Oktober ist Feiertag. ¦Im 19. Jahrhundert nicht.",
			"Siehe Abb. 3 und Nr. 7. ¦Danach ist Schluss.",
			"Das kostet 3,50 Euro. ¦»Teuer!« ¦Er zahlte.",
			"Er rief: „Halt.“ ¦Dann lief er.",
		},
		"numbers": {
			"Pi is 3.14 or so. ¦Version v1.2.3 is out. ¦Use 1.000 of them.",
			"It ended in 1990. ¦Nobody cared.",
			"1. Who are you? ¦2. What do you want?",
			"1.2. Scope of the work",
			"IV. Results are in. ¦V. Thanks",
			"Version v1.2.3. ¦Then v2.",
			"Open example.com/a.b now. ¦Go to www.example.com. ¦Read it.",
			"Done.[1] ¦Next.[2][13] ¦Last[x]. ¦[3] is no note.[",
		},
		"ellipses": {
			"Well... maybe. ¦Yes... ¦No.",
			"Well… maybe. ¦Yes… ¦No.",
			"Well . . . maybe. ¦Yes . . . ¦No.",
		},
		"marks": {
			"What?! ¦No!! ¦Really?? ¦Yes.",
			"Yahoo! is a name. ¦So is it.",
			"\"Stop!\" he said. ¦Then he left.",
		},
		"quotes and brackets": {
			`He said "Stop." ¦Then he left.`,
			`He said “Stop.” ¦Then he left.`,
			`He said 'Stop.' ¦"Why?" ¦She asked.`,
			`He left. ¦"Stop," she said. ¦(He did not.) ¦It rained.`,
			"« Arrêtez. » ¦Puis il partit. ¦« Bien. »",
			"It is **bold.** ¦And *this.* ¦Right.",
			"He left (cf. page 5). ¦[He came back.] ¦Fine.",
			"¿Qué? ¦¡Nada! ¦¿Seguro? ¦Sí.",
		},
		"without spaces": {
			"今天下雨。¦我们不去！¦好吗？¦好。",
			"他说：“走吧。”¦她走了。",
			"「行こう。」と彼は言った。¦「はい。」¦彼女は笑った。",
			"値は３．１４です。¦次。",
			"यह है। ¦वह नहीं।",
			"هل هذا؟ ¦نعم.",
		},
		"lines": {
			"A wrapped line\ngoes on. ¦Next\none.",
			"# Title\n¦Text here. ¦More.\n\n¦New paragraph",
			"Title\n=====\n¦Text",
			"- one\n¦- two is\n  wrapped\n¦- three\n¦After the list.",
			"1. one\n¦2. two\nis wrapped\n¦3) three",
			"• one\n¦• two",
			"[00:01:05] hello there\n¦[00:01:09] general\n¦[01:02] Yes. ¦No.",
			"[00:00.0 --> 00:02.5] a\n¦[00:02.5 --> 00:04.0] b",
			"| a | b |\n¦|---|---|\n¦| 1. | Two |\n¦After.",
			"Before\n¦```go\n¦a := 1\n¦b := 2\n¦```\n¦After",
			"> quoted text\n> goes on\n¦> - item",
			"A sentence that\fgoes on. ¦So.\f¦Next page",
			"A sentence that\n\n\fgoes on.",
			"Annual Report\f¦Introduction",
			"one\r\ntwo.\r\n\r\n¦Three",
			"It was\n1990. ¦Then it ended.",
		},
		"nothing": {""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, marked := range tests {
				text, want := unmark(marked)
				if diff := cmp.Diff(want, cutAt(text, sentences(text))); diff != "" {
					t.Errorf("%q (-want +got):\n%s", text, diff)
				}
			}
		})
	}
}

// unmark takes the bars out of a text and returns the trimmed pieces between them.
func unmark(marked string) (text string, pieces []string) {
	for piece := range strings.SplitSeq(marked, "¦") {
		if piece = strings.TrimSpace(piece); piece != "" {
			pieces = append(pieces, piece)
		}
	}
	return strings.ReplaceAll(marked, "¦", ""), pieces
}
