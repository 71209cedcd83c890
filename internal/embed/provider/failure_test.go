package provider

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

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
