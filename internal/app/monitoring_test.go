package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
	"morag/internal/wire"
)

// TestWhatMonitoringAsksForIsTold: every expression of the alerts and of the dashboard is
// understood by Prometheus's own parser, and asks for metrics and labels that a server tells
// on which everything has happened that they speak of.
func TestWhatMonitoringAsksForIsTold(t *testing.T) {
	t.Parallel()
	told := scraped(t, metrics(t, eventful(t)))
	expressions := append(alertExpressions(t), dashboardExpressions(t)...)
	if len(expressions) < 60 {
		t.Fatalf("only %d expressions were found", len(expressions))
	}
	for i, selectors := range parsed(t, expressions) {
		if len(selectors) == 0 {
			t.Errorf("%s asks for nothing", expressions[i])
		}
		for _, s := range selectors {
			if why := s.untold(told); why != "" {
				t.Errorf("%s: %s", expressions[i], why)
			}
		}
	}
}

// TestExpressionsThatAskForNothingAreFound: what the test above checks can fail.
func TestExpressionsThatAskForNothingAreFound(t *testing.T) {
	t.Parallel()
	told := scraped(t, "# TYPE tasks gauge\ntasks{phase=\"queued\"} 1\n# TYPE took histogram\ntook_bucket{le=\"+Inf\"} 1\ntook_sum 1\ntook_count 1\n")
	want := map[string]string{
		`tasks`: "", `sum by (phase, instance) (tasks{phase="queued", job="morag"})`: "", `tasks{phase=~"que.*"}`: "",
		`histogram_quantile(0.5, sum by (le) (rate(took_bucket[5m])))`: "", `up`: "", `took_sum / took_count`: "",
		`task`: "no metric task", `took`: "no metric took", `tasks{phase="running"}`: `no tasks with phase="running"`,
		`tasks{phase=~"que"}`: `no tasks with phase=~"que"`, `tasks{state="queued"}`: "tasks has no label state",
		`sum by (state) (tasks)`: "tasks has no label state",
	}
	expressions := slices.Collect(maps.Keys(want))
	for i, selectors := range parsed(t, expressions) {
		got := []string{}
		for _, s := range selectors {
			if why := s.untold(told); why != "" {
				got = append(got, why)
			}
		}
		if text := expressions[i]; strings.Join(got, "; ") != want[text] {
			t.Errorf("%s: %q, want %q", text, got, want[text])
		}
	}
}

