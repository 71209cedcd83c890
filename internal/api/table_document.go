package api

import (
	"morag/internal/ask"
	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/chat"
	"morag/internal/convert"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
	"morag/internal/ingest"
	"morag/internal/library"
	"morag/internal/search"
	"morag/internal/transcript"
	"morag/internal/wire"
)

func (s *Server) documentRoutes() []Route {
	found := about{
		id: "search", tag: tagSearch, summary: "Find passages by meaning and by words",
		sends: wire.Search{Query: "when does the tide turn?", Limit: new(5), Filters: map[string]any{"source_type": "audio"}, Facets: []string{"language"}},
		gets:  wire.Found{Results: []wire.Hit{hitExample}, Facets: map[string][]wire.Facet{"language": {{Value: "en", Count: 1}}}}, fails: []error{search.ErrQuery, search.ErrBusy, index.ErrFilter, index.ErrNotReady},
	}
	short := found
	short.id, short.summary, short.text = "searchShort", "The same at a shorter address", ""
	return []Route{
		endpoint("POST", v1+"/search", client, s.search, found),
		endpoint("POST", "/search", client, s.search, short),
		stream("POST", v1+"/ask", client, s.ask, about{
			id: "ask", tag: tagSearch, summary: "Have a language model answer from the documents, with citations",
			text:  "503 without MORAG_CHAT_URL. When no passage fits, the model is not asked. What fails after a streamed answer has begun, if only by a comment, is told by its event error.",
			sends: wire.Ask{Question: "who feeds the heron?", Limit: new(6)},
			gets: wire.Answer{Answer: "The keeper feeds it at noon [1].", Found: true, Citations: []wire.Citation{{
				N: 1, DocumentID: documentExample, ChunkIndex: 3, Start: new(12.5), Quote: textExample,
				Document: wire.HitDocument{ID: documentExample, Name: wire.Text("talk.mp3"), ContentType: "audio"},
			}}},
			media: jsonMedia + " " + eventMedia,
			fails: []error{ask.ErrNoModel, ask.ErrBusy, chat.ErrUnavailable, search.ErrBusy, index.ErrFilter, index.ErrNotReady},
		}),
		endpoint("GET", v1+"/documents", client|large, s.listDocuments, about{
			id: "listDocuments", tag: tagDocument, summary: "List documents", gets: wire.Documents{Documents: []wire.Document{documentDone}},
			fails: []error{document.ErrCursor},
		}),
		endpoint("GET", v1+"/documents/{id}", client, s.showDocument, about{
			id: "showDocument", tag: tagDocument, summary: "Describe a document", gets: documentDone, fails: []error{document.ErrNotFound, library.ErrSeveral},
		}),
		endpoint("PATCH", v1+"/documents/{id}", client, s.relocateDocument, about{
			id: "relocateDocument", tag: tagDocument, summary: "Tell where the source of a document lies now",
			text:  "For a file that was moved or renamed: the document stays what it is, and later sources from the new place replace it. With another name it is indexed anew in one step, since searches find the name.",
			sends: wire.DocumentPlace{Origin: new("/home/ada/harbour/tides.pdf"), SourceName: new("tides.pdf")}, gets: documentDone,
			fails: []error{document.ErrNotFound, library.ErrSeveral, auth.ErrOthers, ingest.ErrOutdated, ingest.ErrBusy, embed.ErrTransient},
		}),
		stream("GET", v1+"/documents/{id}/content", client|large, s.documentContent, about{
			id: "documentContent", tag: tagDocument, summary: "Read a document's text", media: "text/markdown", gets: textExample,
			fails: []error{document.ErrNotFound, library.ErrSeveral},
		}),
		endpoint("GET", v1+"/documents/{id}/chunks", client|large, s.documentChunks, about{
			id: "documentChunks", tag: tagDocument, summary: "List a document's chunks, in order",
			gets:  wire.Chunks{Chunks: []wire.Chunk{{ChunkIndex: 3, Content: textExample, Metadata: map[string]any{"start": 12.5}}}},
			fails: []error{document.ErrNotFound, library.ErrSeveral, document.ErrCursor},
		}),
		endpoint("GET", v1+"/documents/{id}/segments", client|large, s.documentSegments, about{
			id: "documentSegments", tag: tagDocument, summary: "List who says what when in a recording",
			gets:  wire.Segments{Segments: []wire.PlacedSegment{segmentExample}},
			fails: []error{document.ErrNotFound, library.ErrSeveral, library.ErrNoSegments, document.ErrCursor},
		}),
		endpoint("PATCH", v1+"/documents/{id}/segments", client, s.correctSegments, about{
			id: "correctSegments", tag: tagDocument, summary: "Correct what is said in a recording, and name who says it",
			text: "If-Match has the version of the document that the caller has seen, as the segments and the document tell it: 412 when somebody was faster. " +
				"The document is indexed anew in one step, and a segment keeps the text that it had at first as original.",
			sends: wire.Correction{Changes: []wire.SegmentChange{{Index: 3, Text: new("The tide turns at one.")}}, Speakers: map[string]string{"Speaker_00": "Ada"}},
			gets:  wire.Corrected{DocumentID: documentExample, Version: "8d2f3a52-6f0e-4a39-9a39-6b3c0e5ad1b7", Changed: 4, ChunkCount: 2},
			fails: []error{document.ErrNotFound, library.ErrSeveral, library.ErrNoSegments, auth.ErrOthers, ingest.ErrOutdated, transcript.ErrCorrection, ingest.ErrBusy, embed.ErrTransient},
		}),
		stream("GET", v1+"/documents/{id}/transcript", client|large, s.documentTranscript, about{
			id: "documentTranscript", tag: tagDocument, summary: "Read what is said in a recording, as subtitles or text",
			text: "Subtitles have lines of at most 42 characters, two of them at a time, which are shown for a second where the next ones " +
				"leave room for it, and for seven at most.",
			media: "application/x-subrip text/vtt text/plain text/markdown application/json",
			gets:  wire.Transcript{DocumentID: documentExample, Segments: []wire.PlacedSegment{segmentExample}},
			fails: []error{document.ErrNotFound, library.ErrSeveral, library.ErrNoSegments},
		}),
		endpoint("GET", v1+"/documents/{id}/peaks", client, s.documentPeaks, about{
			id: "documentPeaks", tag: tagDocument, summary: "Show how loud a recording is when, as a waveform",
			text:  "The lowest and the highest value of each part of the recording, which are equally long but for the last, as audiowaveform writes them. It takes as long as ffmpeg needs to decode the recording, once.",
			gets:  wire.Peaks{Version: 2, Channels: 1, SampleRate: 8000, SamplesPerPixel: 28800, Bits: 8, Length: 2, Data: []int{-40, 38, -3, 2}},
			fails: []error{document.ErrNotFound, library.ErrSeveral, library.ErrNoPeaks, library.ErrBusy, blob.ErrNotFound, convert.ErrNoEngine, convert.ErrBadSource, convert.ErrEngine, convert.ErrEnded},
		}),
		stream("GET", v1+"/documents/{id}/source", client, s.documentSource, about{
			id: "documentSource", tag: tagDocument, summary: "Download the file that a document was made of", file: true,
			text: "It is there while MORAG_KEEP_SOURCES is true, as it is unless set.", fails: []error{document.ErrNotFound, library.ErrSeveral, blob.ErrNotFound},
		}),
		stream("GET", v1+"/documents/{id}/thumbnails/{n}", client, s.documentThumbnail, about{
			id: "documentThumbnail", tag: tagDocument, summary: "Show a picture of a document", media: "image/*",
			text:  "A document has those that its ingestion asked for with include_thumbnails; thumbnail_count in its metadata tells how many.",
			fails: []error{document.ErrNotFound, library.ErrSeveral, blob.ErrNotFound},
		}),
		endpoint("POST", v1+"/documents/bulk", client, s.bulkDocuments, about{
			id: "bulkDocuments", tag: tagDocument, summary: "Delete many documents",
			text:  "Action delete, of what id_prefix, origin_prefix, name and content_type select, at most 1,000 a call, each as by the call for it alone. A name that no filter has is refused, and with dry_run nothing is done.",
			sends: wire.Bulk{Action: "delete", Filter: map[string]string{"id_prefix": "draft-"}, DryRun: true}, gets: bulkExample, fails: []error{document.ErrCursor},
		}),
		endpoint("DELETE", v1+"/documents/{id}", client, s.deleteDocument, about{
			id: "deleteDocument", tag: tagDocument, summary: "Delete a document and its source", gets: documentDone,
			fails: []error{document.ErrNotFound, library.ErrSeveral, auth.ErrOthers},
		}),
	}
}
