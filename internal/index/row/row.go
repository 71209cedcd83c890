// Package row is what the indexes have in common whose versions and chunks are rows of a
// database: how a row holds a chunk, which rows a filter lets pass, how a search by words
// goes on from what it has found, how another model comes in place of the one that is
// searched, and how long a row is kept for those who may still read it.
package row

// MaxHits bounds what one search holds in memory.
const MaxHits = 1000
