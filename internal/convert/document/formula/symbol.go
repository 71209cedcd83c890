package formula

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// symbols are the commands of characters.
var symbols = commands(operand, `α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta ϑ vartheta ι iota κ kappa λ lambda
μ mu µ mu ν nu ξ xi π pi ϖ varpi ρ rho ϱ varrho σ sigma ς varsigma τ tau υ upsilon φ varphi ϕ phi χ chi ψ psi ω omega
Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega ∆ Delta ∞ infty ∂ partial ∇ nabla ∅ emptyset ∀ forall ∃ exists
∄ nexists ¬ neg ℓ ell ℏ hbar ℑ Im ℜ Re ℵ aleph ∠ angle ⊤ top ⊥ bot … ldots ⋯ cdots ⋮ vdots ⋱ ddots √ surd ° circ † dagger ℘ wp ⋆ star □ square`)

// infixes are the commands of what stands between two things.
var infixes = commands(infix, `± pm ∓ mp × times ÷ div · cdot ⋅ cdot ∘ circ ∗ ast ≤ leq ≥ geq ⩽ leqslant ⩾ geqslant ≠ neq ≈ approx ≡ equiv ≅ cong ∼ sim ≃ simeq ∝ propto ≪ ll ≫ gg
∈ in ∉ notin ∋ ni ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ∪ cup ∩ cap ∖ setminus ∧ wedge ∨ vee ⊕ oplus ⊗ otimes ⊖ ominus ⊙ odot ⊢ vdash ⊨ models ∥ parallel ∣ mid
→ to ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ⟶ longrightarrow ⟵ longleftarrow ⟹ Longrightarrow ⟺ Longleftrightarrow ↦ mapsto
↑ uparrow ↓ downarrow ≜ triangleq ≔ coloneqq ≺ prec ≻ succ`)

// operators are the commands of signs with limits.
var operators = commands(name, `∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge ⨁ bigoplus ⨂ bigotimes ⨆ bigsqcup`)

// signs are the characters that have a form of their own in TeX.
var signs = map[rune]piece{
	'+': {"+", infix}, '-': {"-", infix}, '−': {"-", infix}, '=': {"=", infix}, '<': {"<", infix}, '>': {">", infix}, '∶': {":", infix},
	'*': {"*", infix}, ',': {",", comma}, ';': {";", comma}, '\u2063': {}, '\u2062': {}, '\u2061': {}, '\u2064': {}, '\u200b': {},
	'(': {"(", opening}, ')': {")", closing}, '[': {"[", opening}, ']': {"]", closing}, '{': {`\{`, opening}, '}': {`\}`, closing},
	'⟨': {`\langle`, opening}, '⟩': {`\rangle`, closing}, '〈': {`\langle`, opening}, '〉': {`\rangle`, closing},
	'⌊': {`\lfloor`, opening}, '⌋': {`\rfloor`, closing}, '⌈': {`\lceil`, opening}, '⌉': {`\rceil`, closing},
	'‖': {`\|`, operand}, '\\': {`\backslash`, operand}, '$': {`\$`, operand}, '%': {`\%`, operand}, '#': {`\#`, operand}, '&': {`\&`, operand},
	'_': {`\_`, operand}, '^': {`\text{\textasciicircum}`, operand}, '~': {`\sim`, infix}, '′': {"'", operand}, '″': {"''", operand}, '‴': {"'''", operand},
	'ℝ': {`\mathbb{R}`, operand}, 'ℂ': {`\mathbb{C}`, operand}, 'ℕ': {`\mathbb{N}`, operand}, 'ℤ': {`\mathbb{Z}`, operand}, 'ℚ': {`\mathbb{Q}`, operand},
	'ℙ': {`\mathbb{P}`, operand}, 'ℒ': {`\mathcal{L}`, operand}, 'ℋ': {`\mathcal{H}`, operand}, 'ℱ': {`\mathcal{F}`, operand}, 'ℛ': {`\mathcal{R}`, operand},
	'ℎ': {"h", operand}, '⁄': {"/", operand}, '∕': {"/", operand},
}

// functions are the names that TeX has a command for.
var functions = set(`sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim liminf limsup max min sup inf
det dim ker deg gcd arg hom Pr`)

