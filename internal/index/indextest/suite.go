// Package indextest is what every adapter of [index.Index] must do, as tests.
//
// An adapter runs it in a few lines:
//
//	func TestIndex(t *testing.T) {
//		indextest.Run(t, func(t *testing.T) indextest.Store { … })
//	}
//
// Each test gets a store of its own, and they run in parallel. A new test is a
// function in one of the files and a line in [Run].
package indextest

import (
	"context"
	"testing"
	"time"

	"morag/internal/index"
)

// The model that a store is opened for.
const (
	Model     = "indextest"
	Dimension = 8
)

// Store is an empty index, ready, and what a test needs around it. The open function
// cleans up by t.Cleanup.
type Store struct {
	Index index.Index
	// Transact runs fn in a transaction that calls of Index with its context belong to.
	Transact func(ctx context.Context, fn func(ctx context.Context) error) error
	// Advance moves the index's clock.
	Advance func(d time.Duration)
	// Reopen closes the index and opens it again on what it has stored. It returns
	// when the index is ready.
	Reopen func(t *testing.T) index.Index
}

// Run runs the suite.
func Run(t *testing.T, open func(t *testing.T) Store) {
	run(t, open, []test{
		{"staged chunks are invisible", testStaged},
		{"stage again replaces", testStageAgain},
		{"bad chunks are refused", testBadChunks},
		{"a version may have a long name", testLongestVersion},
		{"a switch shows one version and hides the other", testSwitch},
		{"a switch needs every chunk", testIncomplete},
		{"version without chunks", testNoChunks},
		{"rolled back changes nothing", testRollback},
		{"what is hidden stays hidden", testHidden},
		{"owners are apart", testOwners},
		{"chunks in pages", testChunks},
		{"chunks in pages of so many bytes", testPageBytes},
		{"nearest", testNearest},
		{"match", testMatch},
		{"forms of a word match each other", testForms},
		{"scripts without spaces", testUnspaced},
		{"title, name and heading are found", testHeader},
		{"what the metadata say is found", testAbout},
		{"words are counted within the owner's documents", testCountedApart},
		{"the score of words", testWordScore},
		{"places of a hit", testPlaces},
		{"phrases, and what must not be there", testPhrases},
		{"words are never a query language", testHostileWords},
		{"filters", testFilters},
		{"metadata of a hit", testMetadata},
		{"what was found is read in its order", testRead},
		{"metadata of documents", testFields},
		{"sweep", testSweep},
		{"what is being staged is not swept", testSweepAge},
		{"swept chunks cannot be shown", testSweptStaged},
		{"reopen", testReopen},
		{"one version at a time", testOneVersion},
		{"many writers", testManyWriters},
		{"cancelled", testCancelled},
	})
}

// RunReindex runs the suite of those whose Index is an [index.Reindexer], too.
func RunReindex(t *testing.T, open func(t *testing.T) Store) {
	run(t, open, []test{
		{"to another model and back", testReindex},
		{"after a start", testReindexAfterAStart},
		{"abandoned", testReindexAbandoned},
		{"while documents change", testReindexWhileChanging},
	})
}

type test struct {
	name string
	test func(t *testing.T, l *library)
}

func run(t *testing.T, open func(t *testing.T) Store, tests []test) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, &library{Store: open(t), inPlace: map[[2]string]string{}})
		})
	}
}
