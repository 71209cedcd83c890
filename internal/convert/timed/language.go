package timed

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"morag/internal/convert"
)

// WantedLanguage makes of the option language, a BCP 47 tag ("en-US") or an English name
// ("English"), the language alone ("en"), as engines want it; "" and "auto" are "".
// What is neither wraps [convert.ErrBadSource].
func WantedLanguage(option string) (string, error) {
	option = strings.TrimSpace(option)
	if option == "" || strings.EqualFold(option, "auto") {
		return "", nil
	}
	if code := Language(option); code != "" {
		return code, nil
	}
	return "", convert.BadSource(fmt.Sprintf("the option language: %.40q is no language tag such as en or de-AT", option), nil)
}

// bibliographic are the codes of ISO 639-2/B, which Matroska uses where they differ.
var bibliographic = map[string]string{
	"alb": "sq", "arm": "hy", "baq": "eu", "bur": "my", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "geo": "ka", "ger": "de",
	"gre": "el", "ice": "is", "mac": "mk", "mao": "mi", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk", "tib": "bo", "wel": "cy",
}

// Language is the shortest code of a language that a tag, an English name or a
// container's code names, "" for what is none.
func Language(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if code, ok := languageNames()[name]; ok {
		return code
	}
	if code, ok := bibliographic[name]; ok {
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
