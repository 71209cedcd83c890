package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/task"
)

// scrapeTimeout bounds how long a scrape waits for one store.
const scrapeTimeout = 5 * time.Second

// gauges reads figures at each scrape. What it cannot read is told of the first of them.
type gauges struct {
	descs []*prometheus.Desc
	read  func(ctx context.Context, tell tell) error
}

// tell shows a figure.
type tell func(of *prometheus.Desc, value float64, labels ...string)

func (m *Metrics) watch(read func(ctx context.Context, tell tell) error, descs ...*prometheus.Desc) {
	m.registry.MustRegister(&gauges{descs, read})
}

// Describe implements [prometheus.Collector].
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range g.descs {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	err := g.read(ctx, func(of *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, value, labels...)
	})
	if err != nil {
		out <- prometheus.NewInvalidMetric(g.descs[0], err)
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	tasksDesc       = desc("morag_tasks", "Ingestion tasks that are not over, by phase: queued, running or waiting.", "phase")
	lateDesc        = desc("morag_tasks_late_seconds", "For how long the queued task whose time came first could have run already.")
	noticesDesc     = desc("morag_webhooks_waiting", "Tasks whose webhook is to be delivered, now or later.")
	noticesLateDesc = desc("morag_webhooks_late_seconds", "For how long the webhook that was due first could have been tried already.")
)

// WatchTasks reports what there is to do for tasks and their webhooks whenever it is asked.
func (m *Metrics) WatchTasks(backlog func(context.Context) (task.Backlog, error)) {
	m.watch(func(ctx context.Context, tell tell) error {
		b, err := backlog(ctx)
		if err != nil {
			return err
		}
		tell(tasksDesc, float64(b.Queued), string(task.Queued))
		tell(tasksDesc, float64(b.Running), string(task.Running))
		tell(tasksDesc, float64(b.Waiting), string(task.Waiting))
		tell(lateDesc, b.Late.Seconds())
		tell(noticesDesc, float64(b.Notices))
		tell(noticesLateDesc, b.NoticeLate.Seconds())
		return nil
	}, tasksDesc, lateDesc, noticesDesc, noticesLateDesc)
}

var (
	workersDesc = desc("morag_workers", "Workers that are known, by state: active, silent, set_aside or drained.", "state")
	busyDesc    = desc("morag_workers_busy", "Workers that hold a job.")
)

// WatchWorkers reports how many workers there are of each state, and how many hold a job,
// whenever it is asked.
func (m *Metrics) WatchWorkers(count func(context.Context) (of map[fleet.State]int, busy int, err error)) {
	m.watch(func(ctx context.Context, tell tell) error {
		of, busy, err := count(ctx)
		if err != nil {
			return err
		}
		for _, state := range fleet.States() {
			tell(workersDesc, float64(of[state]), string(state))
		}
		tell(busyDesc, float64(busy))
		return nil
	}, workersDesc, busyDesc)
}

var reindexDesc = desc("morag_reindex_chunks_left", "Chunks without a vector of the model that the settings name; 0 as a rule.")

// WatchReindexing reports how many chunks have no vector yet of the model that the settings
// name, whenever it is asked.
func (m *Metrics) WatchReindexing(left func(context.Context) (int, error)) {
	m.watch(func(ctx context.Context, tell tell) error {
		n, err := left(ctx)
		if err == nil {
			tell(reindexDesc, float64(n))
		}
		return err
	}, reindexDesc)
}

var (
	documentsDesc = desc("morag_index_documents", "Documents that can be found.")
	chunksDesc    = desc("morag_index_chunks", "Chunks of the documents that can be found.")
)

// WatchIndex reports how much can be found, whenever it is asked.
func (m *Metrics) WatchIndex(size func(context.Context) (documents, chunks int, err error)) {
	m.watch(func(ctx context.Context, tell tell) error {
		documents, chunks, err := size(ctx)
		if err == nil {
			tell(documentsDesc, float64(documents))
			tell(chunksDesc, float64(chunks))
		}
		return err
	}, documentsDesc, chunksDesc)
}

