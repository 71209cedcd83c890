// Package converttest is the conformance suite of the converters, and what their
// tests and the end-to-end tests of other packages share: a text and a voice that
// speaks it into a recording, and a writer of small PDF files.
//
// A new converter's test describes one sound source and runs the suite:
//
//	func TestConformance(t *testing.T) {
//		converttest.Run(t, converttest.Case{
//			New:        func(scratch string) convert.Converter { return mine.New(mine.Config{ScratchDir: scratch}) },
//			Source:     func(t *testing.T) content.Source { return … },
//			Structured: true,
//		})
//	}
//
// A converter of several formats runs it once for each.
package converttest
