package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"morag/internal/client"
	"morag/internal/wire"
)

// Where the server tells of events they are listened to: through a stream that is broken
// off, and with few questions.
func TestWaitTaskListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, streams := 0, 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/events") {
				asked++
				answer(w, 200, wire.Task{Status: "PROGRESS", Progress: 0.1 * float64(asked)})
				return
			}
			streams++
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			fmt.Fprint(w, ":\n\nevent: other\ndata: nothing of a task\n\n")
			for i := range 5 {
				fmt.Fprintf(w, "event: status\nid: %d\ndata: {\"status\": \"PROGRESS\",\ndata: \"progress\": 0.%d%d}\n\n", i, streams+2, i)
			}
			if streams == 2 {
				fmt.Fprint(w, "event: status\nid: 9\ndata: {\"status\": \"SUCCESS\"}\n\nevent: end\ndata: {}\n\n")
			}
		})
		var seen []string
		task, err := c.WaitTask(t.Context(), "t", func(now wire.Task) { seen = append(seen, fmt.Sprintf("%.2f", now.Progress)) })
		if err != nil || task.Status != "SUCCESS" {
			t.Fatalf("task = %+v, %v", task, err)
		}
		if got := strings.Join(seen, " "); got != "0.10 0.30 0.31 0.32 0.33 0.34 0.20 0.40 0.41 0.42 0.43 0.44 0.00" {
			t.Errorf("changes: %s", got)
		}
		if asked != 2 || streams != 2 {
			t.Errorf("asked %d times and listened %d times, want 2 and 2", asked, streams)
		}
	})
}

// An event without end is not held in memory; the task is asked for then.
func TestWaitTaskBoundsEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, streams := 0, 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/events") {
				asked++
				answer(w, 200, wire.Task{Status: map[bool]string{true: "SUCCESS", false: "PROGRESS"}[asked == 3]})
				return
			}
			streams++
			w.Header().Set("Content-Type", "text/event-stream")
			line := []byte("data: " + strings.Repeat("x", 1<<20) + "\n")
			for {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, func(cfg *client.Config) { cfg.Retries = -1 })
		if task, err := c.WaitTask(t.Context(), "t", nil); err != nil || task.Status != "SUCCESS" || streams != 1 {
			t.Errorf("task = %+v, %v, after %d streams", task, err, streams)
		}
	})
}
