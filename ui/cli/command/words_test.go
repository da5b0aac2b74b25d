package command

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0.0 ms",
		1234 * time.Microsecond:   "1.2 ms",
		250 * time.Millisecond:    "250 ms",
		1499 * time.Millisecond:   "1.5 s",
		99_949 * time.Millisecond: "99.9 s",
		100 * time.Second:         "1m40s",
		2 * time.Hour:             "120m00s",
	} {
		if got := Span(d); got != want {
			t.Errorf("%d ns: got %s, want %s", d, got, want)
		}
	}
}
