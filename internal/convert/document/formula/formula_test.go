package formula_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"morag/internal/convert/document/formula"
)

// tree reads elements; those of Office keep their prefix.
func tree(raw string) *html.Node {
	d := xml.NewDecoder(strings.NewReader(raw))
	d.Strict = false
	named := func(n xml.Name) string {
		if n.Space != "" {
			return n.Space + ":" + n.Local
		}
		return n.Local
	}
	top := &html.Node{Type: html.ElementNode, Data: "math"}
	for at := top; ; {
		token, err := d.RawToken()
		if err != nil {
			return top
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &html.Node{Type: html.ElementNode, Data: named(t.Name)}
			for _, a := range t.Attr {
				n.Attr = append(n.Attr, html.Attribute{Key: named(a.Name), Val: a.Value})
			}
			at.AppendChild(n)
			at = n
		case xml.EndElement:
			if at.Parent != nil {
				at = at.Parent
			}
		case xml.CharData:
			at.AppendChild(&html.Node{Type: html.TextNode, Data: string(t)})
		}
	}
}

func TestMathML(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`<mi>x</mi><mo>=</mo><mfrac><mrow><mo>−</mo><mi>b</mi><mo>±</mo><msqrt><msup><mi>b</mi><mn>2</mn></msup></msqrt></mrow><mrow><mn>2</mn><mi>a</mi></mrow></mfrac>`: `x = \frac{-b \pm \sqrt{b^{2}}}{2a}`,
		`<mroot><mn>27</mn><mn>3</mn></mroot>`: `\sqrt[3]{27}`,
		`<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub><mi>x</mi><mi>i</mi></msub>`:                       `\sum_{i = 1}^{n} x_{i}`,
		`<msubsup><mo>∫</mo><mn>0</mn><mi>∞</mi></msubsup><mi>f</mi>`:                                                                                     `\int_{0}^{\infty} f`,
		`<mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo>`: `\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`,
		`<mi>f</mi><mo>=</mo><mo>{</mo><mtable><mtr><mtd><mn>0</mn></mtd><mtd><mtext>if </mtext><mi>x</mi></mtd></mtr></mtable>`:                          `f = \begin{cases} 0 & \text{if }x \end{cases}`,
		`<mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable>`:                                                                                               `\begin{matrix} 1 \end{matrix}`,
		`<mo>(</mo><mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac><mo>)</mo>`:                                                                       `\binom{n}{k}`,
		`<mfenced open="|" close="|"><mi>x</mi></mfenced>`:                                                                                                `|x|`,
		`<mfenced><mi>a</mi><mi>b</mi></mfenced>`:                                                                                                         `(a, b)`,
		`<mfenced open="[" close="]"><mfrac><mi>a</mi><mi>b</mi></mfrac></mfenced>`:                                                                       `\left[ \frac{a}{b} \right]`,
		`<mover><mi>x</mi><mo>^</mo></mover><mover><mrow><mi>x</mi><mi>y</mi></mrow><mo>¯</mo></mover>`:                                                   `\hat{x}\overline{xy}`,
		`<mover accent="true"><mi>v</mi><mo>→</mo></mover>`:                                                                                               `\vec{v}`,
		`<munder><munder><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>⏟</mo></munder><mi>n</mi></munder>`:                                               `\underbrace{a + b}_{n}`,
		`<munder><mi>lim</mi><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder><mi>f</mi>`:                                                              `\lim_{x \to 0} f`,
		`<mover><mo>=</mo><mo>!</mo></mover>`:                                                                                                             `\overset{!}{=}`,
		`<mi>sin</mi><mo>&#x2061;</mo><mi>α</mi><mo>≤</mo><mi>β</mi><mi>x</mi>`:                                                                           `\sin \alpha \leq \beta x`,
		`<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>`:                                                                              `{a + b}^{2}`,
		`<msup><mi>f</mi><mo>′</mo></msup><mi>kg</mi><mn>3.5</mn>`:                                                                                        `f'\mathrm{kg}3.5`,
		`<mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>`:                                                                    `{}_{6}^{14}C`,
		`<mi mathvariant="double-struck">R</mi><mi>ℝ</mi><mi>𝐱</mi><mi>𝑥</mi>`:                                                                            `\mathbb{R}\mathbb{R}\mathbf{x}x`,
		`<mtext>5 % of $x_1</mtext>`:                     `\text{5 \% of \$x\_1}`,
		`<menclose notation="box"><mi>x</mi></menclose>`: `\boxed{x}`,
		`<unheard><mi>x</mi><odd>y</odd></unheard>`:      `xy`,
		`<mfrac><mi>broken</mi></mfrac>`:                 `\mathrm{broken}`,
		`<semantics><mi>x</mi><annotation encoding="StarMath 5.0">size 12 x</annotation></semantics>`: `x`,
		``: ``,
	} {
		if got := formula.MathML(tree(raw)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", raw, got, want)
		}
	}
}

