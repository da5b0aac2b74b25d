package client

import (
	"testing"
	"time"

	"paceline/queue"
)

const unclear = "counters were reset or the server restarted"

func TestCountersThatFall(t *testing.T) {
	h := NewHistory(time.Second)
	for i := range 30 {
		h.Add(counted(float64(i), int64(100+i), int64(90+i), 5))
	}
	check(t, "no note", h.Derived().Note, "")
	check(t, "throughput", h.Derived().PerMinute, Some(60.0))
	h.Add(counted(30, 2, 1, 0))
	d := h.Derived()
	check(t, "note", d.Note, unclear)
	check(t, "no rate", d.RecentRate.Known, false)
	check(t, "no throughput", d.PerMinute.Known, false)
	for i := 31; i < 100; i++ {
		h.Add(counted(float64(i), int64(i), int64(i-30), 0))
		if d := h.Derived(); d.PerMinute.Value < 0 || d.RecentRate.Value < 0 {
			t.Fatalf("after %d s: got %+v", i, d)
		}
	}
	check(t, "the note ends", h.Derived().Note, "")
	wantEvents(t, "events", h, "14:00:30 uncertain: "+unclear)
}

func TestOurOwnReset(t *testing.T) {
	const ours = "counters were reset from here"
	h := NewHistory(time.Second)
	h.Add(counted(0, 100, 90, 5))
	h.ResetDone(at(0.5))
	h.Add(counted(1, 0, 0, 0))
	check(t, "note", h.Derived().Note, ours)
	h.Add(counted(2, 3, 3, 0))
	h.Add(counted(3, 0, 0, 0)) // not ours
	check(t, "note of another", h.Derived().Note, unclear)
	wantEvents(t, "events", h, "14:00:01 reset: "+ours, "14:00:03 uncertain: "+unclear)

	h = NewHistory(time.Second) // the poll was faster than the answer to the reset
	h.Add(counted(0, 100, 90, 5))
	h.Add(counted(1, 0, 0, 0))
	h.ResetDone(at(1.2))
	check(t, "note", h.Derived().Note, ours)
	wantEvents(t, "events", h, "14:00:01 reset: "+ours)
	h.Add(counted(2, 4, 4, 0))
	h.Add(counted(3, 0, 0, 0))
	check(t, "note of another", h.Derived().Note, unclear)

	h = NewHistory(time.Second) // it did not show: nothing had been counted
	h.Add(counted(0, 0, 0, 0))
	h.ResetDone(at(0.5))
	h.Add(counted(1, 9, 9, 0))
	h.Add(counted(40, 0, 0, 0))
	check(t, "much later", h.Derived().Note, unclear)
}

// A clock that was set back by the endpoint makes no second server.
func TestClockOfTheEndpointSetBack(t *testing.T) {
	h := NewHistory(time.Second)
	for i := range 30 {
		s := server(float64(i), -100, 0, int64(i))
		if i >= 15 {
			s.Timestamp.Value = s.Timestamp.Value.Add(-time.Minute)
		}
		h.Add(s)
		check(t, "note", h.Derived().Note, "")
	}
	check(t, "events", len(h.Events()), 0)
}

// server returns a sample of a server that tells detail.
func server(seconds, started float64, resets, finished int64, events ...Event) Sample {
	s := counted(seconds, finished, finished, 0)
	s.Detail = &Detail{Uptime: Some(Uptime(at(seconds).Sub(at(started)))), Resets: Some(resets), Events: events}
	return s
}

