package transfer

import (
	"fmt"
	"slices"
	"strings"
)

// column is a column as both databases have it. What it holds is the other's type of the two,
// see [kind].
type column struct {
	name string
	kind kind
	null bool // it may be NULL in both
}

// table is a table that is copied.
type table struct {
	name    string
	key     []string // the columns whose order the rows go in
	columns []column
	number  string // the column that the database numbers, "" for none
}

// keyPlaces are where the columns of the key are in a row.
func (t table) keyPlaces() []int {
	var places []int
	for _, name := range t.key {
		places = append(places, slices.IndexFunc(t.columns, func(c column) bool { return c.name == name }))
	}
	return places
}

// keyOf is the key of a row.
func (t table) keyOf(row []any) []any {
	var key []any
	for _, at := range t.keyPlaces() {
		key = append(key, row[at])
	}
	return key
}

// found is a table as a database has it.
type found struct {
	columns []column
	key     []string
	number  string
}

// left are tables that are not copied, by the beginnings of their names, and why.
var left = []struct{ name, why string }{
	{"goose_", "SQLite's versions of tables"},
	{"sqlite_", "SQLite's own"},
	{"postgres_", "PostgreSQL's versions of tables, clock and settings"},
	{"job", "jobs are copied by their store"},
	{"fleet_server", "servers that live say so themselves"},
	{"fleet_up", "since when there have been servers is theirs to say"},
	{"duty", "a duty is done anew"},
	{"task_line", "made of the tasks"},
	{"task_turn", "whose turn it is begins anew"},
	{"index_log", "what was switched is in the versions"},
	{"index_outside", "where vectors are kept besides is found anew"},
	{"index_pgvector_", "made of the vectors"},
	{"index_other_model", "a model that is not searched"},
	{"index_vector", "of each chunk its vector that is searched is copied with it"},
}

// dialect is how a database has a table otherwise than the copy.
type dialect struct {
	// read are expressions in place of columns, written are values of columns that the copy
	// does not have; names are columns by what the copy calls them.
	read, written, names map[string]string
	without              []string // columns that get their defaults
}

// exception is a table that is not copied as it is.
type exception struct {
	first            bool     // others refer to it
	where            string   // which rows
	key              []string // in place of the primary key
	sqlite, postgres dialect
}

// searched is SQL for the vector of a chunk by the model that is searched, of which condition
// tells the row.
func searched(condition string) string {
	return `coalesce((SELECT x.vector FROM index_vector x JOIN index_model m ON m.id = x.model WHERE ` + condition + ` AND x.chunk = index_chunk.id), vector)`
}

// exceptions are the tables that are not copied as they are. What is staged and hidden is not
// copied: tasks stage it anew.
var exceptions = map[string]exception{
	"blob_reference": {sqlite: dialect{names: map[string]string{"holder": "user"}}},
	"index_model": {
		key:      []string{"name"},
		sqlite:   dialect{written: map[string]string{"id": "1", "state": "1"}, without: []string{"done"}},
		postgres: dialect{without: []string{"one", "id", "held"}},
	},
	"index_version": {first: true, where: "state = 1"},
	"index_chunk": {
		where:    "version IN (SELECT id FROM index_version WHERE state = 1)",
		sqlite:   dialect{read: map[string]string{"vector": searched("m.state = 1")}},
		postgres: dialect{read: map[string]string{"vector": searched("m.one")}},
	},
	"task": {
		sqlite: dialect{written: map[string]string{"changed": "(SELECT ifnull(max(changed), 0) + 1 FROM task)"}},
		postgres: dialect{written: map[string]string{
			"changed_xid": "pg_current_xact_id()::text::bigint",
			"changed_n":   "(SELECT coalesce(max(changed_n), -1) + 1 FROM task WHERE changed_xid = pg_current_xact_id()::text::bigint)",
		}},
	},
}

// isLeft tells whether a table is not copied.
func isLeft(name string) bool {
	return slices.ContainsFunc(left, func(l struct{ name, why string }) bool {
		return strings.HasPrefix(name, l.name) && (strings.HasSuffix(l.name, "_") || l.name == "job" || name == l.name)
	})
}

// plan is how the tables of two databases are copied, in that order. It is the same in both
// directions. A table or a column that only one of them has is an error, since it is not known
// what would be lost.
func plan(lite, post map[string]found) ([]table, error) {
	var tables []table
	for name, p := range post {
		if isLeft(name) {
			continue
		}
		l, both := lite[name]
		if !both {
			return nil, fmt.Errorf("it is not known how to copy the table %s, which only PostgreSQL has", name)
		}
		t, err := match(name, l, p)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	for name := range lite {
		if _, both := post[name]; !both && !isLeft(name) {
			return nil, fmt.Errorf("it is not known how to copy the table %s, which only SQLite has", name)
		}
	}
	slices.SortFunc(tables, func(a, b table) int {
		switch first := exceptions[a.name].first; {
		case first == exceptions[b.name].first:
			return strings.Compare(a.name, b.name)
		case first:
			return -1
		}
		return 1
	})
	return tables, nil
}

// match is how a table that both have is copied.
func match(name string, lite, post found) (table, error) {
	e := exceptions[name]
	t := table{name: name, key: post.key, number: post.number}
	if e.key != nil {
		t.key = e.key
	}
	there := map[string]column{}
	for _, c := range lite.columns {
		if common, ok := e.sqlite.common(c.name); ok {
			there[common] = c
		}
	}
	for _, c := range post.columns {
		common, ok := e.postgres.common(c.name)
		if !ok {
			continue
		}
		other, both := there[common]
		if !both {
			return t, fmt.Errorf("it is not known how to copy the column %s of %s, which only PostgreSQL has", c.name, name)
		}
		delete(there, common)
		t.columns = append(t.columns, column{name: common, kind: c.kind, null: c.null && other.null})
	}
	for _, c := range there {
		return t, fmt.Errorf("it is not known how to copy the column %s of %s, which only SQLite has", c.name, name)
	}
	if len(t.key) == 0 || slices.Contains(t.keyPlaces(), -1) {
		return t, fmt.Errorf("the table %s has no key to be copied by", name)
	}
	return t, nil
}

// common is what the copy calls a column, false when it has none of it.
func (d dialect) common(name string) (string, bool) {
	for common, own := range d.names {
		if own == name {
			return common, true
		}
	}
	_, written := d.written[name]
	return name, !written && !slices.Contains(d.without, name)
}

// own is what the database calls a column of the copy.
func (d dialect) own(name string) string {
	if own, ok := d.names[name]; ok {
		return own
	}
	return name
}