// eventful is a server on which tasks and jobs came through, were repeated, took too long,
// were converted by the server instead, and were lost with their workers.
func eventful(t *testing.T) *apptest.Server {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	t.Cleanup(receiver.Close)
	settings := apptest.Settings(t)
	settings.Engines.AllowPrivateURLs = []string{"127.0.0.0/8"}
	settings.RemoteContentTypes = append(settings.RemoteContentTypes, "document")
	settings.RetryBackoff = config.Seconds(time.Millisecond)
	s := apptest.StartJailed(t, settings)
	source := blobOf(t, s)
	lost := created(t, s, source, wire.JobCreate{ContentType: "selftest", IngestionTaskID: "lost"})
	held := taken(t, s, "dies", "selftest", 15*time.Second)
	if _, err := s.Heartbeat(t.Context(), lost, wire.Heartbeat{WorkerID: "dies", Attempt: *held.Attempt}); err != nil {
		t.Fatal(err)
	}
	created(t, s, source, wire.JobCreate{ContentType: "slow", IngestionTaskID: "slow", TimeoutSeconds: new(1)})
	taken(t, s, "slow", "slow", time.Minute)

	for path, name := range map[string]string{"/there": "heron", "/gone": "grebe"} {
		ingest(t, s, write(t, name+".txt", "The "+name+" fishes at dawn."),
			client.IngestOptions{Options: option.Options{Webhook: &option.Webhook{URL: receiver.URL + path}}})
	}
	broken, err := s.IngestFile(t.Context(), write(t, "broken.png", "\x89PNG\r\n\x1a\nbroken"), client.IngestOptions{ContentType: "image"})
	if err != nil {
		t.Fatal(err)
	}
	if ended, err := s.WaitTask(t.Context(), broken.TaskID, nil); err != nil || ended.Status != "FAILURE" {
		t.Fatalf("a picture that is none ended %s, %v", ended.Status, err)
	}
	if _, err := s.Search(t.Context(), wire.Search{Query: "heron"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(t.Context(), wire.Ask{Question: "who fishes?"}, nil); err == nil {
		t.Fatal("an answer without a model")
	}
	convertedAtSecondTry(t, s)
	convertedByTheServer(t, s)

	if got := taken(t, s, "second", "selftest", time.Minute); *got.JobID != lost || *got.Attempt != 2 {
		t.Errorf("attempt %d of %s, want the second of %s, whose worker is silent", *got.Attempt, *got.JobID, lost)
	}
	told := func(what, line string) {
		t.Helper()
		eventually(t, what, func() bool { return regexp.MustCompile(`(?m)^` + line).MatchString(metrics(t, s)) })
	}
	told("a job that took too long", `morag_job_transitions_total\{[^}]*event="deadline"[^}]*\} [1-9]`)
	told("a webhook that was delivered", `morag_webhooks_total\{outcome="delivered"\} 1`)
	told("a webhook that was given up", `morag_webhooks_total\{outcome="given_up"\} 1`)
	told("a worker that was lost", `morag_job_transitions_total\{content_type="other",event="lease_lost"[^}]*\} [1-9]`)
	return s
}

// convertedAtSecondTry has a task whose worker fails, and another comes through.
func convertedAtSecondTry(t *testing.T, s *apptest.Server) {
	t.Helper()
	task := handedOut(t, s, "The bittern booms.")
	answer(t, s, taken(t, s, "w", "document", time.Minute), wire.JobResult{ErrorMessage: "no", WorkerID: "w"})
	answer(t, s, taken(t, s, "w2", "document", time.Minute), wire.JobResult{Success: true, Content: new("The bittern booms."), WorkerID: "w2"})
	if result := succeeded(t, s, task.TaskID); result.ProcessingMethod != "remote" {
		t.Errorf("converted %s", result.ProcessingMethod)
	}
}

// convertedByTheServer has a task whose worker says that none would come through.
func convertedByTheServer(t *testing.T, s *apptest.Server) {
	t.Helper()
	task := handedOut(t, s, "The coot dives.")
	answer(t, s, taken(t, s, "w", "document", time.Minute), wire.JobResult{ErrorMessage: "no", WorkerID: "w", Retryable: new(false)})
	if result := succeeded(t, s, task.TaskID); result.ProcessingMethod != "local" {
		t.Errorf("converted %s", result.ProcessingMethod)
	}
}

// handedOut is a task whose document a worker is to convert.
func handedOut(t *testing.T, s *apptest.Server, text string) wire.Ingested {
	t.Helper()
	task, err := s.IngestFile(t.Context(), write(t, "note.txt", text), client.IngestOptions{Options: option.Options{Remote: true}})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func answer(t *testing.T, s *apptest.Server, job wire.Job, r wire.JobResult) {
	t.Helper()
	r.Attempt = *job.Attempt
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), *job.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

// blobOf is the source of a document that was made for it.
func blobOf(t *testing.T, s *apptest.Server) string {
	t.Helper()
	made := ingest(t, s, write(t, "source.txt", "what jobs are made of"), client.IngestOptions{})
	d, err := s.Document(t.Context(), made.DocumentID)
	if err != nil || d.SourceRef == nil {
		t.Fatalf("document %+v, %v", d, err)
	}
	return *d.SourceRef
}

func created(t *testing.T, s *apptest.Server, source string, c wire.JobCreate) string {
	t.Helper()
	c.SourceFilePath = source
	j, err := s.CreateJob(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return j.JobID
}

func taken(t *testing.T, s *apptest.Server, worker, contentType string, lease time.Duration) wire.Job {
	t.Helper()
	found, err := s.Poll(t.Context(), client.Poll{WorkerID: worker, ContentTypes: []string{contentType}, MaxJobs: 1, Wait: time.Minute, Lease: lease})
	if err != nil || found.JobID == nil {
		t.Fatalf("no job for %s: %v", worker, err)
	}
	return found.Job
}

// selector is what an expression asks for, as tools/promql tells it.
type selector struct {
	Metric   string
	Matchers []struct{ Label, Kind, Value string }
	Groups   []string
}

// goTool calls go in a folder of tools, each of which is a module of its own.
func goTool(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join("..", "..", "tools", name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	return cmd
}

// parsed reads expressions by Prometheus's own parser.
func parsed(t *testing.T, expressions []string) (all [][]selector) {
	t.Helper()
	asked, err := json.Marshal(expressions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := goTool(t, "promql", "run", ".")
	cmd.Stdin = bytes.NewReader(asked)
	said := &bytes.Buffer{}
	cmd.Stderr = said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// byPrometheus are labels and metrics that no server tells, since Prometheus adds them.
var byPrometheus = []string{"instance", "job", "up"}

// untold is why what s asks for is not among what a server tells, "" when it is.
func (s selector) untold(told map[string][]map[string]string) string {
	all, known := told[s.Metric]
	if !known {
		if slices.Contains(byPrometheus, s.Metric) {
			return ""
		}
		return "no metric " + s.Metric
	}
	labelled := func(label string) bool {
		return slices.Contains(byPrometheus, label) || slices.ContainsFunc(all, func(series map[string]string) bool { _, ok := series[label]; return ok })
	}
	for _, label := range s.Groups {
		if !labelled(label) {
			return s.Metric + " has no label " + label
		}
	}
	for _, m := range s.Matchers {
		if !labelled(m.Label) {
			return s.Metric + " has no label " + m.Label
		}
		matches := func(series map[string]string) bool {
			value := series[m.Label]
			is := m.Value == value
			if strings.HasSuffix(m.Kind, "~") {
				is = regexp.MustCompile(`^(?:` + m.Value + `)$`).MatchString(value)
			}
			return is != strings.HasPrefix(m.Kind, "!")
		}
		if !slices.Contains(byPrometheus, m.Label) && !slices.ContainsFunc(all, matches) {
			return fmt.Sprintf("no %s with %s%s%q", s.Metric, m.Label, m.Kind, m.Value)
		}
	}
	return ""
}

// scraped are the labels of every series of every metric, as Prometheus has them.
func scraped(t *testing.T, text string) map[string][]map[string]string {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]map[string]string{}
	for name, family := range families {
		for _, m := range family.Metric {
			labels := map[string]string{}
			for _, l := range m.Label {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetType() != dto.MetricType_HISTOGRAM {
				told[name] = append(told[name], labels)
				continue
			}
			told[name+"_sum"], told[name+"_count"] = append(told[name+"_sum"], labels), append(told[name+"_count"], labels)
			bucket := map[string]string{"le": "+Inf"}
			for label, value := range labels {
				bucket[label] = value
			}
			told[name+"_bucket"] = append(told[name+"_bucket"], bucket)
		}
	}
	return told
}

var monitoring = filepath.Join("..", "..", "packaging", "monitoring")

func readMonitoring(t *testing.T, name string, as func([]byte, any) error, into any) {
	t.Helper()
	f, err := os.Open(filepath.Join(monitoring, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err == nil {
		err = as(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func alertExpressions(t *testing.T) (all []string) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary string }
			}
		}
	}
	readMonitoring(t, "alerts.yaml", yaml.Unmarshal, &file)
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || rule.Annotations.Summary == "" {
				t.Errorf("%s has no name or says nothing", rule.Expr)
			}
			all = append(all, rule.Expr)
		}
	}
	return all
}

func dashboardExpressions(t *testing.T) (all []string) {
	t.Helper()
	var file struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	readMonitoring(t, filepath.Join("grafana", "morag.json"), json.Unmarshal, &file)
	variables := strings.NewReplacer("$instance", ".*", "$__rate_interval", "1m")
	for _, panel := range file.Panels {
		for _, target := range panel.Targets {
			all = append(all, variables.Replace(target.Expr))
		}
	}
	return all
}
