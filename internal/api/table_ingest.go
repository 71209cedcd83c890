package api

import (
	"net/http"

	"morag/internal/chunk"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/ingest"
	"morag/internal/option"
	"morag/internal/tus"
	"morag/internal/wire"
)

// What submissions may fail of, and what they heed.
var (
	notAccepted  = []error{chunk.ErrOption, ingest.ErrReused, ingest.ErrFull}
	notConverted = []error{convert.ErrUnsupported, convert.ErrBadSource, convert.ErrEngine, convert.ErrNoEngine, ingest.ErrBusy}
	ingestion    = &heeded{"Ingestion", []option.Part{option.ForDocument, option.ForConversion, option.ForWay, option.ForWebhook}}
	conversion   = &heeded{"Conversion", []option.Part{option.ForConversion}}
)

// notUploaded are the refusals of tus.
var (
	errTooLarge = problem(http.StatusRequestEntityTooLarge, "the file is larger than MORAG_MAX_UPLOAD_SIZE (5 GiB), or the piece than what is left of it")
	notUploaded = []error{
		tus.ErrNotFound, tus.ErrAlgorithm, tus.ErrChecksum,
		malformed("a header is missing or wrong, or the upload broke off"), problem(http.StatusConflict, "mismatched offset: ask by HEAD where to go on"),
		problem(http.StatusPreconditionFailed, "the header Tus-Resumable must be 1.0.0"), problem(http.StatusUnsupportedMediaType, "Content-Type must be application/offset+octet-stream"),
	}
)