func TestOMML(t *testing.T) {
	t.Parallel()
	r := func(text string) string { return "<m:r><m:t>" + text + "</m:t></m:r>" }
	e := func(inner string) string { return "<m:e>" + inner + "</m:e>" }
	for raw, want := range map[string]string{
		r("x=") + "<m:f><m:num>" + r("a+b") + "</m:num><m:den>" + r("2") + "</m:den></m:f>":                                                              `x = \frac{a + b}{2}`,
		`<m:f><m:fPr><m:type m:val="lin"/></m:fPr><m:num>` + r("a+b") + "</m:num><m:den>" + r("2") + "</m:den></m:f>":                                    `(a + b)/2`,
		"<m:sSup>" + e(r("y")) + "<m:sup>" + r("n+1") + "</m:sup></m:sSup>":                                                                              `y^{n + 1}`,
		"<m:sSubSup>" + e(r("x")) + "<m:sub>" + r("i") + "</m:sub><m:sup>" + r("2") + "</m:sup></m:sSubSup>":                                             `x_{i}^{2}`,
		"<m:sPre><m:sub>" + r("6") + "</m:sub><m:sup>" + r("14") + "</m:sup>" + e(r("C")) + "</m:sPre>":                                                  `{}_{6}^{14}C`,
		`<m:rad><m:deg>` + r("3") + "</m:deg>" + e(r("27")) + "</m:rad>":                                                                                 `\sqrt[3]{27}`,
		`<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg>` + r("3") + "</m:deg>" + e(r("2")) + "</m:rad>":                                         `\sqrt{2}`,
		`<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>` + r("i=1") + "</m:sub><m:sup>" + r("n") + "</m:sup>" + e(r("i")) + "</m:nary>":          `\sum_{i = 1}^{n} i`,
		"<m:nary><m:sub/><m:sup/>" + e(r("f")) + "</m:nary>":                                                                                             `\int f`,
		`<m:d><m:dPr><m:begChr m:val="|"/><m:endChr m:val="|"/></m:dPr>` + e(r("x")) + "</m:d>":                                                          `|x|`,
		`<m:d>` + e(r("a")) + e(r("b")) + "</m:d>":                                                                                                       `(a|b)`,
		`<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val=")"/></m:dPr>` + e("<m:f><m:num>"+r("1")+"</m:num><m:den>"+r("2")+"</m:den></m:f>") + "</m:d>": `\left[ \frac{1}{2} \right)`,
		"<m:d>" + e("<m:m><m:mr>"+e(r("1"))+e(r("2"))+"</m:mr><m:mr>"+e(r("3"))+e(r("4"))+"</m:mr></m:m>") + "</m:d>":                                    `\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`,
		`<m:d><m:dPr><m:begChr m:val="{"/><m:endChr m:val=""/></m:dPr>` + e("<m:eqArr>"+e(r("a=1"))+e(r("b=2"))+"</m:eqArr>") + "</m:d>":                 `\begin{cases} a = 1 \\ b = 2 \end{cases}`,
		`<m:d>` + e(`<m:f><m:fPr><m:type m:val="noBar"/></m:fPr><m:num>`+r("n")+"</m:num><m:den>"+r("k")+"</m:den></m:f>") + "</m:d>":                    `\binom{n}{k}`,
		"<m:func><m:fName>" + `<m:r><m:rPr><m:sty m:val="p"/></m:rPr><m:t>sin</m:t></m:r>` + "</m:fName>" + e(r("x")) + "</m:func>":                      `\sin x`,
		"<m:func><m:fName><m:limLow>" + e(r("lim")) + "<m:lim>" + r("x→0") + "</m:lim></m:limLow></m:fName>" + e(r("f")) + "</m:func>":                   `\lim_{x \to 0} f`,
		"<m:func><m:fName>" + r("rank") + "</m:fName>" + e(r("A")) + "</m:func>":                                                                         `\operatorname{rank} A`,
		`<m:acc><m:accPr><m:chr m:val="̃"/></m:accPr>` + e(r("x")) + "</m:acc>":                                                                          `\tilde{x}`,
		"<m:acc>" + e(r("x")) + "</m:acc>":                                                                          `\hat{x}`,
		`<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>` + e(r("xy")) + "</m:bar>":                                  `\overline{xy}`,
		`<m:bar>` + e(r("x")) + "</m:bar>":                                                                          `\underline{x}`,
		"<m:limLow><m:e><m:groupChr>" + e(r("a+b")) + "</m:groupChr></m:e><m:lim>" + r("n") + "</m:lim></m:limLow>": `\underbrace{a + b}_{n}`,
		"<m:limLow>" + e(r("ab")) + "<m:lim>" + r("⏟") + "</m:lim></m:limLow>":                                      `\underbrace{ab}`,
		`<m:r><m:rPr><m:nor/></m:rPr><m:t>if x > 0</m:t></m:r>`:                                                     `\text{if x > 0}`,
		`<m:r><m:rPr><m:scr m:val="double-struck"/></m:rPr><m:t>R</m:t></m:r>`:                                      `\mathbb{R}`,
		`<m:r><m:rPr><m:sty m:val="b"/></m:rPr><m:t>v</m:t></m:r>`:                                                  `\mathbf{v}`,
		r("α≤∞"):                        `\alpha \leq \infty`,
		r("3.14 m"):                     `3.14\ m`,
		r("50%"):                        `50\%`,
		"<m:odd>" + r("x") + "</m:odd>": `x`,
		"<w:del>" + r("x") + "</w:del>": ``,
	} {
		if got := formula.OMML(tree(raw)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", raw, got, want)
		}
	}
}