func commands(k kind, list string) map[rune]piece {
	words := strings.Fields(list)
	all := make(map[rune]piece, len(words)/2)
	for i := 0; i+1 < len(words); i += 2 {
		all[[]rune(words[i])[0]] = piece{`\` + words[i+1], k}
	}
	return all
}

func set(list string) map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(list) {
		all[word] = true
	}
	return all
}

// sign writes a character.
func sign(r rune) piece {
	for _, all := range []map[rune]piece{signs, symbols, infixes, operators} {
		if p, ok := all[r]; ok {
			return p
		}
	}
	if r >= 0x1D400 && r <= 0x1D7FF {
		return styled(r)
	}
	if unicode.IsSpace(r) || unicode.IsControl(r) {
		return piece{}
	}
	return piece{tex: string(r)}
}

// styled writes one of the letters that are set in a style by their code (Unicode,
// "Mathematical Alphanumeric Symbols").
func styled(r rune) piece {
	plain := norm.NFKC.String(string(r))
	inner := row(characters(plain))
	command := ""
	switch {
	case r <= 0x1D433, r >= 0x1D6A8 && r <= 0x1D6E1, r >= 0x1D7CE && r <= 0x1D7D7:
		command = "mathbf"
	case r >= 0x1D49C && r <= 0x1D503:
		command = "mathcal"
	case r >= 0x1D504 && r <= 0x1D537, r >= 0x1D56C && r <= 0x1D59F:
		command = "mathfrak"
	case r >= 0x1D538 && r <= 0x1D56B, r >= 0x1D7D8 && r <= 0x1D7E1:
		command = "mathbb"
	case r >= 0x1D5A0 && r <= 0x1D66F, r >= 0x1D7E2 && r <= 0x1D7F5:
		command = "mathsf"
	case r >= 0x1D670 && r <= 0x1D6A3, r >= 0x1D7F6:
		command = "mathtt"
	}
	return piece{tex: in(command, inner)}
}

// characters writes a text that is a formula, sign by sign. Blanks between words are kept.
func characters(text string) []piece {
	var out []piece
	number, blank := false, false
	for _, r := range text {
		isNumber := r >= '0' && r <= '9' || number && r == '.'
		switch {
		case unicode.IsSpace(r):
			blank = len(out) > 0
		case isNumber && number && !blank:
			out[len(out)-1].tex += string(r)
		default:
			p := sign(r)
			if blank && isLetter(r) && len(out) > 0 && out[len(out)-1].kind == operand && startsWithWord(out[len(out)-1].tex) {
				out = append(out, piece{tex: `\ `})
			}
			out, blank = append(out, p), false
		}
		number = isNumber && !unicode.IsSpace(r)
	}
	return out
}

func isLetter(r rune) bool { return unicode.IsLetter(r) }

// word writes a name of several letters.
func word(text string) piece {
	if functions[text] {
		return piece{`\` + text, name}
	}
	return piece{`\operatorname{` + quoted(text) + "}", name}
}

// words writes a text that is no formula.
func words(text string) []piece {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) }), " ")
	if text == "" {
		return nil
	}
	if strings.TrimSpace(text) == "" {
		return []piece{{tex: `\ `}}
	}
	return []piece{{tex: `\text{` + quoted(text) + "}"}}
}

// quoter writes the signs that mean something to TeX.
var quoter = strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "%", `\%`, "#", `\#`, "&", `\&`, "_", `\_`,
	"^", `\textasciicircum{}`, "~", `\textasciitilde{}`)

func quoted(text string) string { return quoter.Replace(text) }

// in sets something in a font, if there is one.
func in(command, tex string) string {
	if command == "" || tex == "" {
		return tex
	}
	return `\` + command + "{" + tex + "}"
}

// accents are the commands of what stands above a sign, for one and for several.
var accents = map[string][2]string{
	"^": {"hat", "widehat"}, "ˆ": {"hat", "widehat"}, "\u0302": {"hat", "widehat"},
	"~": {"tilde", "widetilde"}, "˜": {"tilde", "widetilde"}, "\u0303": {"tilde", "widetilde"}, "∼": {"tilde", "widetilde"},
	"¯": {"bar", "overline"}, "‾": {"bar", "overline"}, "\u0304": {"bar", "overline"}, "\u0305": {"bar", "overline"}, "―": {"bar", "overline"}, "_": {"bar", "overline"},
	"→": {"vec", "overrightarrow"}, "\u20d7": {"vec", "overrightarrow"}, "⟶": {"vec", "overrightarrow"},
	"←": {"overleftarrow", "overleftarrow"}, "\u20d6": {"overleftarrow", "overleftarrow"}, "↔": {"overleftrightarrow", "overleftrightarrow"}, "\u20e1": {"overleftrightarrow", "overleftrightarrow"},
	"˙": {"dot", "dot"}, "\u0307": {"dot", "dot"}, ".": {"dot", "dot"}, "¨": {"ddot", "ddot"}, "\u0308": {"ddot", "ddot"}, "\u20db": {"dddot", "dddot"},
	"ˇ": {"check", "check"}, "\u030c": {"check", "check"}, "˘": {"breve", "breve"}, "\u0306": {"breve", "breve"},
	"´": {"acute", "acute"}, "\u0301": {"acute", "acute"}, "`": {"grave", "grave"}, "\u0300": {"grave", "grave"}, "˚": {"mathring", "mathring"}, "\u030a": {"mathring", "mathring"},
	"⏞": {"overbrace", "overbrace"}, "︷": {"overbrace", "overbrace"},
}

// below are the commands of what stands below something.
var below = map[string]string{
	"⏟": "underbrace", "︸": "underbrace", "_": "underline", "¯": "underline", "‾": "underline", "\u0332": "underline", "\u0331": "underline", "→": "underrightarrow", "←": "underleftarrow",
}

// accented puts a sign above a base; ok tells whether it is one that stands there.
func accented(base piece, mark string) (p piece, ok bool) {
	found, ok := accents[strings.TrimSpace(mark)]
	if !ok {
		return piece{}, false
	}
	tex := row([]piece{base})
	command := found[1]
	if isOne(tex) && !isTall(tex) {
		command = found[0]
	}
	return piece{tex: in(command, tex)}, true
}

// underlined puts a sign below a base.
func underlined(base piece, mark string) (p piece, ok bool) {
	command, ok := below[strings.TrimSpace(mark)]
	return piece{tex: in(command, row([]piece{base}))}, ok
}

// fonts are the commands of styles, by the names that MathML and Office have for them.
var fonts = map[string]string{
	"bold": "mathbf", "bold-italic": "boldsymbol", "double-struck": "mathbb", "script": "mathcal", "bold-script": "mathcal", "fraktur": "mathfrak",
	"bold-fraktur": "mathfrak", "sans-serif": "mathsf", "bold-sans-serif": "mathsf", "monospace": "mathtt",
	"b": "mathbf", "bi": "boldsymbol",
}