func (s *Server) ingestRoutes() []Route {
	const later = "The answer comes at once; what becomes of it is told by its status, and by a webhook if one is named. "
	const nowhere = "The caller waits; nothing of it is kept. "
	return []Route{
		submit(s, v1+"/ingest/file", upload, s.ingestFile, about{
			id: "ingestFile", tag: tagIngest, summary: "Ingest a file", gets: queuedExample, options: ingestion,
			text:   later + "The parts of the form come in any order; the file is stored while it arrives.",
			fails:  append(notAccepted, ingest.ErrExists, tus.ErrNotFound, tus.ErrIncomplete),
			fields: []field{claimedType, {name: "upload_id", doc: "in place of file: the id of a resumable upload that is complete. It becomes one ingestion; named again, the same answers"}},
		}),
		stream("OPTIONS", uploadsPath, open, s.tusOptions, about{
			id: "uploadOptions", tag: tagIngest, summary: "Tell what of tus there is", bare: map[int]string{204: "the headers Tus-Version, Tus-Extension, Tus-Max-Size and Tus-Checksum-Algorithm tell"},
		}),
		stream("POST", uploadsPath, client|intake, s.beginUpload, about{
			id: "beginUpload", tag: tagIngest, summary: "Begin an upload that can be resumed (tus 1.0)",
			text: "An upload belongs to the key that began it, and expires a day after its last byte. When it is complete, upload_id names it in POST /api/v1/ingest/file: the last part of Location.",
			bare: map[int]string{201: "the upload's path is in Location, when it expires in Upload-Expires"}, fails: append(notUploaded, tus.ErrFull, errTooLarge),
		}),
		stream("HEAD", uploadsPath+"/{id}", client, s.showUpload, about{
			id: "showUpload", tag: tagIngest, summary: "Tell how much of an upload is there",
			bare: map[int]string{200: "Upload-Offset says how many bytes are there, of the Upload-Length that are to be"}, fails: notUploaded,
		}),
		stream("PATCH", uploadsPath+"/{id}", client|intake, s.addToUpload, about{
			id: "addToUpload", tag: tagIngest, summary: "Send the next piece of an upload",
			text: "What arrives before the connection is lost is kept, but of a piece with a checksum, which is kept whole or not at all.",
			bare: map[int]string{204: "Upload-Offset says how many bytes are there now"}, fails: append(notUploaded, errTooLarge),
		}),
		stream("DELETE", uploadsPath+"/{id}", client, s.endUpload, about{
			id: "endUpload", tag: tagIngest, summary: "Give an upload up", bare: map[int]string{204: "it is gone"}, fails: notUploaded,
		}),
		submit(s, v1+"/ingest/url", address, s.ingestURL, about{
			id: "ingestURL", tag: tagIngest, summary: "Ingest what is at an address", options: ingestion,
			text: later + "A page, a file or a video; redirects are followed.",
			gets: wire.Ingested{
				TaskID: taskExample, Status: "pending", DocumentID: documentExample, EstimatedTime: 15,
				Message: "Address 'https://example.org/tides' queued for local processing and ingestion", Warnings: []string{},
			},
			fails: append(notAccepted, ingest.ErrExists), fields: []field{claimedType},
		}),
		submit(s, v1+"/ingest/batch", list, s.ingestBatch, about{
			id: "ingestBatch", tag: tagIngest, summary: "Ingest what is at many addresses", options: ingestion,
			text:  later + "Each item has a task of its own; options beside items are for all of them, an item's own come first. The batch is a task, too: it ends with its last item.",
			gets:  wire.BatchIngested{BatchID: "3f0c9f55-0c31-4c0e-9a69-b3f9f7a3d5c2", TaskIDs: []string{taskExample}, TotalItems: 1, Message: "1 items queued for ingestion"},
			fails: notAccepted,
		}),
		submit(s, v1+"/process", upload|address|list, s.process, about{
			id: "process", tag: tagIngest, summary: "Convert or ingest, as mode says", gets: either{convertedExample, wire.ProcessIngested{
				Success: true, Mode: "ingest", TaskID: taskExample, StatusURL: v1 + "/status/" + taskExample, DocumentID: documentExample,
				EstimatedTimeSeconds: 300, Message: "'talk.mp3' queued for local processing and ingestion", Warnings: []string{},
			}},
			text:    "In the modes convert and process the caller waits for the text and nothing is kept; in the mode ingest a task is made. What is asked for may stand in request_data, a JSON object, where options may be nested in processing_options and webhook_config.",
			options: ingestion, fails: append(append(notAccepted, notConverted...), ingest.ErrExists),
			fields: []field{
				{name: "mode", doc: "what is wanted", values: []string{"convert", "process", "ingest"}, example: "convert", required: true},
				{name: "source_type", doc: "where the source is: file (or absent), url or batch; a content type is understood, too", example: "file"},
				{name: "content_type", doc: "what the source is; without it that is found out", example: "audio"},
			},
		}),
		submit(s, "/process/file", upload, s.processFile, about{
			id: "processFile", tag: tagConvert, summary: "Convert a file", text: nowhere, gets: processedExample,
			options: conversion, fails: notConverted, fields: []field{claimedType},
		}),
		submit(s, "/process/url", address, s.processURL(""), about{
			id: "processURL", tag: tagConvert, summary: "Convert what is at an address", text: nowhere, gets: processedExample,
			options: conversion, fails: notConverted, fields: []field{claimedType},
		}),
		submit(s, "/process/web", address, s.processURL(content.Web), about{
			id: "processWeb", tag: tagConvert, summary: "Convert a web page", text: nowhere, gets: processedExample,
			options: conversion, fails: notConverted,
		}),
		submit(s, "/process/youtube", address, s.processURL(content.YouTube), about{
			id: "processYouTube", tag: tagConvert, summary: "Convert a video that stands behind an address", text: nowhere, gets: processedExample,
			options: conversion, fails: notConverted,
		}),
		submit(s, "/process/batch", list, s.processBatch, about{
			id: "processBatch", tag: tagConvert, summary: "Convert what is at many addresses, one after the other", gets: []wire.Processed{processedExample},
			text: nowhere + "What an item fails of stands in its place of the list.", options: conversion, fails: []error{ingest.ErrBusy},
		}),
	}
}

var claimedType = field{name: "content_type", doc: "what the source is; without it that is found out, and a wrong one of those built in is corrected", example: "audio"}
