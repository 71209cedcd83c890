package postgres

import (
	"context"
	"errors"
	"math"
	"slices"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// storedAs is the model as the database has it.
func storedAs(m *row.Model) stored { return stored{ID: m.ID, Model: m.Model} }

// unit is v with the length 1, nil when it has none.
func unit(v []float32) []float32 {
	largest := 0.0
	for _, x := range v {
		largest = max(largest, math.Abs(float64(x)))
	}
	if largest == 0 {
		return nil
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) / largest * (float64(x) / largest)
	}
	one := make([]float32, len(v))
	for i, x := range v {
		one[i] = float32(float64(x) / largest / math.Sqrt(sum))
	}
	return one
}

// putStaged has the vectors of chunks that are staged kept outside.
func (x *Index) putStaged(ctx context.Context, m stored, v index.Version, chunks []index.Chunk) error {
	if len(chunks) == 0 {
		return nil
	}
	byPosition := make(map[int]index.Chunk, len(chunks))
	positions := make([]int64, len(chunks))
	for i, c := range chunks {
		byPosition[c.Index], positions[i] = c, int64(c.Index)
	}
	rows, err := x.db.Query(ctx, `SELECT c.id, c.version, c.position FROM index_version v JOIN index_chunk c ON c.version = v.id
		WHERE v.name = $1 AND c.position = ANY ($2::bigint[])`, postgres.Text(v.Name), positions)
	if err != nil {
		return err
	}
	defer rows.Close()
	var points []index.Point
	var none []int64 // whose vector is the zero vector
	for rows.Next() {
		var position int
		p := index.Point{Owner: v.Owner}
		if err := rows.Scan(&p.Chunk, &p.Version, &position); err != nil {
			return err
		}
		if p.Vector = unit(byPosition[position].Vector); p.Vector == nil {
			none = append(none, p.Chunk)
			continue
		}
		points = append(points, p)
	}
	if err := rows.Close(); err != nil {
		return err
	}
	if err := x.outside.Remove(ctx, m.ID, none); err != nil {
		return err
	}
	return x.outside.Put(ctx, m.ID, points)
}

// putEmbedded has vectors of the next model kept outside. It comes before the rows say that they
// are there.
func (x *Index) putEmbedded(ctx context.Context, vectors []index.Embedded) error {
	if x.outside == nil {
		return nil
	}
	next, err := x.begun(ctx)
	if err != nil {
		return err
	}
	byChunk := make(map[int64][]float32, len(vectors))
	chunks := make([]int64, len(vectors))
	for i, v := range vectors {
		byChunk[v.Chunk], chunks[i] = v.Vector, v.Chunk
	}
	points, err := x.pointsOf(ctx, `true`, chunks)
	if err != nil {
		return err
	}
	points = slices.DeleteFunc(points, func(p index.Point) bool { return len(byChunk[p.Chunk]) != next.Dimension })
	for i := range points {
		points[i].Vector = unit(byChunk[points[i].Chunk])
	}
	return x.outside.Put(ctx, next.ID, slices.DeleteFunc(points, func(p index.Point) bool { return p.Vector == nil }))
}

// pointsOf are those of the chunks that fulfil a condition, without their vectors.
func (x *Index) pointsOf(ctx context.Context, condition string, chunks []int64) ([]index.Point, error) {
	rows, err := x.db.Query(ctx, `SELECT c.id, v.id, v.owner FROM index_chunk c JOIN index_version v ON v.id = c.version
		WHERE c.id = ANY ($1::bigint[]) AND `+condition, chunks)
	return sqlrow.All(rows, err, func(scan sqlrow.Scan) (p index.Point, err error) {
		err = scan(&p.Chunk, &p.Version, &p.Owner)
		return p, err
	})
}

// removeOutside has the vectors of chunks removed that are removed in the transaction of ctx.
// What is left of them when the server dies before is found by no search, for it is not shown.
func (x *Index) removeOutside(ctx context.Context, chunks []int64) error {
	if x.outside == nil || len(chunks) == 0 {
		return nil
	}
	models, err := x.numbers(ctx, `SELECT id FROM index_model UNION ALL SELECT id FROM index_other_model WHERE state = 0`)
	if err != nil {
		return err
	}
	remove := func(ctx context.Context) error {
		for _, m := range models {
			if err := x.outside.Remove(ctx, m, chunks); err != nil {
				return err
			}
		}
		return nil
	}
	if x.outside.Joins() {
		return remove(ctx)
	}
	after := context.WithoutCancel(postgres.Outside(ctx))
	postgres.AfterCommit(ctx, func() {
		if err := remove(after); err != nil {
			x.log.Warn("vectors of chunks that are removed are left outside", "error", err)
		}
	})
	return nil
}

