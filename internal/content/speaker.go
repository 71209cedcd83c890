package content

import "slices"

// Speakers lists who speaks, each once, sorted; nil when nobody is named.
func Speakers(segments []Segment) []string {
	var names []string
	for _, s := range segments {
		if at, known := slices.BinarySearch(names, s.Speaker); !known && s.Speaker != "" {
			names = slices.Insert(names, at, s.Speaker)
		}
	}
	return names
}
