// Package dingbat reads text that is set in a font of signs. Such a font shows a tick or an arrow
// where the text has a letter, or a code of Unicode's private use area.
package dingbat

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// Text is what a reader sees of text in a font: a sign for each letter of a font of signs, and
// nothing for signs that have no equal. Of other fonts the text is the same, without the
// characters that have no meaning outside of their font.
func Text(font, text string) string {
	signs := tableOf(font)
	if signs == nil && !strings.ContainsFunc(text, isPrivate) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		b.WriteString(sign(signs, r))
	}
	return b.String()
}

// Known tells whether a font is one of signs.
func Known(font string) bool { return tableOf(font) != nil }

func sign(signs map[byte]string, r rune) string {
	code, ok := codeOf(r)
	switch {
	case signs == nil && isPrivate(r):
		return ""
	case signs == nil || !ok && !isPrivate(r) || unicode.IsSpace(r):
		return string(r)
	}
	return signs[code] // "" when there is none, or no code
}

// codeOf is the place of a character in a font of signs: its code in Windows' character set, or
// what it is above 0xF000.
func codeOf(r rune) (byte, bool) {
	if r >= 0xF000 && r <= 0xF0FF {
		return byte(r - 0xF000), true
	}
	return charmap.Windows1252.EncodeRune(r)
}

// isPrivate tells whether a character has no meaning without its font.
func isPrivate(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }

// tableOf finds the signs of a font by its name, or by the first of a list of names.
func tableOf(font string) map[byte]string {
	font, _, _ = strings.Cut(strings.ToLower(font), ",")
	font = strings.NewReplacer(" ", "", `"`, "", "'", "", "-regular", "").Replace(font)
	switch font {
	case "symbolmt", "symbolps":
		font = "symbol"
	}
	return tables[font]
}

var tables = map[string]map[byte]string{
	"symbol":     from(0x20, symbolSigns),
	"wingdings":  wingdings,
	"wingdings2": wingdings2,
	"wingdings3": wingdings3,
	"webdings":   webdings,
}

// symbolSigns is Adobe's Symbol encoding from 0x20 on, a space where it has no sign.
const symbolSigns = " !∀#∃%&∋()∗+,−./0123456789:;<=>?" +
	"≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_" +
	" αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ " +
	"                                " +
	"€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵" +
	"ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓" +
	"◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ "

// from numbers signs; a space is none.
func from(first int, signs string) map[byte]string {
	table := map[byte]string{}
	for i, r := range []rune(signs) {
		if r != ' ' {
			table[byte(first+i)] = string(r)
		}
	}
	return table
}

// join makes one table of several.
func join(tables ...map[byte]string) map[byte]string {
	all := map[byte]string{}
	for _, table := range tables {
		for code, sign := range table {
			all[code] = sign
		}
	}
	return all
}

var (
	wingdings = join(
		from(0x21, "✏✂✁👓🔔📖🕯☎✆✉🖃📪📫📬📭📁📂📄🗏🗐🗄⌛⌨🖰🖲💻🖴💾🖬✇✍"),
		from(0x40, "🖎✌👌👍👎☜☞☝☟🖐☺😐☹💣☠⚐🏱✈☼💧❄🕆✞🕈✠✡☪☯ॐ☸♈♉♊♋♌♍♎♏♐♑♒♓🙰🙵●❍■□□❑❒⬧⧫◆❖⬥⌧⍓⌘❀✿❝❞"),
		from(0x80, "⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿"),
		from(0x9E, "·•▪○◯◯◉◎◯▪◻▲✦★✶✴✹✵ ⌖⟡⌑ ✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛"),
		map[byte]string{0xD5: "⌫", 0xD6: "⌦", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE3: "↖", 0xE4: "↗", 0xE5: "↙", 0xE6: "↘",
			0xE7: "⬅", 0xE8: "➔", 0xE9: "⬆", 0xEA: "⬇", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⇔", 0xF4: "⇳",
			0xA8: "◻", 0xAB: "★", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
	)
	wingdings2 = join(
		map[byte]string{0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x96: "•", 0x97: "●", 0x98: "⚫",
			0xA2: "■", 0xA3: "☐", 0xA4: "□"},
		from(0x69, "⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿"),
	)
	wingdings3 = join(
		from(0x66, "←→↑↓↖↗↙↘↔↕▲▼△▽◀▶◁▷"),
		map[byte]string{0x7C: "◀", 0x7D: "▶"},
	)
	webdings = map[byte]string{0x33: "◀", 0x34: "▶", 0x35: "▲", 0x36: "▼", 0x61: "✔", 0x63: "☐", 0x67: "■", 0x6E: "●", 0x72: "✖"}
)
