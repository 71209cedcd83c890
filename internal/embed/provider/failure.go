package provider

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// failure is what the body of an error says, as far as it is understood.
type failure struct {
	message    string        // one printable line of at most maxMessage characters
	badKey     bool          // Google says 400 where others say 401
	retryAfter time.Duration // google.rpc.RetryInfo; Google sends no header
}

const maxMessage = 200

// parseFailure understands Google's and OpenAI's {"error": {"message": …}} and the
// shapes of compatible servers: {"error": "…"}, {"message": "…"}, {"detail": "…"}.
// Of anything else the text itself is the message.
func parseFailure(body []byte) failure {
	var object struct {
		Error struct {
			Message string
			Details []struct{ Reason, RetryDelay string }
		}
	}
	var flat struct{ Error, Message, Detail string }
	// A field of another type is skipped, and the rest decoded all the same.
	_ = json.Unmarshal(body, &object)
	_ = json.Unmarshal(body, &flat)

	var f failure
	for _, message := range []string{object.Error.Message, flat.Error, flat.Message, flat.Detail, string(body)} {
		if f.message = line(message); f.message != "" {
			break
		}
	}
	for _, detail := range object.Error.Details {
		f.badKey = f.badKey || detail.Reason == "API_KEY_INVALID"
		if delay, err := time.ParseDuration(detail.RetryDelay); err == nil {
			f.retryAfter = max(f.retryAfter, delay)
		}
	}
	return f
}

// line makes one printable line of a text, and not a long one.
func line(text string) string {
	runes := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " "))
	if len(runes) > maxMessage {
		return string(runes[:maxMessage-1]) + "…"
	}
	return string(runes)
}
