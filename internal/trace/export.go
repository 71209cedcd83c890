package trace

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Config is whom to tell and who tells it.
type Config struct {
	// Endpoint takes spans, by OTLP over HTTP: "" for nobody.
	Endpoint string
	Header   http.Header // of its requests; nil for none
	Service  string      // the program's part: morag-server, say
	Version  string
	Logger   *slog.Logger // slog.Default()
}

// tracesPath is where an address of all signals takes spans.
const tracesPath = "/v1/traces"

// FromEnvironment reads the variables that OpenTelemetry names: the endpoint, its headers and
// the service's name. Sampling and attributes of the service are read by [Open]. The error
// names the variable at fault.
func FromEnvironment(c Config) (Config, error) {
	name := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	c.Endpoint = os.Getenv(name)
	if c.Endpoint == "" {
		name = "OTEL_EXPORTER_OTLP_ENDPOINT"
		if all := os.Getenv(name); all != "" {
			c.Endpoint = strings.TrimRight(all, "/") + tracesPath
		}
	}
	if c.Endpoint == "" || os.Getenv("OTEL_SDK_DISABLED") == "true" || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		c.Endpoint = ""
		return c, nil
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return c, fmt.Errorf("%s must be an address that starts with http:// or https://", name)
	}
	protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	if protocol != "" && protocol != "http/protobuf" {
		return c, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: only http/protobuf is spoken", protocol)
	}
	var err error
	c.Header, err = headers(cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), os.Getenv("OTEL_EXPORTER_OTLP_HEADERS")))
	c.Service = cmp.Or(os.Getenv("OTEL_SERVICE_NAME"), c.Service)
	return c, err
}

// headers reads name=value,name=value with values as in an address.
func headers(text string) (http.Header, error) {
	all := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, raw, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(raw))
		if !found || err != nil || strings.ContainsAny(value, "\r\n\x00") {
			return nil, errors.New("OTEL_EXPORTER_OTLP_HEADERS must be NAME=VALUE,NAME=VALUE")
		}
		all.Set(strings.TrimSpace(name), value)
	}
	return all, nil
}

// Open makes a tracer, nil when nobody is to be told. Close it.
func Open(ctx context.Context, c Config) (*Tracer, error) {
	if c.Endpoint == "" {
		return nil, nil
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	about, err := resource.New(ctx, resource.WithFromEnv(), resource.WithHost(), resource.WithAttributes(
		attribute.String("service.name", c.Service), attribute.String("service.version", c.Version)))
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { c.Logger.Warn("spans are lost", "err", err) }))
	exporter := otlptrace.NewUnstarted(&receiver{Config: c, client: &http.Client{Timeout: sendTimeout}})
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracer{provider, provider.Tracer("morag")}, nil
}

// Times and bounds of the exporter.
const (
	sendTimeout = 10 * time.Second
	sendTries   = 3
	sendAgain   = time.Second // before the second try
	maxReply    = 64 << 10
)

// receiver is an [otlptrace.Client] that speaks OTLP over HTTP. The library's own brings all
// of gRPC with it.
type receiver struct {
	Config
	client *http.Client
}

// Start implements [otlptrace.Client].
func (r *receiver) Start(context.Context) error { return nil }

// Stop implements [otlptrace.Client].
func (r *receiver) Stop(context.Context) error {
	r.client.CloseIdleConnections()
	return nil
}

// UploadTraces implements [otlptrace.Client].
func (r *receiver) UploadTraces(ctx context.Context, spans []*otlp.ResourceSpans) error {
	// What an export request is, byte for byte.
	body, err := proto.Marshal(&otlp.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	wait := sendAgain
	for try := 1; ; try++ {
		again, err := r.send(ctx, body)
		if err == nil || !again || try == sendTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait *= 2
	}
}

// send tries once, and tells whether another try may do better.
func (r *receiver) send(ctx context.Context, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Endpoint, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "morag/"+r.Version)
	resp, err := r.client.Do(req)
	if err != nil {
		return ctx.Err() == nil, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxReply)) // for the connection's sake
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	if resp.StatusCode/100 != 2 {
		return again, fmt.Errorf("the receiver of spans answered %d", resp.StatusCode)
	}
	return false, nil
}
