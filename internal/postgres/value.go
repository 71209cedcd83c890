package postgres

import (
	"context"
	"strings"
)

// Text is s as a column of text can hold it: without the character 0, and UTF-8.
func Text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// Texts is [Text] for many; never nil, which would be NULL.
func Texts(all []string) []string {
	clean := make([]string, len(all))
	for i, s := range all {
		clean[i] = Text(s)
	}
	return clean
}

// Values changes what is text among the values of a row to what a column can hold, by [Text],
// and returns them.
func Values(values []any) []any {
	for i, value := range values {
		switch v := value.(type) {
		case string:
			values[i] = Text(v)
		case *string: // nil is NULL
			if v != nil {
				values[i] = Text(*v)
			}
		}
	}
	return values
}

// Lock has the transaction of ctx wait until no other of the same schema has this lock,
// which it then has until it ends. Outside of a transaction it does nothing. Names share
// numbers of 64 bits: two of the same wait for nothing, and nothing else comes of it.
func (db *DB) Lock(ctx context.Context, name string) error {
	if db.tx(ctx) == nil {
		return nil
	}
	_, err := db.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' of ' || current_schema(), 0))", Text(name))
	return err
}
