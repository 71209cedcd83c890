package jail

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"morag/internal/convert"
)

// Why a conversion was ended, each the cause of a [convert.ErrEnded].
var (
	ErrMemory  = errors.New("too much memory")
	ErrTime    = errors.New("too much time")
	ErrScratch = errors.New("too much scratch space")
	ErrCrash   = errors.New("the converter crashed")
)

func ended(sentence string, cause error, last string) error {
	if last != "" {
		cause = fmt.Errorf("%w: %s", cause, last)
	}
	return &convert.Error{Kind: convert.ErrEnded, Message: sentence, Cause: cause}
}

func overMemory(bound int64) error {
	return ended("the conversion needs more than "+size(bound)+" of memory (MORAG_CONVERT_MEMORY)", ErrMemory, "")
}

func overTime(bound time.Duration) error {
	return ended(fmt.Sprintf("the conversion takes longer than %s (MORAG_CONVERT_TIMEOUT)", bound.Round(time.Second)), ErrTime, "")
}

func overScratch(bound int64) error {
	return ended("the conversion needs more than "+size(bound)+" of scratch space (MORAG_SCRATCH_LIMIT)", ErrScratch, "")
}

// crashed is any other end; last are the last words of the process, for the log.
func crashed(last string) error {
	return ended("the converter crashed on this source", ErrCrash, last)
}

// size writes bytes as settings do.
func size(n int64) string {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if v := float64(n) / unit.bytes; v >= 1 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Round(v*10)/10), ".0") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
