package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// A success says what was converted: content, which may be empty, or segments. One that says
// neither leaves the job with its holder.
func TestResultHasText(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	for name, tt := range map[string]struct{ sent, field, text string }{
		"neither":          {`{"success": true, "metadata": {"a": 1}}`, "content", ""},
		"null":             {`{"success": true, "content": null, "segments": null}`, "content", ""},
		"segments alone":   {`{"success": true, "segments": [{"start": 61, "end": 64, "text": " by  the sea ", "speaker": "Ada"}, {"start": 2, "end": 3, "text": "A house"}]}`, "", "[00:00:02] A house\n\n[00:01:01] Ada: by the sea"},
		"no segments":      {`{"success": true, "segments": []}`, "", ""},
		"wrong segments":   {`{"success": true, "segments": [7]}`, "segments", ""},
		"empty":            {`{"success": true, "content": ""}`, "", ""},
		"content wins":     {`{"success": true, "content": "as the worker shows it", "segments": [{"start": 1, "end": 2, "text": "it"}]}`, "", "as the worker shows it"},
		"times of no time": {`{"success": true, "segments": [{"start": -1e300, "end": 1e300, "text": "x"}]}`, "", "[00:00:00] x"},
	} {
		t.Run(name, func(t *testing.T) {
			contentType := "type-" + strings.ReplaceAll(name, " ", "-")
			at := jobsPath + "/" + f.create(contentType)
			f.claim(f.first, "w1", contentType)
			if tt.field != "" {
				got := f.says(422, f.first, "PUT", at+"/result", strings.Replace(tt.sent, "{", `{"attempt": 1, "worker_id": "w1", `, 1))
				if !strings.Contains(got.body, `"detail":"`+tt.field+" ") {
					t.Errorf("the refusal does not name %s: %s", tt.field, got.body)
				}
				if got := f.says(200, f.first, "GET", at+"/status", ""); !strings.Contains(got.body, `"status":"processing"`) {
					t.Errorf("the job is %s", got.body)
				}
				tt.sent, tt.text = `{"success": true, "content": "better"}`, "better"
			}
			f.says(200, f.first, "PUT", at+"/result", strings.Replace(tt.sent, "{", `{"attempt": 1, "worker_id": "w1", `, 1))
			var job struct {
				Status string `json:"status"`
				Data   struct {
					Content  *string         `json:"content"`
					Segments json.RawMessage `json:"segments"`
				} `json:"result_data"`
			}
			decode(t, f.says(200, f.first, "GET", at+"/status", ""), &job)
			if job.Status != "completed" || job.Data.Content == nil || *job.Data.Content != tt.text {
				t.Errorf("the job is %+v, want the text %q", job, tt.text)
			}
		})
	}
}
