// Package column says what the columns of a worker's row hold, in whichever database.
package column

import (
	"encoding/json"
	"strings"
	"time"

	"morag/internal/fleet"
	"morag/internal/sqlrow"
)

// Names are the columns that [Values] has values of and [Scan] reads.
const Names = "id, owner, types, version, seen, drained, done, failed, failing, unconfirmed, set_aside, penalty"

// Values are the values of w's columns, in the order of [Names].
func Values(w *fleet.Worker) ([]any, error) {
	failing, err := json.Marshal(w.Failing)
	if err != nil {
		return nil, err
	}
	return []any{
		w.ID, w.Key, Types(w.Types...), w.Version, sqlrow.Micros(w.LastSeen), w.Drained, w.Done, w.Failed,
		string(failing), w.Unconfirmed, sqlrow.Micros(w.SetAside), int64(w.Penalty),
	}, nil
}

// Scan reads the columns [Names].
func Scan(scan sqlrow.Scan) (w fleet.Worker, err error) {
	var types, failing string
	var seen, setAside, penalty int64
	err = scan(&w.ID, &w.Key, &types, &w.Version, &seen, &w.Drained, &w.Done, &w.Failed, &failing, &w.Unconfirmed, &setAside, &penalty)
	if err != nil {
		return w, err
	}
	if types != "" {
		w.Types = strings.Split(strings.Trim(types, ","), ",")
	}
	w.LastSeen, w.SetAside, w.Penalty = sqlrow.Time(seen), sqlrow.Time(setAside), time.Duration(penalty)
	return w, json.Unmarshal([]byte(failing), &w.Failing)
}

// Types are content types as a column has them, so that one is found by its commas.
func Types(types ...string) string {
	if len(types) == 0 {
		return ""
	}
	return "," + strings.Join(types, ",") + ","
}
