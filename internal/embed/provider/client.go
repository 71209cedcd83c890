package provider

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"morag/internal/service"
)

// DefaultTimeout bounds one request, its answer included.
const DefaultTimeout = time.Minute

// Client calls the service at an address for [Post]. A request ends after timeout (0:
// [DefaultTimeout]) and an answer may have at most the bytes that vectors of that
// dimension (0: [MaxDimension]) for that many texts can need. It tries nothing again:
// that is for [embed.Retry].
func (l Limits) Client(address string, header http.Header, dimension int, timeout time.Duration) *service.Client {
	const perNumber, envelope = 64, 64 << 10 // a float64 has up to 24 characters, and Google indents
	limit := l.Texts*cmp.Or(dimension, MaxDimension)*perNumber + envelope
	return service.New(service.Config{
		Address: address, Header: header, Timeout: cmp.Or(timeout, DefaultTimeout), MaxAnswer: int64(limit),
	})
}

// Post sends in as JSON to a path and decodes the answer into out. It is all that a
// provider's own library would be used for, and those cost minutes of compiling and most
// of the binary.
func Post(ctx context.Context, client *service.Client, path string, in, out any) error {
	return client.Post(ctx, path, service.JSON(in), func(answer []byte) error {
		switch {
		case !bytes.HasPrefix(bytes.TrimSpace(answer), []byte("{")):
			return errors.New("not a JSON object")
		case hasNullElement(answer):
			return errors.New("null in place of a number, as some servers write NaN")
		}
		if err := json.Unmarshal(answer, out); err != nil {
			return fmt.Errorf("decode answer: %w", err)
		}
		return nil
	})
}

// CheckAddress tells whether a base URL is one of http or https. The sentence begins
// with the setting's name.
func CheckAddress(setting, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s is %q, which is not an http or https address", setting, address)
	}
	return nil
}

// hasNullElement finds null in a JSON array, which encoding/json would read as 0: only
// there it follows a bracket or comma.
func hasNullElement(body []byte) bool {
	for {
		before, after, found := bytes.Cut(body, []byte("null"))
		if !found {
			return false
		}
		before = bytes.TrimRight(before, " \t\r\n")
		if bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte(",")) {
			return true
		}
		body = after
	}
}
