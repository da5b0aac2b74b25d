package ui

import (
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

// When those who wait will have started is said as far as anybody knows it, and beside it
// whether the line grows.
func TestFlowWords(t *testing.T) {
	for _, c := range []struct {
		what                 string
		waiting              int
		emptyIn              client.Opt[time.Duration]
		arrivals, starts     client.Opt[int]
		words, brief, inflow string
	}{
		{"nobody waits", 0, client.Opt[time.Duration]{}, client.Some(2), client.Some(2), "nobody waits", "–", "2 in, 2 out a minute"},
		{"the line grows", 12, client.Some(45 * time.Second), client.Some(30), client.Some(20), "all start in ≈45 s", "45s, up", "growing: 30 in, 20 out"},
		{"it shrinks", 12, client.Some(45 * time.Second), client.Some(1200), client.Some(1300), "all start in ≈45 s", "45s", "1.2k in, 1.3k out"},
		{"by much", 123, client.Some(45 * time.Second), client.Some(133), client.Some(41), "all start in ≈45 s", "45s, up", "up: 133 in, 41 out"},
		{"in an outage nobody knows", 25, client.Opt[time.Duration]{}, client.Some(30), client.Some(20), "all start in –", "–", "growing: 30 in, 20 out"},
		{"an endpoint that does not tell", 12, client.Some(45 * time.Second), client.Opt[int]{}, client.Opt[int]{}, "all start in ≈45 s", "45s", ""},
	} {
		s := &state{theme: newTheme(true, colorprofile.TrueColor, false, false)}
		s.sample.Waiting = client.Some(c.waiting)
		s.sample.Detail = &client.Detail{EmptyIn: c.emptyIn, ArrivalsPerMinute: c.arrivals, StartsPerMinute: c.starts}
		if got := s.emptyWords(); got != c.words {
			t.Errorf("%s: got %q, want %q", c.what, got, c.words)
		}
		if got := emptyShort(s); got != c.brief {
			t.Errorf("%s: got %q, want %q", c.what, got, c.brief)
		}
		if got := s.flowWords(figureWidth); got != c.inflow || width(got) > figureWidth {
			t.Errorf("%s: got %q, want %q", c.what, got, c.inflow)
		}
	}
}
