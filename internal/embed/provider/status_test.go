package provider

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Wed, 21 Oct 2015 07:28:00 GMT"
	for _, test := range []struct {
		name   string
		header map[string]string
		want   time.Duration
	}{
		{"nothing said", nil, 0},
		{"seconds", map[string]string{"Retry-After": "17"}, 17 * time.Second},
		{"milliseconds first", map[string]string{"Retry-After": "17", "Retry-After-Ms": "1500"}, 1500 * time.Millisecond},
		{"a date", map[string]string{"Retry-After": "Wed, 21 Oct 2015 07:29:30 GMT", "Date": date}, 90 * time.Second},
		{"a date gone by", map[string]string{"Retry-After": date, "Date": "Wed, 21 Oct 2015 07:29:30 GMT"}, 0},
		{"a date without now", map[string]string{"Retry-After": date}, 0},
		{"negative", map[string]string{"Retry-After": "-3"}, 0},
		{"not a number", map[string]string{"Retry-After": "NaN"}, 0},
		{"words", map[string]string{"Retry-After": "later"}, 0},
		{"endless", map[string]string{"Retry-After": "1e300"}, 1<<62 - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for key, value := range test.header {
				header.Set(key, value)
			}
			got := retryAfter(header)
			if got != test.want && !(test.want > 1<<60 && got > 1<<60) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

var failures = map[string]struct {
	body string
	want failure
}{
	"empty":  {"", failure{}},
	"openai": {`{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, failure{message: "Incorrect API key provided."}},
	"google": {
		`{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`,
		failure{message: "API key not valid.", badKey: true},
	},
	"google quota": {
		`{"error":{"code":429,"message":"Quota exceeded.","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37.5s"}]}}`,
		failure{message: "Quota exceeded.", retryAfter: 37500 * time.Millisecond},
	},
	"ollama":          {`{"error":"model \"x\" not found"}`, failure{message: `model "x" not found`}},
	"message":         {`{"object":"error","message":"too long","code":400}`, failure{message: "too long"}},
	"detail":          {`{"detail":"Not Found"}`, failure{message: "Not Found"}},
	"detail, a list":  {`{"detail":[{"msg":"field required"}]}`, failure{message: `{"detail":[{"msg":"field required"}]}`}},
	"text":            {"upstream\n\ttimed out\x1b[31m", failure{message: "upstream timed out [31m"}},
	"cut JSON":        {`{"error":{"mess`, failure{message: `{"error":{"mess`}},
	"wrong types":     {`{"error":{"message":"m","details":"none"},"detail":7}`, failure{message: "m"}},
	"negative delay":  {`{"error":{"message":"m","details":[{"retryDelay":"-5s"}]}}`, failure{message: "m"}},
	"long":            {strings.Repeat("ä", 900), failure{message: strings.Repeat("ä", maxMessage-1) + "…"}},
	"bytes, no UTF-8": {"bad \xff byte", failure{message: "bad \uFFFD byte"}},
}

func TestParseFailure(t *testing.T) {
	t.Parallel()
	for name, test := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parseFailure([]byte(test.body)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzParseFailure(f *testing.F) {
	for _, test := range failures {
		f.Add([]byte(test.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := parseFailure(body)
		if !utf8.ValidString(got.message) || utf8.RuneCountInString(got.message) > maxMessage ||
			strings.ContainsAny(got.message, "\r\n\x00\x1b") || got.retryAfter < 0 {
			t.Errorf("got %+q, after %v", got.message, got.retryAfter)
		}
	})
}
