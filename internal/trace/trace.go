// Package trace tells an OpenTelemetry receiver what becomes of a request: at the server, at
// the worker that converts for it, and at the server again. Where nobody receives there is no
// [Tracer], and all that is asked of none does nothing.
//
// A trace goes from one process to the next as W3C Trace Context says: in the header
// traceparent of a request, and in a member of that name of tasks and jobs.
package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
)

// Header is the name of the header, in the spelling of [http.Header].
const Header = "Traceparent"

// Tracer makes spans. A nil one makes none. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	spans    otel.Tracer
}

// Close sends what there is to tell until ctx ends, and lets go of the rest.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Span is one thing that takes a while. A nil one is none.
type Span struct{ of otel.Span }

// Start begins a span below the one of ctx, or a trace of its own. about are names and
// values in turn, as slog has them.
func (t *Tracer) Start(ctx context.Context, name string, about ...any) (context.Context, *Span) {
	return t.start(ctx, name, otel.SpanKindInternal, about)
}

func (t *Tracer) start(ctx context.Context, name string, kind otel.SpanKind, about []any) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	ctx, of := t.spans.Start(ctx, name, otel.WithSpanKind(kind), otel.WithAttributes(attributes(about)...))
	return ctx, &Span{of}
}

// Past tells of a span that is over, and that failed if err is not nil.
func (t *Tracer) Past(ctx context.Context, name string, began, ended time.Time, err error, about ...any) {
	if t == nil {
		return
	}
	_, of := t.spans.Start(ctx, name, otel.WithTimestamp(began), otel.WithAttributes(attributes(about)...))
	fail(of, err)
	of.End(otel.WithTimestamp(ended))
}

// Set adds to what is told of the span.
func (s *Span) Set(about ...any) {
	if s != nil {
		s.of.SetAttributes(attributes(about)...)
	}
}

// End ends the span, which failed if err is not nil.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	fail(s.of, err)
	s.of.End()
}

func fail(of otel.Span, err error) {
	if err != nil {
		of.SetStatus(codes.Error, err.Error())
	}
}

func attributes(about []any) (all []attribute.KeyValue) {
	for i := 0; i+1 < len(about); i += 2 {
		name, _ := about[i].(string)
		switch v := about[i+1].(type) {
		case string:
			if v != "" {
				all = append(all, attribute.String(name, v))
			}
		case int:
			all = append(all, attribute.Int(name, v))
		case int64:
			all = append(all, attribute.Int64(name, v))
		case float64:
			all = append(all, attribute.Float64(name, v))
		case bool:
			all = append(all, attribute.Bool(name, v))
		}
	}
	return all
}

// member is the name of the header as the propagator writes it.
const member = "traceparent"

// Parent is the span of ctx as the next process is told of it, "" for none.
func Parent(ctx context.Context) string {
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c[member]
}

// maxParent is longer than any version of the header is that this program understands.
const maxParent = 256

// Continue makes spans of ctx go on with the trace of another process. What is no parent, ""
// also, changes nothing.
func Continue(ctx context.Context, parent string) context.Context {
	if parent == "" || len(parent) > maxParent {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{member: parent})
}
