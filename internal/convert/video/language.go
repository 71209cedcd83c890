package video

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"

	"morag/internal/convert"
)

// baseLanguage makes of a BCP 47 tag ("en-US") the language alone ("en"); "" and
// "auto" are "".
func baseLanguage(option string) (string, error) {
	option = strings.TrimSpace(option)
	if option == "" || strings.EqualFold(option, "auto") {
		return "", nil
	}
	if code := languageCode(option); code != "" {
		return code, nil
	}
	return "", convert.BadSource(fmt.Sprintf("the option language: %.40q is no language tag such as en or de-AT", option), nil)
}

// bibliographic are the codes of ISO 639-2/B, which Matroska uses where they differ.
var bibliographic = map[string]string{
	"alb": "sq", "arm": "hy", "baq": "eu", "bur": "my", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "geo": "ka", "ger": "de",
	"gre": "el", "ice": "is", "mac": "mk", "mao": "mi", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk", "tib": "bo", "wel": "cy",
}

// languageCode is the shortest code of the language that a stream's tag names, "" for
// what is none.
func languageCode(name string) string {
	if code, ok := bibliographic[strings.ToLower(name)]; ok {
		return code
	}
	tag, err := language.Parse(name)
	if err != nil {
		return ""
	}
	base, confidence := tag.Base()
	if confidence != language.Exact { // "und" is guessed to be English
		return ""
	}
	return base.String()
}
