package ui

import (
	"strings"
	"testing"

	"paceline/queue"
)

// A row of the verdict is no limit: "off used up" said nothing.
func TestACauseThatIsNoLimitIsNotUsedUp(t *testing.T) {
	for _, row := range []string{queue.RowOff, queue.RowSlowReaders, queue.RowSilence, queue.RowStuck, queue.RowMistakes, queue.RowRefusals} {
		if got := causeLabel(row); strings.Contains(got, "used up") {
			t.Errorf("%s is %q", row, got)
		}
	}
	if got, want := causeLabel("output tokens"), "output tokens used up"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
