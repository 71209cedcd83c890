package row

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"morag/internal/index"
	"morag/internal/sqlrow"
)

// ReadPage reads the rows of (position, content, metadata) of a query, until they are over or
// have [index.PageBytes] of content, and closes them.
func ReadPage(rows sqlrow.Rows, err error) ([]index.Chunk, error) {
	page, _, err := sqlrow.Page(rows, err, scanChunk, math.MaxInt, index.PageBytes, func(c index.Chunk) int { return len(c.Content) })
	return page, err
}

func scanChunk(scan sqlrow.Scan) (c index.Chunk, err error) {
	var metadata []byte
	if err := scan(&c.Index, &c.Content, &metadata); err != nil {
		return c, err
	}
	if err := json.Unmarshal(metadata, &c.Metadata); err != nil {
		return c, fmt.Errorf("metadata of chunk %d: %w", c.Index, err)
	}
	return c, nil
}

// maxVersion is the longest name of a version, in bytes.
const maxVersion = 160

// CheckStaged refuses what cannot be staged.
func CheckStaged(v index.Version, chunks []index.Chunk) error {
	if v.Name == "" || len(v.Name) > maxVersion {
		return fmt.Errorf("stage: version %.20q must have 1 to %d bytes", v.Name, maxVersion)
	}
	for _, c := range chunks {
		if err := checkChunk(c); err != nil {
			return fmt.Errorf("stage chunk %d of version %s: %w", c.Index, v.Name, err)
		}
	}
	return nil
}

func checkChunk(c index.Chunk) error {
	if c.Index < 0 {
		return errors.New("its index is negative")
	}
	return Finite(c.Vector)
}

// The bounds of one short transaction of staging.
const (
	stageChunks = 64
	stageBytes  = 64 << 10
)

// BatchSize is how many of the chunks one transaction of staging takes.
func BatchSize(chunks []index.Chunk) int {
	size := 0
	for i, c := range chunks {
		if size += len(c.Content); i == stageChunks || i > 0 && size > stageBytes {
			return i
		}
	}
	return len(chunks)
}

// MergeKeys is the column of the keys that a version's chunks have of their own, with those
// of more chunks, and whether that is another one than known.
func MergeKeys(known string, chunks []index.Chunk) (merged string, changed bool, err error) {
	keys := make(map[string]bool)
	for _, c := range chunks {
		for key := range c.Metadata {
			keys[key] = true
		}
	}
	var old []string
	if err := json.Unmarshal([]byte(known), &old); err != nil {
		return "", false, fmt.Errorf("keys: %w", err)
	}
	for _, key := range old {
		delete(keys, key)
	}
	if len(keys) == 0 {
		return known, false, nil
	}
	all, err := json.Marshal(append(old, slices.Sorted(maps.Keys(keys))...))
	return string(all), true, err
}
