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
		emptyIn, emptyLate   client.Opt[time.Duration]
		arrivals, starts     client.Opt[int]
		words, brief, inflow string
	}{
		{"nobody waits", 0, client.Opt[time.Duration]{}, client.Opt[time.Duration]{}, client.Some(2), client.Some(2), "nobody waits", "–", "2 in, 2 out a minute"},
		{"the line grows", 12, client.Some(45 * time.Second), client.Some(46 * time.Second), client.Some(30), client.Some(20), "all start in ≈45 s", "45s, up", "growing: 30 in, 20 out"},
		{"it shrinks", 12, client.Some(45 * time.Second), client.Some(46 * time.Second), client.Some(1200), client.Some(1300), "all start in ≈45 s", "45s", "1.2k in, 1.3k out"},
		{"by much", 123, client.Some(45 * time.Second), client.Some(46 * time.Second), client.Some(133), client.Some(41), "all start in ≈45 s", "45s, up", "up: 133 in, 41 out"},
		{"in an outage nobody knows", 25, client.Opt[time.Duration]{}, client.Opt[time.Duration]{}, client.Some(30), client.Some(20), "all start in –", "–", "growing: 30 in, 20 out"},
		{"it may take longer", 12, client.Some(45 * time.Second), client.Some(2 * time.Minute), client.Some(20), client.Some(30), "all in ≈45 s to 2 min", "45s–2m", "20 in, 30 out a minute"},
		{"it may take longer, in the same unit", 12, client.Some(5 * time.Second), client.Some(9 * time.Second), client.Some(30), client.Some(20), "all start in ≈5 to 9 s", "5s–9s, up", "growing: 30 in, 20 out"},
		{"it may take longer, and there is no room for that", 12, client.Some(55 * time.Minute), client.Some(23 * time.Hour), client.Some(30), client.Some(20), "all in ≈55 min to 23 h", "55m, up", "growing: 30 in, 20 out"},
		{"it may be sooner, too", 12, client.Some(45 * time.Second), client.Some(50 * time.Second), client.Some(20), client.Some(30), "all in ≈40 to 50 s", "40s–50s", "20 in, 30 out a minute"},
		{"an endpoint that does not tell", 12, client.Some(45 * time.Second), client.Some(46 * time.Second), client.Opt[int]{}, client.Opt[int]{}, "all start in ≈45 s", "45s", ""},
	} {
		s := &state{theme: newTheme(true, colorprofile.TrueColor, false, false)}
		s.sample.Waiting = client.Some(c.waiting)
		s.sample.Detail = &client.Detail{EmptyIn: c.emptyIn, EmptyLate: c.emptyLate, ArrivalsPerMinute: c.arrivals, StartsPerMinute: c.starts}
		if c.what == "it may be sooner, too" {
			s.sample.Detail.EmptyEarly = client.Some(40 * time.Second)
		}
		if got := s.emptyWords(); got != c.words || width(got) > figureWidth {
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
