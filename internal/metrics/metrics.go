// Package metrics is what the server tells Prometheus. Labels are bounded: content
// types that are not built in count as "other", paths by the patterns of their routes, and
// no id is ever a label.
package metrics

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"morag/internal/content"
	"morag/internal/job"
)

// Metrics counts and measures. It is safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	now         func() time.Time
	requests    requests
	transitions *prometheus.CounterVec
	jobWait     *prometheus.HistogramVec
	claim       prometheus.Histogram
	fsync       prometheus.Histogram
	commit      prometheus.Histogram
	waiting     prometheus.Gauge
	tasks       *prometheus.CounterVec
	retries     *prometheus.CounterVec
	took        *prometheus.HistogramVec
	corrections *prometheus.CounterVec
	fallbacks   *prometheus.CounterVec
	parts       *prometheus.CounterVec
	convert     *prometheus.HistogramVec
	stages      *prometheus.HistogramVec
	tries       *prometheus.CounterVec
	webhooks    *prometheus.CounterVec
	delivery    prometheus.Histogram
	backups     *prometheus.CounterVec
}

// New makes an empty registry with the process's own figures in it.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), now: time.Now}
	f := factory{m.registry}
	m.requests = newRequests(f)
	m.ofJobs(f)
	m.ofTasks(f)
	m.ofWebhooks(f)
	m.backups = f.counter("morag_backups_total", "Backups that were made for the download, or could not be: ready or failed.", "outcome")
	m.begin()
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin has counters whose labels are known and that are rare begin at 0: Prometheus does not
// see the first step of one that begins at 1.
func (m *Metrics) begin() {
	for _, contentType := range append(contentTypes, "other") {
		m.fallbacks.WithLabelValues(contentType)
		m.corrections.WithLabelValues(contentType)
		for _, reason := range []string{"failure", "no_space", "stopped", "lost", "asked"} {
			m.retries.WithLabelValues(contentType, reason)
		}
		m.transitions.WithLabelValues(contentType, string(job.Processing), string(job.Pending), string(job.LoseLease))
		m.transitions.WithLabelValues(contentType, string(job.Processing), string(job.Timeout), string(job.Expire))
	}
	for _, answer := range []string{"2xx", "3xx", "4xx", "5xx", "no_answer"} {
		m.tries.WithLabelValues(answer)
	}
	for _, outcome := range []string{"delivered", "given_up"} {
		m.webhooks.WithLabelValues(outcome)
	}
	for _, outcome := range []string{"ready", "failed"} {
		m.backups.WithLabelValues(outcome)
	}
}

func (m *Metrics) ofJobs(f factory) {
	m.transitions = f.counter("morag_job_transitions_total",
		"Changes of remote jobs, by what happened: claimed, completed, error, lease_lost, deadline and so on.", "content_type", "from", "to", "event")
	m.jobWait = f.histogram("morag_job_wait_seconds", "Time from the creation of a remote job to its first claim.", slow, "content_type")
	m.claim = f.single("morag_job_claim_seconds", "Time to claim a job, its write to disk included.", quick)
	m.fsync = f.single("morag_job_fsync_seconds", "Time of one sync of a job file or folder.", quick)
	m.commit = f.single("morag_database_commit_seconds", "Time of one commit of the SQLite file, its sync to disk included.", quick)
	m.waiting = f.gauge("morag_polls_waiting", "Polls that wait for a job at this server.")
}

func (m *Metrics) ofTasks(f factory) {
	m.tasks = f.counter("morag_task_transitions_total",
		"Changes of ingestion tasks, by the phase and status they led to.", "content_type", "phase", "status")
	m.retries = f.counter("morag_task_retries_total", "Runs of tasks that ended before they were through and are repeated, by why: "+
		"failure, no_space, stopped, lost or asked.", "content_type", "reason")
	m.took = f.histogram("morag_task_seconds", "Time from the submission of a task to its end.", slow, "content_type", "status")
	m.corrections = f.counter("morag_document_corrections_total", "Documents whose text or speakers people have corrected.", "content_type")
	m.fallbacks = f.counter("morag_task_fallbacks_total",
		"Tasks that were asked to be converted remotely and were converted locally.", "content_type")
	m.parts = f.counter("morag_task_parts_total",
		"Ends of parts of sources that workers convert in parts: by the status of the job, or converted locally, again (in another language) or missing.", "content_type", "end")
	m.convert = f.histogram("morag_conversion_seconds", "Time of one conversion.",
		prometheus.ExponentialBuckets(0.05, 3, 12), "content_type", "method")
	m.stages = f.histogram("morag_stage_seconds", "Time that one document spent in a stage: wait (for its first run), chunk, embed or index.",
		slow, "content_type", "stage")
}

