package app

import "testing"

func TestRestBeginsOnceAfterWork(t *testing.T) {
	const mib = 1 << 20
	var r rest
	for i, check := range []struct {
		allocated uint64
		want      bool
	}{
		{40 * mib, false},         // it starts
		{41 * mib, false},         // little was done
		{300 * mib, false},        // it works
		{308*mib - 1, true},       // it rests
		{308*mib - 1, false},      // it goes on resting
		{316*mib - 2, false},      // still
		{371 * mib, false},        // it works
		{372*mib - 2, false},      // and has left a byte too few
		{372*mib - 1, true},       // now enough
		{1000 * mib, false},       // it works
		{1000*mib + 8*mib, false}, // still
		{1000*mib + 9*mib, true},
	} {
		if got := r.begins(check.allocated); got != check.want {
			t.Errorf("check %d at %d bytes: %v, want %v", i, check.allocated, got, check.want)
		}
	}
	if allocated() < 1 {
		t.Error("nothing was ever allocated")
	}
}
