package ingest

import "time"

// The stages of what comes after the conversion.
const (
	chunkStage = "chunk"
	embedStage = "embed"
	indexStage = "index"
)

// stopwatch adds up how long stages take that come in turns: of a long document one batch is
// embedded and indexed after the other. A nil one only runs them.
type stopwatch struct {
	now  func() time.Time
	laps []*lap // in the order of their first turns
}

// lap is what a stage has taken.
type lap struct {
	stage        string
	began, ended time.Time // of the first turn and of the last
	took         time.Duration
	turns        int
}

// time runs a turn of the stage.
func (w *stopwatch) time(stage string, turn func() error) error {
	if w == nil {
		return turn()
	}
	began := w.now()
	err := turn()
	l := w.lap(stage, began)
	l.ended = w.now()
	l.took += l.ended.Sub(began)
	l.turns++
	return err
}

func (w *stopwatch) lap(stage string, began time.Time) *lap {
	for _, l := range w.laps {
		if l.stage == stage {
			return l
		}
	}
	l := &lap{stage: stage, began: began}
	w.laps = append(w.laps, l)
	return l
}
