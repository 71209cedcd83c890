package main

import (
	"testing"

	"morag/internal/wire"
)

// What is done with a task is told in words, not in those of the API.
func TestWhatIsDoneIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status, stage, message, stands, doing string
	}{
		{"PENDING", "initializing", "", "waiting its turn", "waiting its turn"},
		{"PENDING", "local_processing", "once more", "waiting its turn", "waiting its turn: once more"},
		{"PROGRESS", "initializing", "", "beginning", "beginning"},
		{"PROGRESS", "creating_remote_job", "", "asking for a worker", "asking for a worker"},
		{"PROGRESS", "waiting_for_remote_completion", "listening", "with the workers", "listening"},
		{"PROGRESS", "waiting_for_remote_completion", "", "with the workers", "with the workers"},
		{"PROGRESS", "local_processing", "converting", "converting", "converting"},
		{"PROGRESS", "local_processing", "decoding", "converting", "converting: decoding"},
		{"PROGRESS", "storing", "stored 2 of 3 chunks", "storing", "storing: stored 2 of 3 chunks"},
		{"SUCCESS", "completed", "", "done", "done"},
		{"PROGRESS", "of_a_newer_server", "", "of_a_newer_server", "of_a_newer_server"},
	} {
		task := wire.Task{Status: tt.status, Stage: tt.stage, Message: wire.Text(tt.message)}
		if stands, does := stageOf(task), doing(task); stands != tt.stands || does != tt.doing {
			t.Errorf("%s %s %q: %q and %q, want %q and %q", tt.status, tt.stage, tt.message, stands, does, tt.stands, tt.doing)
		}
	}
}
