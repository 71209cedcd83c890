package indextest

import (
	"math"
	"strconv"
	"testing"

	"morag/internal/index"
)

func testNearest(t *testing.T, l *library) {
	ctx := t.Context()
	chunks := []index.Chunk{
		{Index: 0, Content: "aside", Vector: towards(1)},
		{Index: 1, Content: "close", Vector: direction(0, 0.2)},
		{Index: 2, Content: "there, but long", Vector: []float32{40, 0, 0, 0, 0, 0, 0, 0}},
		{Index: 3, Content: "against", Vector: []float32{-1, 0, 0, 0, 0, 0, 0, 0}},
		{Index: 4, Content: "nowhere", Vector: make([]float32, Dimension)},
		{Index: 5, Content: "there too", Vector: towards(0)},
	}
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	equal(t, "order", []string{"d/2", "d/5", "d/1", "d/0", "d/3"}, nearest(t, l.Index, 0, own("ann")))

	hits, err := Nearest(ctx, l.Index, []float32{9, 0, 0, 0, 0, 0, 0, 0}, 3, own("ann"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "first three", []string{"d/2", "d/5", "d/1"}, names(hits))
	for i, want := range []float64{1, 1, 0.8 / math.Hypot(0.8, 0.2)} {
		if math.Abs(hits[i].Score-want) > 1e-5 {
			t.Errorf("score %d is %g, want %g", i, hits[i].Score, want)
		}
	}
	if hits[0].Content != "there, but long" {
		t.Errorf("content %q", hits[0].Content)
	}
	for _, n := range []int{0, -1} {
		if hits, err := Nearest(ctx, l.Index, towards(0), n, own("ann")); err != nil || len(hits) > 0 {
			t.Errorf("%d hits: %v, %v", n, hits, err)
		}
	}
	if hits, err := Nearest(ctx, l.Index, make([]float32, Dimension), 5, own("ann")); err != nil || len(hits) > 0 {
		t.Errorf("near the zero vector: %v, %v", hits, err)
	}
	_, err = Nearest(ctx, l.Index, []float32{1}, 5, own("ann"))
	refused(t, "other dimension", err, index.ErrModel)
}

func testMatch(t *testing.T, l *library) {
	chunks := chunksOf(0,
		"The café opens at seven, and the café closes at nine.",
		"A cafe far away. Nothing else is here that counts for much, only more and more words to fill the piece.",
		"Straße und Bahn", "Version 2.5 of e-mail", "naïve don't", "")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	tests := []struct {
		text string
		want []string
	}{
		{"cafe", []string{"d/0", "d/1"}},
		{"CAFÉ", []string{"d/0", "d/1"}},
		{"café", []string{"d/0", "d/1"}}, // e and a combining accent
		{"opens", []string{"d/0"}},
		{"opens bahn nothere", []string{"d/0", "d/2"}},
		{"straße", []string{"d/2"}},
		{"e-mail", []string{"d/3"}},
		{"2.5", []string{"d/3"}},
		{"naive?", []string{"d/4"}},
		{"don't!", []string{"d/4"}},
		{"nothere", nil},
	}
	for _, tt := range tests {
		equal(t, tt.text, tt.want, match(t, l.Index, tt.text, own("ann")))
	}
	hits, err := Match(t.Context(), l.Index, "cafe", 1, own("ann"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the best", []string{"d/0"}, names(hits))
	hits, err = Match(t.Context(), l.Index, "cafe", 2, own("ann"))
	if err != nil || len(hits) != 2 || hits[0].Score < hits[1].Score {
		t.Errorf("the better one has the lower score: %v, %v", hits, err)
	}
}

// testHostileWords searches for what would be syntax anywhere: it finds the words in
// it, or nothing, and never fails.
func testHostileWords(t *testing.T, l *library) {
	chunks := chunksOf(0, "heron", "not near or and", "content")
	l.put(t, version("ann", "d", "v1", chunks), chunks)
	tests := []struct {
		text string
		want []string
	}{
		{`"heron`, []string{"d/0"}},
		{`heron"`, []string{"d/0"}},
		{`he"ron`, nil},
		{`""""heron`, []string{"d/0"}},
		{`heron AND nothere`, []string{"d/0", "d/1"}},
		{`NOT heron`, []string{"d/0", "d/1"}},
		{`heron NOT heron`, []string{"d/0", "d/1"}},
		{`NEAR(heron, 5)`, []string{"d/0", "d/1"}},
		{`content:heron`, []string{"d/0", "d/2"}},
		{`{content} : heron`, []string{"d/0", "d/2"}},
		{`-content : heron`, []string{"d/0", "d/2"}},
		{`her*`, nil},
		{`^heron`, []string{"d/0"}},
		{`heron + heron`, []string{"d/0"}},
		{`(heron`, []string{"d/0"}},
		{`heron)`, []string{"d/0"}},
		{`'; DROP TABLE heron; --`, []string{"d/0"}},
		{`$$heron$$ || 'x'`, []string{"d/0"}},
		{`heron & ! | <-> :*`, []string{"d/0"}},
		{"heron\x00content", []string{"d/0", "d/2"}},
		{"heron\xff\xfe", []string{"d/0"}},
		{"\u202eheron\u0301", []string{"d/0"}}, // a direction, and an accent that does not count
		{`%_\`, nil},
		{`"`, nil},
		{`*`, nil},
		{`?!…—‘’“”`, nil},
		{"\u0301\u0302", nil},
		{"\x00", nil},
		{"   \t\n", nil},
		{"", nil},
	}
	for _, tt := range tests {
		equal(t, strconv.Quote(tt.text), tt.want, match(t, l.Index, tt.text, own("ann")))
	}
}

// testFilters asks the same of both searches.
func testFilters(t *testing.T, l *library) {
	talk := []index.Chunk{
		{Index: 0, Content: "word", Vector: towards(0), Metadata: map[string]any{"start": 0.0, "end": 10.0}},
		{Index: 1, Content: "word more", Vector: towards(0), Metadata: map[string]any{"start": 10.0, "end": 20.0, "title": "Part two"}},
	}
	report := []index.Chunk{
		{Index: 0, Content: "word", Vector: towards(0), Metadata: map[string]any{"page": 1.0}},
		{Index: 1, Content: "word", Vector: towards(0), Metadata: map[string]any{"page": 2.0}},
	}
	note := []index.Chunk{{Index: 0, Content: "word", Vector: towards(0)}}
	l.put(t, with(version("ann", "talk", "v1", talk), "audio", "remote", map[string]any{
		"title": "Talk", "language": "en", "page": 9.0, "final": true, "year": 2023.0, "tags": []any{"x", "y"}}), talk)
	l.put(t, with(version("ann", "report", "v2", report), "document", "local", map[string]any{
		"title": "Report", "language": "de", "page": 9.0, "final": false, "date": "2024-05-06", "document_id": "forged"}), report)
	named := with(version("ann", "note", "v3", note), "document", "local", map[string]any{
		"$.language": "dollar", `a"b`: "quote", "a.b": "dot", "language": nil, "year": "2023", "source_name": "forged"})
	named.SourceName = "note.txt"
	l.put(t, named, note)

	all := []string{"note/0", "report/0", "report/1", "talk/0", "talk/1"}
	tests := []struct {
		name    string
		filters map[string]any
		want    []string
	}{
		{"none", nil, all},
		{"null", map[string]any{"language": nil}, all},
		{"equal", map[string]any{"language": "en"}, []string{"talk/0", "talk/1"}},
		{"any of", map[string]any{"language": []any{"de", "en"}}, []string{"report/0", "report/1", "talk/0", "talk/1"}},
		{"any of none", map[string]any{"language": []any{}}, nil},
		{"boolean", map[string]any{"final": false}, []string{"report/0", "report/1"}},
		{"number", map[string]any{"year": 2023}, []string{"talk/0", "talk/1"}},
		{"string", map[string]any{"year": "2023"}, []string{"note/0"}},
		{"range", map[string]any{"year": map[string]any{"gte": 2000.0, "lte": 2023.0}}, []string{"talk/0", "talk/1"}},
		{"range of strings", map[string]any{"date": map[string]any{"gte": "2024", "lt": "2025"}}, []string{"report/0", "report/1"}},
		{"element", map[string]any{"tags": "y"}, []string{"talk/0", "talk/1"}},
		{"missing", map[string]any{"nothere": "x"}, nil},
		{"both", map[string]any{"language": "en", "final": false}, nil},
		{"chunk's own", map[string]any{"start": map[string]any{"gte": 5.0}}, []string{"talk/1"}},
		{"chunk's own over the document's", map[string]any{"page": 2}, []string{"report/1"}},
		{"document's where the chunk has none", map[string]any{"page": 9}, []string{"talk/0", "talk/1"}},
		{"own key of some chunks", map[string]any{"title": "Talk"}, []string{"talk/0"}},
		{"own key of one chunk", map[string]any{"title": []any{"Part two", "Report"}}, []string{"report/0", "report/1", "talk/1"}},
		{"chunk and document", map[string]any{"page": 2, "language": "de"}, []string{"report/1"}},
		{"document_id", map[string]any{"document_id": "note"}, []string{"note/0"}},
		{"document_id any of", map[string]any{"document_id": []any{"note", "talk", 7}}, []string{"note/0", "talk/0", "talk/1"}},
		{"document_id range", map[string]any{"document_id": map[string]any{"gte": "o", "lt": "s"}}, []string{"report/0", "report/1"}},
		{"document_id forged", map[string]any{"document_id": "forged"}, nil},
		{"chunk_index", map[string]any{"chunk_index": 1}, []string{"report/1", "talk/1"}},
		{"chunk_size", map[string]any{"chunk_size": map[string]any{"gt": 4}}, []string{"talk/1"}},
		{"source_type", map[string]any{"source_type": "audio"}, []string{"talk/0", "talk/1"}},
		{"source_type any of", map[string]any{"source_type": []any{"audio", "document", 7}}, all},
		{"source_type and processing_method", map[string]any{"source_type": "document", "processing_method": "remote"}, nil},
		{"source_name", map[string]any{"source_name": []any{"note.txt", "talk.mp3"}}, []string{"note/0"}},
		{"source_name forged", map[string]any{"source_name": "forged"}, nil},
		{"source_name of none", map[string]any{"source_name": ""}, nil},
		{"processing_method", map[string]any{"processing_method": []any{"local"}}, []string{"note/0", "report/0", "report/1"}},
		{"path", map[string]any{"$.language": "en"}, nil},
		{"key like a path", map[string]any{"$.language": "dollar"}, []string{"note/0"}},
		{"key with a dot", map[string]any{"a.b": "dot"}, []string{"note/0"}},
		{"key with a quote", map[string]any{`a"b`: "quote"}, []string{"note/0"}},
		{"key like SQL", map[string]any{`') OR 1=1 --`: "x"}, nil},
		{"value like SQL", map[string]any{"language": `' OR '1'='1`}, nil},
	}
	for _, tt := range tests {
		scope := index.Scope{Owner: "ann", Filter: filter(t, tt.filters)}
		equal(t, tt.name+" by words", tt.want, match(t, l.Index, "word", scope))
		got := nearest(t, l.Index, 0, scope)
		equal(t, tt.name+" by vector", tt.want, sorted(got))
		scope = index.Scope{AllOwners: true, Filter: filter(t, tt.filters)}
		equal(t, tt.name+" of all owners", tt.want, sorted(nearest(t, l.Index, 0, scope)))
	}
	for name, tt := range composed(t) {
		scope := index.Scope{Owner: "ann", Filter: tt.filter}
		equal(t, name+" by words", tt.want, match(t, l.Index, "word", scope))
		equal(t, name+" by vector", tt.want, sorted(nearest(t, l.Index, 0, scope)))
	}
	few, err := Nearest(t.Context(), l.Index, towards(0), 1, index.Scope{Owner: "ann", Filter: filter(t, map[string]any{"page": 2})})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the one that passes, though others are as near", []string{"report/1"}, names(few))
}

type composedFilter struct {
	filter index.Filter
	want   []string
}

// composed are filters that are put together, for the documents of [testFilters].
func composed(t *testing.T) map[string]composedFilter {
	is := func(key, operator string, value any) index.Filter {
		f, err := index.Compare(key, operator, value)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	en, page2 := is("language", "eq", "en"), is("page", "eq", 2)
	return map[string]composedFilter{
		"not equal":                 {index.Not(en), []string{"note/0", "report/0", "report/1"}},
		"chunk's own is not":        {index.Not(page2), []string{"note/0", "report/0", "talk/0", "talk/1"}},
		"own of some chunks is not": {index.Not(is("title", "eq", "Part two")), []string{"note/0", "report/0", "report/1", "talk/0"}},
		"not missing anywhere":      {is("start", "filled", nil), []string{"talk/0", "talk/1"}},
		"null is empty":             {index.Not(is("language", "filled", nil)), []string{"note/0"}},
		"document_id is not":        {index.Not(is("document_id", "in", []any{"note", "talk"})), []string{"report/0", "report/1"}},
		"source_type is not":        {index.Not(is("source_type", "eq", "audio")), []string{"note/0", "report/0", "report/1"}},
		"source_name starts":        {is("source_name", "starts", "note"), []string{"note/0"}},
		"chunk's own contains":      {is("title", "contains", "two"), []string{"talk/1"}},
		"document's own ends":       {is("title", "ends", "port"), []string{"report/0", "report/1"}},
		"either of documents":       {index.Any(en, is("source_name", "eq", "note.txt")), []string{"note/0", "talk/0", "talk/1"}},
		"either of both":            {index.Any(en, page2), []string{"report/1", "talk/0", "talk/1"}},
		"either of one key":         {index.Any(is("document_id", "eq", "note"), is("document_id", "eq", "talk")), []string{"note/0", "talk/0", "talk/1"}},
		"neither":                   {index.Not(index.Any(en, page2)), []string{"note/0", "report/0"}},
		"either and not":            {index.All(index.Any(en, page2), index.Not(is("chunk_index", "eq", 0))), []string{"report/1", "talk/1"}},
		"either of groups":          {index.Any(index.All(en, is("start", "gt", 5)), index.All(is("language", "eq", "de"), page2)), []string{"report/1", "talk/1"}},
	}
}

func with(v index.Version, contentType, method string, metadata map[string]any) index.Version {
	v.ContentType, v.ProcessingMethod, v.Metadata = contentType, method, metadata
	return v
}

func testMetadata(t *testing.T, l *library) {
	chunks := []index.Chunk{{Index: 0, Content: "größer", Vector: towards(0), Metadata: map[string]any{
		"page": 4.0, "title": "own", "chunk_size": 99.0, "source_type": "forged"}}}
	v := version("ann", "d", "v1", chunks)
	v.Metadata["processing_method"] = "forged"
	v.SourceName = "d.txt"
	l.put(t, v, chunks)
	want := map[string]any{
		"title": "own", "page": 4.0,
		"document_id": "d", "chunk_index": 0, "chunk_size": 6, "source_type": "document", "source_name": "d.txt", "processing_method": "local",
	}
	hits, err := Nearest(t.Context(), l.Index, towards(0), 1, own("ann"))
	if err != nil || len(hits) != 1 {
		t.Fatal(hits, err)
	}
	equal(t, "nearest", want, hits[0].Own)
	hits, err = Match(t.Context(), l.Index, "größer", 1, own("ann"))
	if err != nil || len(hits) != 1 {
		t.Fatal(hits, err)
	}
	equal(t, "match", want, hits[0].Own)
}