// What is too long for a formula keeps its text.
func TestLongText(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{64 << 10: `\text{`, 64<<10 + 1: "a"} {
		if got := formula.MathML(tree("<mtext>" + strings.Repeat("a", size) + "</mtext>")); !strings.HasPrefix(got, want) {
			t.Errorf("%d bytes: %.20s", size, got)
		}
	}
}

// FuzzFormula: every letter comes out, and no dollar that would end the formula.
func FuzzFormula(f *testing.F) {
	f.Add(`<mfrac><mi>a</mi><mrow><mi>b</mi></mrow></mfrac><mtable><mtr><mtd>c</mtd></mtr></mtable><munder><mo>lim</mo><mi>x</mi></munder><mtext>$d</mtext>`)
	f.Add(`<m:d><m:e><m:r><m:t>x{</m:t></m:r></m:e></m:d><m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:e><m:r><m:t>y</m:t></m:r></m:e></m:nary>`)
	f.Fuzz(func(t *testing.T, raw string) {
		if strings.Count(raw, "<") > 300 {
			return
		}
		top := tree(raw)
		for name, text := range map[string]string{"MathML": formula.MathML(top), "OMML": formula.OMML(top)} {
			if plain := strings.ReplaceAll(strings.ReplaceAll(text, `\\`, ""), `\$`, ""); strings.Contains(plain, "$") && len(raw) < 64<<10 {
				t.Errorf("%s: %q became %q", name, raw, text)
			}
		}
	})
}