func (m *Metrics) ofWebhooks(f factory) {
	m.tries = f.counter("morag_webhook_tries_total",
		"Tries to deliver a webhook, by the class of the answer: 2xx, 3xx, 4xx, 5xx or no_answer.", "answer")
	m.webhooks = f.counter("morag_webhooks_total", "Webhooks whose tries are over: delivered or given_up.", "outcome")
	m.delivery = f.single("morag_webhook_delivery_seconds", "Time from the end of a task to the delivery of its webhook.", slow)
}

// The buckets of what takes no longer than a disk, and of what may take hours.
var (
	quick = prometheus.ExponentialBuckets(0.0001, 2, 16)
	slow  = []float64{0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800, 7200}
)

// factory makes metrics that are registered.
type factory struct{ registry *prometheus.Registry }

func (f factory) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	f.registry.MustRegister(v)
	return v
}

func (f factory) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	f.registry.MustRegister(v)
	return v
}

// single is a histogram without labels.
func (f factory) single(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	f.registry.MustRegister(h)
	return h
}

func (f factory) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	f.registry.MustRegister(g)
	return g
}

// Handler serves what there is to tell. What cannot be read at the moment is left out, logged
// and counted, and the rest is told: a database that is away is when somebody looks.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Registry:      m.registry,
	})
}

// contentTypes are those that are built in.
var contentTypes = []string{content.Audio, content.Video, content.Doc, content.Image, content.Web, content.YouTube}

// typeLabel bounds a label that clients choose.
func typeLabel(contentType string) string {
	if slices.Contains(contentTypes, contentType) {
		return contentType
	}
	return "other"
}

// JobChanged counts a change of a remote job.
func (m *Metrics) JobChanged(contentType string, step job.Entry) {
	m.transitions.WithLabelValues(typeLabel(contentType), string(step.From), string(step.To), step.Reason).Inc()
}

// JobWaited measures how long a job waited for a worker.
func (m *Metrics) JobWaited(contentType string, took time.Duration) {
	m.jobWait.WithLabelValues(typeLabel(contentType)).Observe(took.Seconds())
}

// Claimed measures a claim that found a job.
func (m *Metrics) Claimed(took time.Duration) { m.claim.Observe(took.Seconds()) }

// Synced measures one sync to disk.
func (m *Metrics) Synced(took time.Duration) { m.fsync.Observe(took.Seconds()) }

// Committed measures one commit of the SQLite file.
func (m *Metrics) Committed(took time.Duration) { m.commit.Observe(took.Seconds()) }

// PollWaits counts a poll that begins (1) or ends (-1) to wait.
func (m *Metrics) PollWaits(change int) { m.waiting.Add(float64(change)) }

// TaskChanged counts a change of an ingestion task.
func (m *Metrics) TaskChanged(contentType, phase, status string) {
	m.tasks.WithLabelValues(typeLabel(contentType), phase, status).Inc()
}

// TaskRetried counts a run that is to be repeated: "failure", "no_space", "stopped", "lost" or
// "asked".
func (m *Metrics) TaskRetried(contentType, reason string) {
	m.retries.WithLabelValues(typeLabel(contentType), reason).Inc()
}

// TaskEnded measures a task from its submission to its end.
func (m *Metrics) TaskEnded(contentType, status string, took time.Duration) {
	m.took.WithLabelValues(typeLabel(contentType), status).Observe(took.Seconds())
}

// Staged measures a stage of a task: "wait", "chunk", "embed" or "index".
func (m *Metrics) Staged(contentType, stage string, took time.Duration) {
	m.stages.WithLabelValues(typeLabel(contentType), stage).Observe(took.Seconds())
}

// Corrected counts a document that people have corrected.
func (m *Metrics) Corrected(contentType string) {
	m.corrections.WithLabelValues(typeLabel(contentType)).Inc()
}

// FellBack counts a task that is converted locally after all.
func (m *Metrics) FellBack(contentType string) {
	m.fallbacks.WithLabelValues(typeLabel(contentType)).Inc()
}

// PartEnded counts the end of a part of a task, or of a try of it.
func (m *Metrics) PartEnded(contentType, end string) {
	m.parts.WithLabelValues(typeLabel(contentType), end).Inc()
}

// Converted measures a conversion; method is "local" or "remote".
func (m *Metrics) Converted(contentType, method string, took time.Duration) {
	m.convert.WithLabelValues(typeLabel(contentType), method).Observe(took.Seconds())
}

// WebhookTried counts a try to deliver a webhook by the class of its answer.
func (m *Metrics) WebhookTried(answer string) { m.tries.WithLabelValues(answer).Inc() }

// WebhookEnded counts a webhook whose tries are over: "delivered" or "given_up".
func (m *Metrics) WebhookEnded(outcome string) { m.webhooks.WithLabelValues(outcome).Inc() }

// WebhookDelivered measures from the end of a task to the delivery of its webhook.
// The clocks of two servers may differ.
func (m *Metrics) WebhookDelivered(took time.Duration) { m.delivery.Observe(max(0, took.Seconds())) }
