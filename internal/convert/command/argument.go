package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"morag/internal/content"
	"morag/internal/convert"
)

// maxArguments is more than any command line needs.
const maxArguments = 256

// Placeholders are what an argument may name in braces: {input} is the path of the
// source, whose name ends in its extension; {output} that of the file to write instead
// of standard output; {language} as the caller gave it; {name} the source's name
// without anything that a program could take for more than a name; {type} and {mime}
// what it is; {url} its address, for web and youtube.
func Placeholders() []string {
	return []string{"input", "output", "language", "name", "type", "mime", "url"}
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// check says why a command cannot work.
func check(contentType string, command []string) error {
	if normal, err := content.Normalize(contentType); err != nil || normal != contentType {
		if err == nil && normal != "" {
			return fmt.Errorf("%q is no content type but a format of %q", contentType, normal)
		}
		return fmt.Errorf("%.70q is no content type: use 1 to 64 of a-z, 0-9, _ and -", contentType)
	}
	if len(command) == 0 || command[0] == "" {
		return fmt.Errorf("%s has no program", contentType)
	}
	if len(command) > maxArguments {
		return fmt.Errorf("%s has more than %d arguments", contentType, maxArguments)
	}
	for i, argument := range command {
		if strings.ContainsRune(argument, 0) {
			return fmt.Errorf("%s: an argument holds a NUL", contentType)
		}
		for _, named := range placeholder.FindAllStringSubmatch(argument, -1) {
			if i == 0 {
				return fmt.Errorf("%s: the program itself cannot be %s", contentType, named[0])
			}
			if !slices.Contains(Placeholders(), named[1]) {
				return fmt.Errorf("%s: there is no %s, only {%s}", contentType, named[0], strings.Join(Placeholders(), "}, {"))
			}
		}
	}
	if !names(command, "input") && !names(command, "url") {
		return errors.New(contentType + " has no argument {input}: the program would not know what to convert")
	}
	return nil
}

// names tells whether an argument of the command names the placeholder.
func names(command []string, name string) bool {
	return slices.ContainsFunc(command, func(argument string) bool { return strings.Contains(argument, "{"+name+"}") })
}

// validLanguage takes one language or several, as tags or by name, and nothing that a
// program could take for an option or a path.
var validLanguage = regexp.MustCompile(`^[A-Za-z0-9]+([-_+, ][A-Za-z0-9]+)*$`)

const maxLanguage = 35 // characters, as of a BCP 47 tag

// valuesOf is what the placeholders stand for.
func valuesOf(src content.Source, opt convert.Options, w workplace) (map[string]string, error) {
	language := strings.TrimSpace(opt.Language)
	if language != "" && (len(language) > maxLanguage || !validLanguage.MatchString(language)) {
		return nil, convert.BadSource(fmt.Sprintf("the option language: %.40q is no language tag such as en or de-AT", opt.Language), nil)
	}
	values := map[string]string{
		"input": w.input, "output": w.output, "language": language, "name": safeName(src.Name), "type": src.Type, "mime": src.MIME,
	}
	if strings.HasPrefix(src.URL, "http://") || strings.HasPrefix(src.URL, "https://") {
		values["url"] = src.URL
	}
	return values, nil
}

// fill puts the values into the arguments and leaves those out whose values are empty.
func fill(arguments []string, values map[string]string) []string {
	var filled []string
	for _, argument := range arguments {
		lacks := false
		filledIn := placeholder.ReplaceAllStringFunc(argument, func(named string) string {
			value := values[named[1:len(named)-1]]
			lacks = lacks || value == ""
			return value
		})
		if !lacks {
			filled = append(filled, filledIn)
		}
	}
	return filled
}

// maxName is the longest name most file systems take.
const maxName = 200 // bytes

// safeName is a stranger's name for a file as a program may be told: letters and digits
// first, then also spaces and punctuation that mean nothing to programs.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" ._-+()", r) {
			return r
		}
		return '_'
	}, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(name, " ._-+()")
	return strings.ToValidUTF8(name[:min(len(name), maxName)], "")
}

var plainExtension = regexp.MustCompile(`^\.[a-z0-9]{1,10}$`)

// extension is that of a name, "" when it is an odd one.
func extension(name string) string {
	if e := strings.ToLower(filepath.Ext(safeName(name))); plainExtension.MatchString(e) {
		return e
	}
	return ""
}

// hide takes the paths of this machine out of what a program says.
func (w workplace) hide(line string) string {
	for _, path := range []string{w.input, w.source, w.dir} {
		line = strings.ReplaceAll(line, path, "the source")
	}
	return line
}
