package option

// The bounds of an object besides its bytes. Small values cost many times their bytes once
// they are read: 256 KiB of empty objects take 10 MiB.
const (
	MaxDepth  = 16   // levels, the object itself being the first
	MaxValues = 1000 // of all levels together
)

// extent counts the values that lie within a decoded JSON value, and how many levels of
// objects and lists there are.
func extent(value any) (values, depth int) {
	add := func(v any) {
		n, deep := extent(v)
		values, depth = values+1+n, max(depth, deep)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			add(inner)
		}
	case []any:
		for _, inner := range v {
			add(inner)
		}
	default:
		return 0, 0
	}
	return values, depth + 1
}
