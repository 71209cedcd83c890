package pdf

import (
	"regexp"
	"strings"
	"unicode"

	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/layout"
)

const (
	// A page is suspected when this share of its letters is of fonts that do not say which
	// characters their codes are, ...
	codedShare = 0.3
	// ... and fewer than this share of those words look like words.
	wordlike = 0.55
	// symbolic is the flag of fonts with codes of their own.
	symbolic = 4
	// maxDifferences bounds the names of a font that are looked at.
	maxDifferences = 512
)

// glyphNumber is a name that says nothing of the character: "g12", "C0034", "glyph7".
var glyphNumber = regexp.MustCompile(`^(?:[a-zA-Z]|glyph|cid|index|char)\.?\d+$`)

// codedPages finds the pages whose text is the codes of a font and no characters: the font
// is embedded, does not tell which characters its codes are, and what comes out are no words.
func codedPages(file *cos.File, doc *layout.Document) []int {
	var found []int
	known := map[cos.Object]bool{} // by reference
	for i, page := range file.Pages() {
		if i >= len(doc.Pages) {
			break
		}
		fonts := map[string]bool{}
		for _, o := range file.Dict(page.Resources["Font"]) {
			ref, is := o.(cos.Ref)
			silent, seen := known[ref]
			if !is || !seen {
				silent = isSilent(file, file.Dict(o))
				if is {
					known[ref] = silent
				}
			}
			if name := file.Name(file.Dict(o)["BaseFont"]); silent && name != "" {
				fonts[string(name)] = true
			}
		}
		if len(fonts) > 0 && isCoded(&doc.Pages[i], fonts) {
			found = append(found, i)
		}
	}
	return found
}

// isSilent tells whether a font does not say which characters its codes are.
func isSilent(file *cos.File, font cos.Dict) bool {
	if font == nil || file.Resolve(font["ToUnicode"]) != nil {
		return false
	}
	descriptor := file.Dict(font["FontDescriptor"])
	switch file.Name(font["Subtype"]) {
	case "Type0":
		below := file.Array(font["DescendantFonts"])
		if len(below) == 0 || !strings.HasPrefix(string(file.Name(font["Encoding"])), "Identity") {
			return false
		}
		system := file.Dict(file.Dict(below[0])["CIDSystemInfo"])
		ordering, _ := file.Resolve(system["Ordering"]).(cos.String)
		return ordering == "Identity"
	case "TrueType":
		if font["Encoding"] == nil {
			return descriptor["FontFile2"] != nil && int(file.Number(descriptor["Flags"]))&symbolic != 0
		}
	}
	names, numbers := 0, 0
	for i, o := range file.Array(file.Dict(font["Encoding"])["Differences"]) {
		if name, is := o.(cos.Name); is && i < maxDifferences {
			names++
			if glyphNumber.MatchString(string(name)) {
				numbers++
			}
		}
	}
	return 2*numbers > names
}

// isCoded tells whether the text in the fonts is much of the page and hardly any of it words.
func isCoded(page *layout.Page, fonts map[string]bool) bool {
	all, coded, words, sound := 0, 0, 0, 0
	for _, run := range page.Runs {
		all += len(run.Text)
		if !fonts[run.Font] {
			continue
		}
		coded += len(run.Text)
		for word := range strings.FieldsSeq(run.Text) {
			if len(word) > 2 {
				words++
				if isWordlike(word) {
					sound++
				}
			}
		}
	}
	return words > 0 && float64(coded) >= codedShare*float64(all) && float64(sound) < wordlike*float64(words)
}

// isWordlike tells a word by its letters: none but letters, capitals at the beginning or
// throughout, and a vowel among them where the script has vowels.
func isWordlike(word string) bool {
	word = strings.Trim(word, ".,;:!?()\"'“”‘’«»-")
	vowel, lower, upperInside := false, false, false
	for i, r := range word {
		switch {
		case !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '’' && !unicode.IsMark(r):
			return isNumberlike(word)
		case unicode.IsLower(r):
			lower = true
		case unicode.IsUpper(r) && i > 0:
			upperInside = true
		}
		vowel = vowel || r > 0x17F || strings.ContainsRune("aeiouyäöüáàâéèêëíîïóôõúùûåæøœAEIOUYÄÖÜÉÅØ", r)
	}
	return vowel && !(lower && upperInside)
}

// isNumberlike tells numbers, dates and amounts.
func isNumberlike(word string) bool {
	return strings.Trim(word, "0123456789.,:/-+%€$£") == ""
}
