package queue

import (
	"fmt"
	"testing"
	"time"
)

// tellsOf returns what a waiting request is told, in seconds; empty without an interval.
func tellsOf(t *testing.T, m *Machine, now time.Time, id string) string {
	t.Helper()
	w, ok := findOne(m, now, id)
	switch {
	case !ok:
		t.Fatalf("%s does not wait", id)
	case (w.EtaEarlyMs == nil) != (w.EtaLateMs == nil), (w.EtaMs == nil) != (w.EtaLateMs == nil):
		t.Fatalf("%s has half an interval", id)
	case w.EtaLateMs == nil:
		return ""
	}
	seconds := func(ms *int64) float64 { return float64(*ms) / 1000 }
	return fmt.Sprintf("%g from %g to %g", seconds(w.EtaMs), seconds(w.EtaEarlyMs), seconds(w.EtaLateMs))
}

// Under the spaced rule a start is exact, as long as nobody else arrives.
func TestAnExactStartHasNoInterval(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{ID: fmt.Sprint(i), User: fmt.Sprint(i % 3)})
	}
	s.step()
	for second := range 60 {
		s.run(float64(second))
		for _, w := range s.m.Waiting(s.now) {
			if *w.EtaEarlyMs != *w.EtaMs || *w.EtaLateMs != *w.EtaMs {
				t.Fatalf("after %d s: %s starts in %d ms, or from %d to %d", second, w.ID, *w.EtaMs, *w.EtaEarlyMs, *w.EtaLateMs)
			}
		}
	}
	if len(s.starts) < 10 {
		t.Errorf("only %v have started", s.starts)
	}
}

// Those who come later and go before show in how late a start may be, and only in the class
// that has to wait for them.
func TestAnIntervalKnowsOfThoseWhoGoBefore(t *testing.T) {
	settings := DefaultSettings()
	settings.Step = 0
	s := newScript(t, settings, time.Second)
	for i := range 20 {
		s.add(fmt.Sprint("low", i), Request{ID: fmt.Sprint("low", i), Priority: Low})
	}
	s.step()
	if got, want := tellsOf(t, s.m, s.now, "low19"), "28.5 from 28.5 to 28.5"; got != want {
		t.Errorf("before anybody goes before: got %s, want %s", got, want)
	}
	for i := range 8 { // one every 3 s: half of the turns are theirs
		s.run(float64(3 * i))
		s.add(fmt.Sprint("high", i), Request{ID: fmt.Sprint("high", i), Priority: High})
		s.m.Waiting(s.now)
	}
	s.add("last", Request{ID: "last", Priority: High})
	w, _ := findOne(s.m, s.now, "low19")
	promised := s.now
	if *w.EtaEarlyMs > *w.EtaMs || *w.EtaLateMs < *w.EtaMs*3/2 {
		t.Errorf("it is told %d ms, from %d to %d; half of the turns are others'", *w.EtaMs, *w.EtaEarlyMs, *w.EtaLateMs)
	}
	if last, _ := findOne(s.m, s.now, "last"); *last.EtaLateMs != *last.EtaMs {
		t.Errorf("nobody goes before the last: got %d ms, to %d", *last.EtaMs, *last.EtaLateMs)
	}
	for i := 8; ; i++ {
		if _, waits := findOne(s.m, s.now, "low19"); !waits {
			break
		}
		s.run(float64(3 * i))
		s.add(fmt.Sprint("high", i), Request{Priority: High})
	}
	if took := s.now.Sub(promised).Milliseconds(); took < *w.EtaEarlyMs || took > *w.EtaLateMs+3000 { // it is looked at every 3 s
		t.Errorf("it started after %d ms, told was from %d to %d", took, *w.EtaEarlyMs, *w.EtaLateMs)
	}
}

// Where nobody can know when a start may be, no time is told.
func TestNoIntervalWhereNobodyCanKnow(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	for i := range 30 {
		if _, err := m.Add(t0, Request{ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var first *Ticket
	for next := m.Next(t0); next != nil; next = m.Next(t0) {
		first = next
		m.Start(t0, next)
	}
	if got := tellsOf(t, m, t0, "29"); got != "" {
		t.Errorf("nothing is known of the limits: got %s, want no interval", got)
	}
	m.ReportLimits(t0, first, Limits{Requests: Limit{PerMinute: 6, Remaining: 0, FullIn: time.Minute}})
	if got := tellsOf(t, m, t0, "29"); got == "" {
		t.Error("the limits are known, and there is no interval")
	}
}

// What was expected before another limit was told says nothing of how sure a start is since.
func TestAnotherLimitForgetsPromises(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	add := func(now time.Time, id string, p Priority) {
		if _, err := m.Add(now, Request{ID: id, User: id, Priority: p}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		add(t0, fmt.Sprint("low", i), Low)
	}
	limits := Limits{Requests: Limit{PerMinute: 60}}
	step := func(second int) {
		now := at(float64(second))
		for next := m.Next(now); next != nil; next = m.Next(now) {
			m.Start(now, next)
			m.ReportLimits(now, next, limits)
			if _, err := m.Finish(now, next, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	late := func(second int) float64 {
		w, _ := findOne(m, at(float64(second)), "low99")
		return float64(*w.EtaLateMs) / float64(*w.EtaMs)
	}
	step(0)
	for second := range 40 {
		add(at(float64(second)), fmt.Sprint("high", second), High)
		step(second)
		m.Waiting(at(float64(second)))
	}
	if got := late(39); got < 2 {
		t.Errorf("most turns are others', and it may be late by a factor of %.2f only", got)
	}
	limits.Requests.PerMinute = 90
	add(at(40), "high", High)
	step(40)
	m.lanes[DefaultLane].newcomers = newcomers{} // nobody else is expected
	m.lanes[DefaultLane].plan = plan{}
	if got := late(40); got > 1.2 {
		t.Errorf("the limit is another one, and it may be late by a factor of %.2f", got)
	}
}

// What is kept of promises is bounded, and of those that no longer wait no ticket is.
func TestPromisesAreFew(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for i := range 40 {
		s.add(fmt.Sprint(i), Request{ID: fmt.Sprint(i), Priority: Priority(i % 3)})
	}
	l := s.m.lanes[DefaultLane]
	most := 0
	for second := range 400 {
		s.run(float64(second))
		s.m.Waiting(s.now)
		if second%7 == 0 {
			cancelOne(s.m, s.now, fmt.Sprint(second%40), "")
		}
		s.step()
		for class := range l.promises {
			p := &l.promises[class]
			most = max(most, len(p.made))
			for i := range p.made {
				if one := &p.made[i]; one.ticket != nil && !one.ticket.waiting() {
					t.Fatalf("after %d s: a promise keeps %s, which does not wait", second, one.ticket.ID())
				}
			}
		}
	}
	if most < promisesAtOnce || most > keptPromises {
		t.Errorf("there were %d promises, want some and at most %d", most, keptPromises)
	}
}
