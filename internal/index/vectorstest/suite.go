// Package vectorstest is what every adapter of [index.Vectors] must do, as tests.
package vectorstest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"morag/internal/index"
)

// Run runs the suite. open gives each test a place where there are no vectors.
func Run(t *testing.T, open func(t *testing.T) index.Vectors) {
	for name, test := range map[string]func(t *testing.T, v index.Vectors){
		"nearest first, of those that are meant": testNearest,
		"put again, removed, dropped":            testChanges,
		"many":                                   testMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// angle is a vector of the length 1 in a direction of the plane, in degrees.
func angle(degrees float64) []float32 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(cos), float32(sin), 0}
}

// room expects that there is room for a model from now on, and whether it was made for it.
func room(t *testing.T, v index.Vectors, model int64, want bool) {
	t.Helper()
	if made, err := v.Make(t.Context(), model, 3); err != nil || made != want {
		t.Fatalf("made %v, %v, want %v", made, err, want)
	}
}

func put(t *testing.T, v index.Vectors, model int64, points ...index.Point) {
	t.Helper()
	if err := v.Put(t.Context(), model, points); err != nil {
		t.Fatal(err)
	}
}

// find expects chunks, the nearest first, with their cosines.
func find(t *testing.T, v index.Vectors, model int64, degrees float64, n int, of index.Among, want ...int64) {
	t.Helper()
	found, err := v.Nearest(t.Context(), model, angle(degrees), n, of)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, f := range found {
		got = append(got, f.Chunk)
		if f.Version != f.Chunk/10 {
			t.Errorf("chunk %d is of version %d", f.Chunk, f.Version)
		}
		if cosine := math.Cos((degrees - float64(f.Chunk)) * math.Pi / 180); math.Abs(cosine-f.Score) > 0.002 {
			t.Errorf("the score of chunk %d is %f, want %f", f.Chunk, f.Score, cosine)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("found %v, want %v", got, want)
	}
}

// at is a chunk whose number is its direction, and that of its version a tenth of it.
func at(chunk int64, owner string) index.Point {
	return index.Point{Chunk: chunk, Version: chunk / 10, Owner: owner, Vector: angle(float64(chunk))}
}

func testNearest(t *testing.T, v index.Vectors) {
	room(t, v, 1, true)
	room(t, v, 1, false)
	all := index.Among{AllOwners: true}
	find(t, v, 1, 0, 10, all)
	put(t, v, 1, at(10, "ann"), at(30, "ann"), at(33, "bob"), at(60, ""), at(120, "ann"))
	find(t, v, 1, 31, 10, all, 30, 33, 10, 60, 120)
	find(t, v, 1, 31, 2, all, 30, 33)
	find(t, v, 1, 31, 10, index.Among{Owner: "ann"}, 30, 10, 120)
	find(t, v, 1, 31, 10, index.Among{Owner: ""}, 60)
	find(t, v, 1, 31, 10, index.Among{AllOwners: true, Versions: []int64{3, 12, 99}}, 30, 33, 120)
	find(t, v, 1, 31, 10, index.Among{Owner: "bob", Versions: []int64{3, 12}}, 33)
	find(t, v, 1, 31, 10, index.Among{AllOwners: true, Versions: []int64{}})
}

func testChanges(t *testing.T, v index.Vectors) {
	all := index.Among{AllOwners: true}
	room(t, v, 1, true)
	room(t, v, 2, true)
	put(t, v, 1, at(10, "ann"), at(20, "ann"))
	put(t, v, 2, at(30, "ann"))
	find(t, v, 1, 12, 10, all, 10, 20)
	find(t, v, 2, 12, 10, all, 30)
	put(t, v, 1, at(20, "bob"))
	find(t, v, 1, 12, 10, index.Among{Owner: "bob"}, 20)
	if err := errors.Join(v.Remove(t.Context(), 1, []int64{10, 999}), v.Remove(t.Context(), 1, nil)); err != nil {
		t.Fatal(err)
	}
	find(t, v, 1, 12, 10, all, 20)
	if err := errors.Join(v.Drop(t.Context(), 1), v.Drop(t.Context(), 1), v.Drop(t.Context(), 77)); err != nil {
		t.Fatal(err)
	}
	find(t, v, 2, 12, 10, all, 30)
	room(t, v, 1, true)
	find(t, v, 1, 12, 10, all)
}

// testMany: of an owner with few among many of another all are found.
func testMany(t *testing.T, v index.Vectors) {
	room(t, v, 1, true)
	var points []index.Point
	for i := range int64(3000) {
		p := at(i%90, "ann")
		p.Chunk = 1000 + i
		points = append(points, p)
	}
	points = append(points, at(170, "bob"), at(160, "bob"))
	put(t, v, 1, points...)
	find(t, v, 1, 45, 10, index.Among{Owner: "bob"}, 160, 170)
	found, err := v.Nearest(t.Context(), 1, angle(45), 1000, index.Among{Owner: "ann"})
	if err != nil || len(found) != 1000 {
		t.Fatalf("%d of 1000 are found: %v", len(found), err)
	}
	for i := 1; i < len(found); i++ {
		if found[i].Score > found[i-1].Score {
			t.Fatalf("the score %f comes after %f", found[i].Score, found[i-1].Score)
		}
	}
}