func TestDetailTellsWhich(t *testing.T) {
	h := NewHistory(time.Second)
	h.Add(server(0, -100, 0, 50))
	h.Add(server(1, -100, 1, 0))
	check(t, "a reset", h.Derived().Note, "counters were reset")
	h.Add(server(2, 1.5, 0, 1))
	check(t, "a restart", h.Derived().Note, "the server restarted")
	wantEvents(t, "events", h, "14:00:01 reset: counters were reset", "14:00:02 restarted: the server restarted")

	h = NewHistory(time.Second) // what could not be reached meanwhile is no second event
	h.Add(server(0, -100, 0, 50))
	h.Fail(at(1), &Failure{Words: "connection refused"})
	h.Add(server(2, 1.5, 0, 1))
	h.Add(server(3, 1.5, 0, 1))
	wantEvents(t, "a restart", h, "14:00:01 restarted: the server restarted: unreachable 14:00:01 to 14:00:02: connection refused")
	h.Fail(at(4), &Failure{Words: "connection refused"})
	h.Add(server(5, 1.5, 0, 1))
	check(t, "events, when it could not be reached and was the same", len(h.Events()), 2)

	h = NewHistory(time.Second) // the endpoint's own line says more
	h.Add(server(0, -100, 0, 50))
	h.ResetDone(at(0.5))
	h.Add(server(1, -100, 1, 0, Event{At: at(0.4), Kind: queue.KindReset, Text: "Metrics reset by the monitor"}))
	check(t, "our reset", h.Derived().Note, "counters were reset from here")
	wantEvents(t, "events", h, "14:00:00 reset: Metrics reset by the monitor")

	h = NewHistory(time.Second) // a machine that slept: its uptime stood still
	h.Add(server(0, -100, 0, 50))
	slept := server(1000, -100, 0, 51)
	slept.Detail.Uptime = Some(Uptime(101 * time.Second))
	h.Add(slept)
	check(t, "a machine that slept", h.Derived().Note, "")
}

func TestSeveralServers(t *testing.T) {
	const several = "several servers answer here"
	for _, c := range []struct {
		what       string
		who        string // which server answers, a poll a letter
		tellUptime bool
	}{
		{"in turn", "ababababababababab", false},
		{"at random", "aaabbabbbaabaaababaabb", false},
		{"in turn, with detail", "abababababab", true},
		{"in turn, the younger first", "babababababa", true},
		{"at random, with detail", "aabbbaaabab", true},
	} {
		h := NewHistory(time.Second)
		noted := 0
		for i, who := range c.who {
			now := float64(i)
			finished := map[rune]int64{'a': 1000 + int64(i)/2, 'b': 200 + int64(i)/3}[who]
			s := counted(now, finished, finished, 0)
			if c.tellUptime {
				s = server(now, map[rune]float64{'a': -9000, 'b': -500}[who], 0, finished)
			}
			h.Add(s)
			d := h.Derived()
			if d.PerMinute.Value > 100 || d.PerMinute.Value < 0 || d.RecentFinished.Value > i {
				t.Errorf("%s: poll %d: got %v per minute, %v finished", c.what, i, d.PerMinute.Value, d.RecentFinished.Value)
			}
			if d.Note == several {
				noted++
			}
		}
		check(t, c.what+": note", h.Derived().Note, several)
		if noted < len(c.who)/3 {
			t.Errorf("%s: noted in %d of %d polls", c.what, noted, len(c.who))
		}
		if events := h.Events(); len(events) != 1 || events[0].Text != several || events[0].Kind != KindUncertain || !events[0].SeveralServers {
			t.Errorf("%s: got events %v, want one", c.what, told(h))
		}
	}
}

// Two resets are two resets, however much was done between them.
func TestTwoResetsAreNotTwoServers(t *testing.T) {
	for _, c := range []struct {
		what          string
		first, second int64 // finished just after each
	}{
		{"from nothing", 1, 1},
		{"another server takes over, with less done", 20, 8},
	} {
		h := NewHistory(time.Second)
		finished := int64(40)
		for i := range 160 {
			switch finished++; i {
			case 30:
				finished = c.first
			case 130:
				finished = c.second
			}
			h.Add(counted(float64(i), finished, finished, 0))
			if note := h.Derived().Note; note != "" && note != unclear {
				t.Fatalf("%s: poll %d: got %q", c.what, i, note)
			}
		}
		wantEvents(t, c.what, h, "14:00:30 uncertain: "+unclear, "14:02:10 uncertain: "+unclear)
	}
}

func TestOlderAnswers(t *testing.T) {
	h := NewHistory(time.Second)
	for i := range 20 {
		s := counted(float64(i), int64(100+i), int64(90+i), 0)
		if i%5 == 4 { // a copy of 10 s ago
			s = counted(float64(i-10), int64(90+i), int64(80+i), 0)
			s.At = at(float64(i))
		}
		h.Add(s)
	}
	const older = "older answers come in between: a cache, or several servers"
	check(t, "note", h.Derived().Note, older)
	wantEvents(t, "events", h, "14:00:04 uncertain: "+older)
}
