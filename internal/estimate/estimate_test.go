package estimate_test

import (
	"fmt"
	"testing"
	"time"

	"morag/internal/estimate"
)

// TestInventedTypesPushNothingOut: what one owner's conversions take stays known, however
// many types another invents.
func TestInventedTypesPushNothingOut(t *testing.T) {
	t.Parallel()
	d := estimate.NewDurations(estimate.Documented)
	d.Learn("quiet", "audio", 0, time.Minute)
	for i := range 5000 {
		d.Learn("loud", fmt.Sprint("type-", i), 0, time.Second)
	}
	if got := d.Estimate("audio", 0); got != time.Minute {
		t.Errorf("audio is estimated at %s, want the minute that it took", got)
	}
	if got := d.Estimate("type-4999", 0); got != estimate.Documented("type-4999") {
		t.Errorf("the last invented type is estimated at %s, want nothing learned of it", got)
	}
	if n := len(d.Averages()); n != 126 {
		t.Errorf("%d types are known, want an eighth of a thousand and the other's", n)
	}
}
