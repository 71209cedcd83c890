package dingbat

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ font, text, want string }{
		{"Arial", "þ ü J", "þ ü J"},
		{"Arial", "a\uF0FCb", "ab"},
		{"", "plain", "plain"},
		{"Wingdings", "þ ýüûo J", "☑ ☒✓✗□ ☺"},
		{`"Wingdings", sans-serif`, "\uF0FC", "✓"},
		{"WINGDINGS", "CDLlnqrtuvw\u0178", "👍👎☹●■❑❒⧫◆❖⬥•"},
		{"Wingdings", "à", "→"},
		{"Wingdings", "语", "语"},
		{"Wingdings 2", "PRO\u00A3", "✓☑✗☐"},
		{"wingdings2", "\uF052", "☑"},
		{"Wingdings 3", "gf", "→←"},
		{"Webdings", "a r", "✔ ✖"},
		{"Symbol", "a\u00AE\u00B3 ", "α→≥ "},
		{"SymbolMT", "S", "Σ"},
		{"Wingdings", "\uF001", ""},
	} {
		if got := Text(test.font, test.text); got != test.want {
			t.Errorf("%q in %s: %q, want %q", test.text, test.font, got, test.want)
		}
	}
	if !Known("'Wingdings'") || Known("Wing") {
		t.Error("the fonts of signs are not known apart")
	}
}
