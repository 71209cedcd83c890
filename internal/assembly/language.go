package assembly

import (
	"strings"

	"morag/internal/content"
	"morag/internal/part"
)

// mostly is the part of what is said that has to be in a language for it to be that of the
// whole recording.
const mostly = 2.0 / 3

// Language is the one that a recording is in, by how long the parts are in which it was found:
// "" when there is none that most of what is said is in, or that two parts tell of. What was
// said in none, such as a part without words, has no vote.
func Language(plan *part.Plan, parts []*content.Document) string {
	votes, told := map[string]float64{}, map[string]int{}
	var order []string
	all := 0.0
	for i, d := range parts {
		language := LanguageOf(d)
		if language == "" {
			continue
		}
		if told[language]++; told[language] == 1 {
			order = append(order, language)
		}
		votes[language] += float64(plan.Parts[i].Length())
		all += float64(plan.Parts[i].Length())
	}
	for _, language := range order {
		if told[language] > 1 && votes[language] >= mostly*all {
			return language
		}
	}
	return ""
}

// LanguageOf is the language that a part was found to be in, "" for none.
func LanguageOf(d *content.Document) string {
	if d == nil || strings.TrimSpace(d.Content) == "" && len(d.Segments) == 0 {
		return ""
	}
	language, _ := d.Metadata["language"].(string)
	return language
}

// language is that of the whole, or what all parts say.
func (a assembly) language() string {
	if language := Language(a.plan, a.parts); language != "" {
		return language
	}
	found := ""
	for _, d := range a.parts {
		switch language := LanguageOf(d); {
		case language == "" || language == found:
		case found != "":
			return ""
		default:
			found = language
		}
	}
	return found
}
