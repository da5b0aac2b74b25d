package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// seconds since the beginning of a script, for a time on the wire; -1 for none.
func secondsOf(t *Time) float64 {
	if t == nil {
		return -1
	}
	return t.Sub(t0).Seconds()
}

// row returns the finding of a row; nil if it is not shown.
func (s *script) row(name string) *Finding {
	s.t.Helper()
	var found *Finding
	for _, f := range s.m.Report(s.now).Detail.Findings {
		if f.Row != name {
			continue
		}
		if found != nil {
			s.t.Errorf("row %s is there twice", name)
		}
		found = &f
	}
	return found
}

// wantRow looks for a row with a level, and for since when, in seconds.
func (s *script) wantRow(name, level string, since float64, over bool) {
	s.t.Helper()
	f := s.row(name)
	if f == nil {
		s.t.Errorf("after %v: no row %s in\n%s", s.now.Sub(t0), name, s.findings())
		return
	}
	if f.Level != level || secondsOf(f.Since) != since || f.Over != over {
		s.t.Errorf("after %v: row %s is %s since %v s, over: %v; want %s since %v s, over: %v: %s", s.now.Sub(t0), name, f.Level, secondsOf(f.Since), f.Over, level, since, over, f.Message)
	}
}

func (s *script) wantSince(want float64) {
	s.t.Helper()
	if got := secondsOf(s.m.Report(s.now).Detail.Since); got != want {
		s.t.Errorf("after %v: the level began after %v s, want %v s", s.now.Sub(t0), got, want)
	}
}

// A row worsens at once and is held for a while; its beginning stays meanwhile.
func TestARowKeepsItsBeginningWhileItIsHeld(t *testing.T) {
	s := newScript(t, every(2*time.Second), 100*time.Millisecond)
	s.run(5)
	s.wantSince(-1)
	s.crowd(7) // the last in line starts after 12 s
	s.wantRow(RowBackingUp, "warning", 5, false)
	s.wantSince(5)
	s.run(9)
	s.wantRow(RowBackingUp, "warning", 5, true) // 4 wait
	s.run(10)
	s.crowdOf("another", 4)
	s.wantRow(RowBackingUp, "warning", 5, false)
	s.run(10.5)
	s.crowd(20)
	s.wantRow(RowWaits, "critical", 10.5, false)
	s.wantRow(RowBackingUp, "warning", 5, false)
	s.wantSince(10.5)
	s.run(200)
	s.wantVerdict("healthy", "Queue is processing normally")
	if got := secondsOf(s.m.Report(s.now).Detail.Since); got < 100 || got > 170 {
		t.Errorf("healthy since %v s", got)
	}
}

// Long waits are one row, though two rules tell them: which of them it is changes, and the
// beginning does not. When nobody waits any more they are a warning at once.
func TestLongWaitsHaveOneBeginning(t *testing.T) {
	s := newScript(t, every(time.Second), 100*time.Millisecond)
	s.crowd(21)
	for second := range 90 {
		if second < 30 {
			s.add(fmt.Sprint("more", second), Request{User: fmt.Sprint("more", second)})
			s.add(fmt.Sprint("much more", second), Request{User: fmt.Sprint("much more", second)})
		}
		s.run(float64(second))
		if s.m.arrivals.Len > 0 {
			s.wantRow(RowWaits, "critical", 0, s.row(RowWaits).Over)
		} else {
			s.wantRow(RowWaits, "warning", 81, true)
		}
	}
}

// A reset begins the health anew.
func TestAResetBeginsTheLevelsAnew(t *testing.T) {
	s := newScript(t, every(2*time.Second), 100*time.Millisecond)
	s.crowd(15)
	s.wantSince(0)
	s.run(4)
	s.m.Reset(s.now, "ops")
	s.wantRow(RowBackingUp, "warning", 4, false)
	s.wantSince(4)
	s.run(50)
	s.m.Reset(s.now, "ops")
	s.run(60)
	s.wantSince(50)
}

// Each row has its name, says whose doing it is, and whether it is over.
func TestFindingsSayWhichRowTheyAre(t *testing.T) {
	final := func(c Class) func(s *script) {
		return func(s *script) { s.serve(12, &Error{Class: c, Retry: RetryNo}) }
	}
	for row, play := range map[string]func(s *script){
		RowSpendCap:    final(SpendCap),
		RowKeys:        final(KeyRefused),
		RowNetwork:     final(NetworkError),
		RowFailing:     final(ServerError),
		RowFailureRate: final(Timeout),
		RowMistakes: func(s *script) {
			s.result = func(string, int) error { return &Error{Class: ClientError} }
			for i := range 40 {
				s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 3)})
				s.run(3 * float64(i+1))
			}
		},
		RowStuck:   func(s *script) { s.took = time.Hour; s.crowd(30); s.run(250) },
		RowSilence: func(s *script) { s.took = time.Hour; s.crowd(10); s.run(150) },
		RowPause: func(s *script) {
			s.result = func(string, int) error { return &Error{Class: RateLimited, RetryAfter: time.Minute} }
			s.crowd(1)
			s.run(3)
		},
		RowWaits:     func(s *script) { s.crowd(30) },
		RowBackingUp: func(s *script) { s.crowd(9) },
		RowRefusals: func(s *script) {
			s.m.settings.MaxQueue = 3
			s.crowd(6)
		},
	} {
		s := newScript(t, DefaultSettings(), time.Second)
		play(s)
		if f := s.row(row); f == nil || f.Over || f.User != "" {
			t.Errorf("%s: got %+v in\n%s", row, f, s.findings())
		}
	}
	settings := boundless()
	settings.Adaptive = true
	s := newScript(t, settings, time.Second)
	s.result = func(string, int) error { return &Error{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")} }
	s.crowd(3)
	s.run(5)
	if f := s.row(RowOverload); f == nil || f.Over {
		t.Errorf("overload: got %+v in\n%s", f, s.findings())
	}
}

// A row that is one user's doing has the user's name as it is, and the message has it
// shortened and escaped.
func TestFindingsNameTheUser(t *testing.T) {
	name := "anna\x1b[2J" + string(make([]byte, 100))
	s := newScript(t, every(time.Second), 100*time.Millisecond)
	s.crowdOf(name, 35)
	s.crowd(3)
	for _, row := range []string{RowWaits, RowBackingUp} {
		if f := s.row(row); f == nil || f.User != name {
			t.Errorf("%s: got %+v", row, f)
		}
	}
	s.run(45)
	if f := s.row(RowWaits); f == nil || f.User != name || !f.Over {
		t.Errorf("after it: got %+v", f)
	}
}
