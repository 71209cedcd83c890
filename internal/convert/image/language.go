package image

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"morag/internal/convert"
)

// maxLanguages bounds the time and memory that tesseract takes for a picture.
const maxLanguages = 4

// ocrLanguage is a language as people and as tesseract name it.
type ocrLanguage struct{ tag, name string }

// debianPackage is what holds its data.
func (l ocrLanguage) debianPackage() string {
	return "tesseract-ocr-" + strings.ReplaceAll(l.name, "_", "-")
}

// parseLanguages reads BCP 47 tags joined by "+" or ","; "auto" is the fallback.
func parseLanguages(option, fallback string) ([]ocrLanguage, error) {
	if strings.EqualFold(option, "auto") {
		option = fallback
	}
	parts := strings.FieldsFunc(option, func(r rune) bool { return r == '+' || r == ',' || r == ' ' })
	if len(parts) == 0 || len(parts) > maxLanguages {
		return nil, convert.BadSource(fmt.Sprintf("the option language: give from 1 to %d languages", maxLanguages), nil)
	}
	var all []ocrLanguage
	for _, part := range parts {
		l, err := parseLanguage(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all, nil
}

func parseLanguage(part string) (ocrLanguage, error) {
	tag, err := language.Parse(part)
	base, confidence := tag.Base()
	if err != nil || confidence != language.Exact { // "und" is guessed to be English
		return ocrLanguage{}, convert.BadSource(fmt.Sprintf("the option language: %.40q is no language tag such as en or de-AT", part), nil)
	}
	script, _ := tag.Script() // by the region when it is not given
	l := ocrLanguage{tag: base.String(), name: base.ISO3()}
	switch l.tag + "-" + script.String() {
	case "zh-Hant":
		l.name = "chi_tra"
	case "zh-Hans":
		l.name = "chi_sim"
	case "sr-Latn":
		l.name = "srp_latn"
	case "az-Cyrl":
		l.name = "aze_cyrl"
	case "uz-Cyrl":
		l.name = "uzb_cyrl"
	case "nb-Latn", "nn-Latn", "no-Latn":
		l.name = "nor"
	case "ku-Latn":
		l.name = "kmr"
	}
	return l, nil
}
