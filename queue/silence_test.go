package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// hangs lets calls of a lane never end, from now on.
func (s *script) hangs(lane string) {
	took := s.takes
	s.takes = func(t *Ticket) time.Duration {
		if t.lane.name == lane {
			return 24 * time.Hour
		}
		if took != nil {
			return took(t)
		}
		return s.took
	}
}

// load lets somebody call each second until then: each user in the lane of that name.
func (s *script) load(until float64, each func(second int), lanes ...string) {
	for second := s.now.Sub(t0).Seconds(); second < until; second++ {
		for _, l := range lanes {
			s.add(fmt.Sprint(l, second), Request{User: "u " + l, Lane: l})
		}
		s.run(second + 1)
		each(int(second) + 1)
	}
}

// A lane that answers nothing is no healthy one because others answer.
func TestNoCallOfALaneIsAnswered(t *testing.T) {
	s := newScript(t, boundless(), time.Second)
	s.load(20, func(int) {}, "sonnet", "opus")
	s.hangs("sonnet")
	first := 0
	s.load(120, func(second int) {
		if said := strings.Contains(s.findings(), "warning: No call for sonnet is answered ("); said && first == 0 {
			first = second
		} else if !said && first > 0 {
			t.Fatalf("at %d s no more:\n%s", second, s.findings())
		}
	}, "sonnet", "opus")
	if first < 79 || first > 88 { // the fifth call began at 24 s
		t.Errorf("it was said at %d s, want from 79 to 88", first)
	}
	f := s.m.Report(s.now).Detail.Findings[0]
	if want := "No call for sonnet is answered (100 of u sonnet running, nothing heard for 1 min 40 s)"; f.Message != want || f.Lane != "sonnet" || f.Row != RowSilence {
		t.Errorf("got %q of lane %q, want %q", f.Message, f.Lane, want)
	}
	s.takes = nil // it answers again, but for what hangs already
	s.load(150, func(int) {}, "sonnet", "opus")
	s.wantVerdict("healthy", "Queue is processing normally")
	s.run(300) // and nobody calls any more
	s.wantVerdict("healthy", "Queue is processing normally")
}

// What waits in a lane that answers nothing waits for that, and for nobody's many requests.
func TestTheSilenceOfALaneIsWhatItsLineWaitsFor(t *testing.T) {
	s := newScript(t, every(time.Second), time.Second)
	s.hangs("sonnet")
	s.load(130, func(int) {
		s.add("more", Request{User: "alice", Lane: "sonnet"})
	}, "sonnet", "opus")
	r := s.m.Report(s.now)
	if r.Detail.Cause != Timeout.Name() || strings.Contains(s.findings(), "they alone") {
		t.Errorf("the cause is %q:\n%s", r.Detail.Cause, s.findings())
	}
	// The line of another lane waits for its turn.
	s = newScript(t, every(time.Second), time.Second)
	s.hangs("sonnet")
	s.load(130, func(second int) {
		if second > 100 {
			s.add("more", Request{User: "alice", Lane: "opus"})
		}
	}, "sonnet", "opus")
	if r = s.m.Report(s.now); r.Detail.Cause != "" || !strings.Contains(s.findings(), "No call for sonnet") {
		t.Errorf("the cause is %q:\n%s", r.Detail.Cause, s.findings())
	}
}

// Whose clients have given up is told when they began, not when they gave up.
func TestASilentLaneWasLastTriedWhenACallBegan(t *testing.T) {
	s := newScript(t, adaptiveSettings(), time.Second)
	s.learn = told(60, 1_000_000)
	s.load(5, func(int) {}, "sonnet", "opus")
	s.hangs("sonnet")
	s.load(15, func(int) {}, "sonnet", "opus")
	s.load(130, func(int) {}, "opus")
	for _, running := range slices.Clone(s.running) {
		if running.lane.name == "sonnet" {
			s.leave(running)
		}
	}
	s.run(130.1)
	if got := s.findings(); !strings.Contains(got, "No call for sonnet was answered when it was last tried, 14:00:14: ") {
		t.Errorf("got\n%s", got)
	}
	s.load(230, func(int) { s.findings() }, "opus")
	s.wantVerdict("healthy", "Queue is processing normally")
}