// Storage is what is stored in the data folder, in bytes, by its parts, and the room of the
// folder's disk.
type Storage struct {
	Parts     map[string]int64
	Free, All int64
}

var (
	storageDesc  = desc("morag_storage_bytes", "Bytes of files in this server's data folder, by part.", "part")
	diskFreeDesc = desc("morag_disk_free_bytes", "Bytes that are free on the disk of this server's data folder.")
	diskDesc     = desc("morag_disk_bytes", "Bytes of the disk of this server's data folder.")
)

// WatchStorage reports what is stored whenever it is asked.
func (m *Metrics) WatchStorage(read func(context.Context) (Storage, error)) {
	m.watch(func(ctx context.Context, tell tell) error {
		s, err := read(ctx)
		if err != nil {
			return err
		}
		for part, n := range s.Parts {
			tell(storageDesc, float64(n), part)
		}
		tell(diskFreeDesc, float64(s.Free))
		tell(diskDesc, float64(s.All))
		return nil
	}, storageDesc, diskFreeDesc, diskDesc)
}

// Engines are the processes that convert at this server, and the bytes of memory that they
// and all that they have started hold.
type Engines struct {
	Busy, Idle int
	Memory     int64
}

var (
	enginesDesc = desc("morag_engines", "Converter processes of this server, by state: busy or idle.", "state")
	memoryDesc  = desc("morag_engines_memory_bytes", "Memory that converter processes and their engines hold; 0 but on Linux.")
)

// WatchEngines reports the converter processes whenever it is asked.
func (m *Metrics) WatchEngines(read func() Engines) {
	m.watch(func(_ context.Context, tell tell) error {
		e := read()
		tell(enginesDesc, float64(e.Busy), "busy")
		tell(enginesDesc, float64(e.Idle), "idle")
		tell(memoryDesc, float64(e.Memory))
		return nil
	}, enginesDesc, memoryDesc)
}

var buildDesc = desc("morag_build_info", "1, with the version of the program.", "version")

// Tell says which program this is.
func (m *Metrics) Tell(version string) {
	m.watch(func(_ context.Context, tell tell) error { tell(buildDesc, 1, version); return nil }, buildDesc)
}

var (
	jobsDesc   = desc("morag_jobs", "Remote jobs.", "content_type", "status")
	oldestDesc = desc("morag_jobs_oldest_pending_seconds", "Age of the oldest pending job by content type, 0 without one.", "content_type")
	bytesDesc  = desc("morag_jobs_bytes", "Size of the job records on disk.")
)

// WatchJobs reports depth and age of the job store's queues whenever it is asked.
func (m *Metrics) WatchJobs(stats func(context.Context) (job.Stats, error), now func() time.Time) {
	m.watch(func(ctx context.Context, tell tell) error {
		s, err := stats(ctx)
		if err != nil {
			return err
		}
		tellDepth(s, tell)
		oldest := map[string]float64{"other": 0}
		for _, label := range contentTypes {
			oldest[label] = 0
		}
		for contentType, w := range s.Waiting {
			if label := typeLabel(contentType); !w.Oldest.IsZero() {
				oldest[label] = max(oldest[label], now().Sub(w.Oldest).Seconds())
			}
		}
		for label, age := range oldest {
			tell(oldestDesc, age, label)
		}
		tell(bytesDesc, float64(s.Bytes))
		return nil
	}, jobsDesc, oldestDesc, bytesDesc)
}

func tellDepth(s job.Stats, tell tell) {
	jobs := map[string]map[job.Status]int{"other": {}}
	for contentType, byStatus := range s.Depth {
		label := typeLabel(contentType)
		if jobs[label] == nil {
			jobs[label] = map[job.Status]int{}
		}
		for status, n := range byStatus {
			jobs[label][status] += n
		}
	}
	for label, byStatus := range jobs {
		for _, status := range job.Statuses() {
			tell(jobsDesc, float64(byStatus[status]), label, string(status))
		}
	}
}
