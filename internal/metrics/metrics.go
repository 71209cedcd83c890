// Package metrics is what the server tells Prometheus. Labels are bounded: content
// types that are not built in count as "other", and no id is ever a label.
package metrics

import (
	"context"
	"net/http"
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
	transitions *prometheus.CounterVec
	claim       prometheus.Histogram
	fsync       prometheus.Histogram
	waiting     prometheus.Gauge
	tasks       *prometheus.CounterVec
	corrections *prometheus.CounterVec
	fallbacks   *prometheus.CounterVec
	convert     *prometheus.HistogramVec
	tries       *prometheus.CounterVec
	webhooks    *prometheus.CounterVec
}

// New makes an empty registry with the process's own figures in it.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_job_transitions_total",
			Help: "Changes of remote jobs, by what happened: claimed, completed, error, lease_lost, deadline and so on.",
		}, []string{"content_type", "from", "to", "event"}),
		claim: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "morag_job_claim_seconds", Help: "Time to claim a job, its write to disk included.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		fsync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "morag_job_fsync_seconds", Help: "Time of one sync of a job file or folder.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "morag_polls_waiting", Help: "Polls that wait for a job.",
		}),
		corrections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_document_corrections_total", Help: "Documents whose text or speakers people have corrected.",
		}, []string{"content_type"}),
		tasks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_task_transitions_total", Help: "Changes of ingestion tasks, by the phase and status they led to.",
		}, []string{"content_type", "phase", "status"}),
		fallbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_task_fallbacks_total", Help: "Tasks that were asked to be converted remotely and were converted locally.",
		}, []string{"content_type"}),
		convert: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "morag_conversion_seconds", Help: "Time of one conversion.",
			Buckets: prometheus.ExponentialBuckets(0.05, 3, 12),
		}, []string{"content_type", "method"}),
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_webhook_tries_total", Help: "Tries to deliver a webhook, by the class of the answer: 2xx, 3xx, 4xx, 5xx or no_answer.",
		}, []string{"answer"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "morag_webhooks_total", Help: "Webhooks whose tries are over: delivered or given_up.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.transitions, m.claim, m.fsync, m.waiting, m.tasks, m.corrections, m.fallbacks, m.convert, m.tries, m.webhooks,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves what there is to tell.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// typeLabel bounds a label that clients choose.
func typeLabel(contentType string) string {
	switch contentType {
	case content.Audio, content.Video, content.Doc, content.Image, content.Web, content.YouTube:
		return contentType
	}
	return "other"
}

// JobChanged counts a change of a remote job.
func (m *Metrics) JobChanged(contentType string, step job.Entry) {
	m.transitions.WithLabelValues(typeLabel(contentType), string(step.From), string(step.To), step.Reason).Inc()
}

// Claimed measures a claim that found a job.
func (m *Metrics) Claimed(took time.Duration) { m.claim.Observe(took.Seconds()) }

// Synced measures one sync to disk.
func (m *Metrics) Synced(took time.Duration) { m.fsync.Observe(took.Seconds()) }

// PollWaits counts a poll that begins (1) or ends (-1) to wait.
func (m *Metrics) PollWaits(change int) { m.waiting.Add(float64(change)) }

// TaskChanged counts a change of an ingestion task.
func (m *Metrics) TaskChanged(contentType, phase, status string) {
	m.tasks.WithLabelValues(typeLabel(contentType), phase, status).Inc()
}

// Corrected counts a document that people have corrected.
func (m *Metrics) Corrected(contentType string) {
	m.corrections.WithLabelValues(typeLabel(contentType)).Inc()
}

// FellBack counts a task that is converted locally after all.
func (m *Metrics) FellBack(contentType string) {
	m.fallbacks.WithLabelValues(typeLabel(contentType)).Inc()
}

// Converted measures a conversion; method is "local" or "remote".
func (m *Metrics) Converted(contentType, method string, took time.Duration) {
	m.convert.WithLabelValues(typeLabel(contentType), method).Observe(took.Seconds())
}

// WebhookTried counts a try to deliver a webhook by the class of its answer.
func (m *Metrics) WebhookTried(answer string) { m.tries.WithLabelValues(answer).Inc() }

// WebhookEnded counts a webhook whose tries are over: "delivered" or "given_up".
func (m *Metrics) WebhookEnded(outcome string) { m.webhooks.WithLabelValues(outcome).Inc() }

// WatchWebhooks reports how many tasks have a webhook that is not delivered yet,
// whenever it is asked.
func (m *Metrics) WatchWebhooks(count func(context.Context) (int, error)) {
	m.registry.MustRegister(&gauge{desc: waitingDesc, read: count})
}

var waitingDesc = prometheus.NewDesc("morag_webhooks_waiting", "Tasks whose webhook is to be delivered, now or later.", nil, nil)

// WatchReindexing reports how many chunks have no vector yet of the model that the settings
// name, whenever it is asked.
func (m *Metrics) WatchReindexing(left func(context.Context) (int, error)) {
	m.registry.MustRegister(&gauge{desc: reindexDesc, read: left})
}

var reindexDesc = prometheus.NewDesc("morag_reindex_chunks_left", "Chunks without a vector of the model that the settings name; 0 as a rule.", nil, nil)

// gauge reads one figure at each scrape.
type gauge struct {
	desc *prometheus.Desc
	read func(context.Context) (int, error)
}

// Describe implements prometheus.Collector.
func (g *gauge) Describe(out chan<- *prometheus.Desc) { out <- g.desc }

// Collect implements prometheus.Collector.
func (g *gauge) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	n, err := g.read(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(g.desc, err)
		return
	}
	out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(n))
}

// WatchJobs reports depth and age of the job store's queues whenever it is asked.
func (m *Metrics) WatchJobs(stats func(context.Context) (job.Stats, error), now func() time.Time) {
	m.registry.MustRegister(&queues{stats: stats, now: now})
}

// queues reads the store's counters at each scrape.
type queues struct {
	stats func(context.Context) (job.Stats, error)
	now   func() time.Time
}

var (
	jobsDesc   = prometheus.NewDesc("morag_jobs", "Remote jobs.", []string{"content_type", "status"}, nil)
	oldestDesc = prometheus.NewDesc("morag_jobs_oldest_pending_seconds", "Age of the oldest pending job by content type.", []string{"content_type"}, nil)
	bytesDesc  = prometheus.NewDesc("morag_jobs_bytes", "Size of the job records on disk.", nil, nil)
)

// Describe implements prometheus.Collector.
func (q *queues) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsDesc, oldestDesc, bytesDesc} {
		out <- d
	}
}

// scrapeTimeout bounds how long a scrape waits for the store.
const scrapeTimeout = 5 * time.Second

// Collect implements prometheus.Collector.
func (q *queues) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	s, err := q.stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(jobsDesc, err)
		return
	}
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
			out <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(byStatus[status]), label, string(status))
		}
	}
	oldest := map[string]float64{}
	for contentType, w := range s.Waiting {
		if label := typeLabel(contentType); !w.Oldest.IsZero() {
			oldest[label] = max(oldest[label], q.now().Sub(w.Oldest).Seconds())
		}
	}
	for label, age := range oldest {
		out <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, label)
	}
	out <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(s.Bytes))
}