// dropOutside has all dropped of a model that goes in the transaction of ctx.
func (x *Index) dropOutside(ctx context.Context, model int64) error {
	if x.outside == nil {
		return nil
	}
	if err := x.exec(ctx, `DELETE FROM index_outside WHERE model = $1`, model); err != nil || x.outside.Joins() {
		return errors.Join(err, x.outside.Drop(ctx, model))
	}
	after := context.WithoutCancel(postgres.Outside(ctx))
	postgres.AfterCommit(ctx, func() {
		if err := x.outside.Drop(after, model); err != nil {
			x.log.Warn("vectors of a model that is no longer used are left outside", "model", model, "error", err)
		}
	})
	return nil
}

// forgetPlaces forgets that there are vectors at other places, which learn of nothing any more.
func (x *Index) forgetPlaces(ctx context.Context) error {
	return x.db.Write(ctx, func(ctx context.Context) error {
		return x.exec(ctx, `DELETE FROM index_outside WHERE place <> $1`, postgres.Text(x.place))
	})
}

// fillPage is how many chunks are put outside at a time.
const fillPage = 256

// ensure has all vectors of a model kept outside, as far as they are in the database: they are
// put there the first time, and when the place has lost them.
func (x *Index) ensure(ctx context.Context, of stored) error {
	made, err := x.outside.Make(ctx, of.ID, of.Dimension)
	if err != nil {
		return err
	}
	var filled bool
	err = x.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM index_outside WHERE place = $1 AND model = $2)`, postgres.Text(x.place), of.ID).Scan(&filled)
	if err != nil || filled && !made {
		return err
	}
	m := x.newModel(of.ID, of.Model)
	for after := int64(0); ; {
		ids, err := x.numbers(ctx, `SELECT id FROM index_chunk WHERE id > $1 ORDER BY id LIMIT $2`, after, fillPage)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		points, err := x.pointsOf(ctx, `v.state <> 2`, ids)
		if err != nil {
			return err
		}
		if err := x.putStored(ctx, m, points); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
	return x.db.Write(ctx, func(ctx context.Context) error {
		return x.exec(ctx, `INSERT INTO index_outside (place, model) VALUES ($1, $2) ON CONFLICT DO NOTHING`, postgres.Text(x.place), of.ID)
	})
}

// putStored has the vectors of chunks kept outside that are in the database.
func (x *Index) putStored(ctx context.Context, m *row.Model, points []index.Point) error {
	ids := make([]int64, len(points))
	for i, p := range points {
		ids[i] = p.Chunk
	}
	vectors := make(map[int64][]float32, len(points))
	err := x.vectorsOf(ctx, m, ids, func(id int64, v []float32) { vectors[id] = unit(v) })
	if err != nil {
		return err
	}
	for i := range points {
		points[i].Vector = vectors[points[i].Chunk]
	}
	return x.outside.Put(ctx, m.ID, slices.DeleteFunc(points, func(p index.Point) bool { return p.Vector == nil }))
}

// spare is how many more are asked for than are wanted, since what is staged or was replaced is
// among them; mostAsked is how many at most.
const (
	spare     = 32
	mostAsked = 4096
)

// nearestOutside asks for more until enough of what is found is shown and allowed.
func (x *Index) nearestOutside(ctx context.Context, m *row.Model, v []float32, n int, s index.Scope) ([]index.Found, error) {
	v = unit(v)
	moment := x.live.moment()
	allowed, err := x.resolve(ctx, s)
	if err != nil || v == nil || n <= 0 {
		return nil, err
	}
	of := index.Among{Owner: s.Owner, AllOwners: s.AllOwners}
	if allowed != nil && len(allowed) <= index.MaxAmong {
		of.Versions = []int64{}
		for version := range allowed {
			of.Versions = append(of.Versions, version)
		}
	}
	return x.search(s).Wanted(ctx, n, func(n int) ([]index.Found, error) {
		for ask := n + spare; ; ask = min(4*ask, mostAsked) {
			found, err := x.outside.Nearest(ctx, m.ID, v, ask, of)
			if err != nil {
				return nil, err
			}
			left := x.stillShown(found, moment, allowed)
			if len(left) >= n || len(found) < ask || ask == mostAsked {
				return left[:min(n, len(left))], nil
			}
		}
	})
}

// stillShown are those that were shown at a moment and are allowed.
func (x *Index) stillShown(found []index.Found, moment int64, allowed row.Allowed) []index.Found {
	left := make([]index.Found, 0, len(found))
	for _, f := range found {
		if x.live.shown(f.Version, moment) && (allowed == nil || allowed.Chunk(f.Version, f.Chunk)) {
			left = append(left, f)
		}
	}
	return left
}
