package ui

import (
	"testing"

	"paceline/client"
)

// The title said "Waiting 12" and the range beside it "1-12 of 14", of another poll.
func TestTheRangeOfTheLineAgreesWithItsTitle(t *testing.T) {
	l := &lineList{}
	l.total, l.room = 14, 12
	for _, c := range []struct {
		waiting client.Opt[int]
		want    string
	}{{client.Some(14), "1-12 of 14"}, {client.Some(12), "1-12"}, {client.Opt[int]{}, "1-12 of 14"}} {
		if got := l.noteBeside(c.waiting); got != c.want {
			t.Errorf("%v wait: got %q, want %q", c.waiting, got, c.want)
		}
	}
}
