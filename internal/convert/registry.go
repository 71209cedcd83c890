package convert

import (
	"context"
	"fmt"
	"slices"

	"morag/internal/content"
)

// Registry finds the converter for a content type. It is immutable once made.
type Registry struct {
	all    []Converter
	byType map[string]Converter
}

// NewRegistry lists converters in order of preference: the first to claim a type
// has it.
func NewRegistry(converters ...Converter) *Registry {
	r := &Registry{all: converters, byType: map[string]Converter{}}
	for _, c := range converters {
		for _, t := range c.Types() {
			if _, taken := r.byType[t]; !taken {
				r.byType[t] = c
			}
		}
	}
	return r
}

// Types lists every content type that can be converted, sorted.
func (r *Registry) Types() []string {
	types := make([]string, 0, len(r.byType))
	for t := range r.byType {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

// Convert hands src to the converter of its type. It wraps [ErrUnsupported] when
// there is none.
func (r *Registry) Convert(ctx context.Context, src content.Source, opt Options, progress Progress) (*content.Document, error) {
	c, ok := r.byType[src.Type]
	if !ok {
		return nil, Unsupported(fmt.Sprintf("content type %q cannot be converted here", src.Type))
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	return c.Convert(ctx, src, opt, progress)
}

// Engines lists the engines of every converter.
func (r *Registry) Engines(ctx context.Context) []Engine {
	var engines []Engine
	for _, c := range r.all {
		engines = append(engines, c.Engines(ctx)...)
	}
	return engines
}
