-- +goose Up

-- Words are in memory from here on, made of the chunks at every start.
DROP TABLE index_word;

-- +goose Down

CREATE VIRTUAL TABLE index_word USING fts5 (
    content,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
