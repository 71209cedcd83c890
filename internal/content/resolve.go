package content

import (
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strings"
)

var validType = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

var builtIn = []string{Audio, Video, Doc, Image, Web, YouTube}

// ValidType tells whether name can be a content type, built in or not.
func ValidType(name string) bool { return validType.MatchString(name) }

// Normalize maps what a caller may put into a content_type field to a content type:
// MIME types ("audio/mpeg"), file extensions ("pdf") and any case of the built-in
// names. Other names of the right form are custom types and stay as they are. No
// claim ("", "application/octet-stream") is "". The error is a sentence that names
// the field.
func Normalize(claimed string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(claimed))
	if strings.ContainsRune(name, '/') {
		base, _, _ := mime.ParseMediaType(name)
		if base == "application/octet-stream" {
			return "", nil
		}
		if contentType := typeOfMIME(name); contentType != "" {
			return contentType, nil
		}
		return "", fmt.Errorf("content_type: %.100q is no MIME type of %s", claimed, strings.Join(builtIn[:4], ", "))
	}
	if f, ok := extensions[name]; ok {
		return f.contentType, nil
	}
	if name == "" || ValidType(name) {
		return name, nil
	}
	return "", fmt.Errorf("content_type: %.100q is neither a MIME type nor 1 to 64 of a-z, 0-9, _ and -", claimed)
}

// Resolve settles what an uploaded file is, from the normalised claim and from what
// [Detect] said. A custom type is trusted; a built-in one that contradicts the file
// is corrected, and the warning says so to the person who claimed it. Web and
// youtube are types of addresses, never of a file. The type is "" when nothing is
// known, which the caller has to refuse.
func Resolve(claimed, detected, mimeType string) (contentType, warning string) {
	switch {
	case claimed == "" || claimed == detected:
		return detected, ""
	case !slices.Contains(builtIn, claimed):
		return claimed, ""
	case detected == "" && mimeType == "" && (claimed == Web || claimed == YouTube):
		return "", ""
	case detected == "" && mimeType == "":
		return claimed, ""
	case claimed == Audio && detected == Video, // its sound is asked for
		claimed == Video && detected == Audio && holdsVideo(mimeType):
		return claimed, ""
	}
	if detected == "" {
		return "", fmt.Sprintf("content_type %q does not fit the file, which is %s", claimed, mimeType)
	}
	return detected, fmt.Sprintf("content_type %q does not fit the file, which is %s; it is treated as %q",
		claimed, mimeType, detected)
}

// holdsVideo tells whether files of this kind may have pictures as well as sound.
func holdsVideo(mimeType string) bool {
	switch mimeType {
	case "audio/ogg", "audio/x-m4a", "audio/mp4", "audio/x-ms-wma", "audio/x-matroska":
		return true
	}
	return false
}
