package api

import (
	"encoding/json"
	"time"

	"morag/internal/wire"
)

// The documents' examples tell one story: a talk is ingested, a worker writes it down.
const (
	taskExample     = "0a4c7f7e-9f3c-4d2b-8a53-2f1f0f5e6c11"
	jobExample      = "7d9e3c1a-5a0f-4c56-b7c1-95d1c2a4e8f0"
	workerExample   = "gpu-1"
	documentExample = "talk-7"
	textExample     = "[00:00] The tide turns at noon."
)

func moment(seconds int) *time.Time {
	return wire.At(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC).Add(time.Duration(seconds) * time.Second))
}

var (
	queuedExample = wire.Ingested{
		TaskID: taskExample, Status: "pending", DocumentID: documentExample, EstimatedTime: 300, Warnings: []string{},
		Message: "File 'talk.mp3' queued for remote processing and ingestion",
	}
	taskDone = wire.Task{
		TaskID: taskExample, Status: "SUCCESS", Stage: "completed", Progress: 1, Warnings: []string{}, DocumentID: wire.Text(documentExample),
		RemoteJobID: wire.Text(jobExample), CreatedAt: moment(0), StartedAt: moment(0), CompletedAt: moment(95),
		Result: json.RawMessage(`{"success":true,"chunks_stored":12,"document_id":"talk-7","duplicate":false,"replaced":false,"processing_time":41.5,"processing_method":"remote","metadata":{"duration":1200},"content_length":15800}`),
	}
	taskUnderWay = wire.Task{
		TaskID: taskExample, Status: "PROGRESS", Stage: "waiting_for_remote_completion", Progress: 0.5, Message: wire.Text("a worker converts it"),
		Result: json.RawMessage("null"), Warnings: []string{}, DocumentID: wire.Text(documentExample), RemoteJobID: wire.Text(jobExample),
		CreatedAt: moment(0), StartedAt: moment(0), EstimatedTimeRemaining: new(40.0),
	}
	taskRevoked = wire.Task{
		TaskID: taskExample, Status: "REVOKED", Stage: "waiting_for_remote_completion", Progress: 0.5, Result: json.RawMessage("null"),
		Warnings: []string{}, DocumentID: wire.Text(documentExample), CreatedAt: moment(0), StartedAt: moment(0), CompletedAt: moment(60),
	}
	processedExample = wire.Processed{
		Success: true, Content: wire.Text(textExample), Metadata: map[string]any{"duration": 1200}, ProcessingTime: 41.5, Thumbnails: []string{},
	}
	convertedExample = wire.Converted{
		Success: true, Mode: "convert", Content: wire.Text(textExample), Metadata: map[string]any{"duration": 1200}, ProcessingTimeMS: 41500,
		Warnings: []string{}, Thumbnails: []string{},
	}
	documentDone = wire.Document{
		DocumentID: documentExample, ContentType: "audio", SourceName: wire.Text("talk.mp3"), MIMEType: wire.Text("audio/mpeg"),
		Checksum: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", ProcessingMethod: "remote", ChunkCount: 12, ContentLength: 15800,
		Metadata: wire.Object(`{"duration":1200}`), TaskID: wire.Text(taskExample), CreatedAt: moment(95), UpdatedAt: moment(95),
	}
	segmentExample = wire.PlacedSegment{Index: 3, Segment: wire.Segment{Start: 12.5, End: 15, Text: "The tide turns at noon.", Speaker: "Ada"}}
	hitExample     = wire.Hit{
		Score: 0.83, Content: textExample, DocumentID: documentExample, ChunkIndex: 3, Metadata: wire.Object(`{"start":12.5}`),
		Document: wire.HitDocument{ID: documentExample, Name: wire.Text("talk.mp3"), ContentType: "audio"},
		Snippet:  textExample, Highlights: [][]int{{12, 16}}, Start: new(12.5), End: new(15.0), Speaker: "Ada",
	}
	bulkExample    = wire.BulkDone{Matched: 12, Done: 12, Failures: []wire.BulkFailure{}}
	sessionExample = wire.Session{Name: "alice", Role: "client", CSRFToken: "Vn0…", ExpiresAt: moment(12 * 3600)}
	jobPending     = wire.JobStatus{
		JobID: jobExample, Status: "pending", CreatedAt: moment(0), RetryCount: 1, Attempt: 1, TimeoutAt: moment(3630), AvailableAt: moment(30),
	}
	jobHeld = wire.JobStatus{
		JobID: jobExample, Status: "processing", WorkerID: wire.Text(workerExample), CreatedAt: moment(0), StartedAt: moment(5),
		EstimatedCompletion: moment(65), Progress: 0.4, ProgressMessage: wire.Text("transcribing"), Attempt: 1, TimeoutAt: moment(3605), AvailableAt: moment(0),
	}
	jobCancelled = wire.JobStatus{
		JobID: jobExample, Status: "cancelled", CreatedAt: moment(0), CompletedAt: moment(60), Attempt: 1, TimeoutAt: moment(3605), AvailableAt: moment(0),
	}
	jobHandedOut = wire.Job{
		JobID: wire.Text(jobExample), SourceFileURL: wire.Text(v1 + "/remote-jobs/" + jobExample + "/download?token=…"), ContentType: wire.Text("audio"),
		TaskOptions: json.RawMessage(`{"language":"en"}`), Attempt: new(1), TimeoutAt: moment(3605), TimeoutSeconds: new(3600),
		LeaseExpiresAt: moment(65), LeaseSeconds: new(60), SourceName: wire.Text("talk.mp3"), SourceSize: new(int64(18400000)),
	}
	recordExample = wire.JobRecord{
		ID: jobExample, Status: "pending", Revision: 1, ContentType: "audio", IngestionTaskID: taskExample, MaxRetries: 3,
		CreatedAt: moment(0), OpenedAt: moment(0), AvailableAt: moment(0), TimeoutAt: moment(3600), TimeoutSeconds: 3600,
		LastResult: json.RawMessage("null"), SourceFilePath: "blob:6f/6f1d", SourceName: wire.Text("talk.mp3"), SourceSize: new(int64(18400000)),
		History: []wire.JobStep{{At: moment(0), To: "pending", Reason: "create"}}, TaskOptions: json.RawMessage(`{"language":"en"}`), ResultData: json.RawMessage("null"),
	}
	workerSeen = wire.Worker{
		WorkerID: workerExample, ContentTypes: []string{"audio", "video"}, LastSeen: moment(65), Version: "morag/1.0", InHand: []string{jobExample}, Done: 41,
	}
)

// encoded is an example as JSON, for what holds raw JSON.
func encoded(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // of values above
	}
	return raw
}
