package audio

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"morag/internal/convert"
)

// baseLanguage makes of a BCP 47 tag ("en-US") or an English name ("English") the language
// alone ("en"), as speech engines want it; "" and "auto" are "".
func baseLanguage(name string) (string, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || name == "auto" {
		return "", nil
	}
	if code := languageCode(name); code != "" {
		return code, nil
	}
	return "", convert.BadSource(fmt.Sprintf("the option language: %.40q is no language tag such as en or de-AT", name), nil)
}

// languageCode is the code of a language given by tag or name, "" for what is none.
func languageCode(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if code, ok := languageNames()[name]; ok {
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

// languageNames maps English names to codes: Whisper services answer with names.
var languageNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, base := range display.Values.BaseLanguages() {
		names[strings.ToLower(display.English.Languages().Name(base))] = base.String()
	}
	return names
})
