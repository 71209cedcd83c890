package youtube

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

// languageCode is the shortest code of the language of a tag, "" for what is none.
func languageCode(name string) string {
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
