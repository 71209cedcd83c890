package convert

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

// Each is the registry with each of its converters decorated.
func (r *Registry) Each(decorate func(Converter) Converter) *Registry {
	all := make([]Converter, len(r.all))
	for i, c := range r.all {
		all[i] = decorate(c)
	}
	return NewRegistry(all...)
}

// With is the registry and, after its converters, more of them.
func (r *Registry) With(more ...Converter) *Registry {
	return NewRegistry(slices.Concat(r.all, more)...)
}

// Preparer is a converter that is quicker when something was done before the first source.
type Preparer interface {
	// Prepare does that. It reads nothing of a stranger's.
	Prepare() error
}

// Prepare prepares the converters that ask for it.
func (r *Registry) Prepare() error {
	for _, c := range r.all {
		if p, ok := c.(Preparer); ok {
			if err := p.Prepare(); err != nil {
				return err
			}
		}
	}
	return nil
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
// there is none. A file whose name promises another kind than it was read as gets a
// warning. Warnings are as many and as long as [content.BoundWarnings] lets them be.
func (r *Registry) Convert(ctx context.Context, src content.Source, opt Options, progress Progress) (*content.Document, error) {
	c, ok := r.byType[src.Type]
	if !ok {
		return nil, Unsupported(fmt.Sprintf("content type %q cannot be converted here", src.Type))
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	doc, err := c.Convert(ctx, src, opt, progress)
	if err != nil {
		return nil, err
	}
	doc.Warnings = content.BoundWarnings(doc.Warnings, 0)
	isOwn := !slices.Contains([]string{content.Doc, content.Audio, content.Video, content.Image}, src.Type)
	if warning := content.Contradiction(src.Name, src.MIME); warning != "" && !isOwn {
		doc.Warnings = slices.Insert(doc.Warnings, 0, warning)
	}
	return doc, nil
}

// Engines lists what the converters work with, each engine once with all it is for.
// What only a converter uses that has no type left is not among them.
func (r *Registry) Engines(ctx context.Context) []Engine {
	var engines []Engine
	for _, c := range r.all {
		types := r.typesOf(c)
		if len(types) == 0 {
			continue
		}
		for _, e := range c.Engines(ctx) {
			e.Types = types
			at := slices.IndexFunc(engines, func(known Engine) bool { return known.Name == e.Name })
			if at < 0 {
				engines = append(engines, e)
			} else {
				engines[at] = engines[at].and(e)
			}
		}
	}
	return engines
}

// typesOf are the types that c has and no earlier converter took.
func (r *Registry) typesOf(c Converter) []string {
	var types []string
	for _, t := range c.Types() {
		if r.byType[t] == c {
			types = append(types, t)
		}
	}
	return types
}

// and is the engine with what another converter says of it.
func (e Engine) and(other Engine) Engine {
	if !strings.Contains(e.Purpose, other.Purpose) {
		e.Purpose += ", " + other.Purpose
	}
	e.Types = slices.Clone(e.Types)
	for _, t := range other.Types {
		if !slices.Contains(e.Types, t) {
			e.Types = append(e.Types, t)
		}
	}
	return e
}
