package queue

import (
	"testing"
	"time"
)

// Who hardly reads what it asked for is named, while it reads so, and a minute after it was
// cut off.
func TestSlowReadersAreNamed(t *testing.T) {
	const look = "look at their programs and their network"
	s := newScript(t, boundless(), time.Millisecond)
	tickets := make([]*Ticket, 6)
	for i, user := range []string{"anna", "eve", "anna", "dave", "anna", "anna"} {
		tickets[i] = &Ticket{}
		if err := s.m.add(s.now, tickets[i], Request{User: user}); err != nil {
			t.Fatal(err)
		}
		s.m.Start(s.now, s.m.Next(s.now))
		_, _ = s.m.Finish(s.now, tickets[i], nil)
	}
	for _, x := range tickets[:4] {
		s.m.ReportReading(s.now, x, ReadsSlowly)
	}
	s.wantVerdict("healthy", "Queue is processing normally") // four are none
	s.m.ReportReading(s.now, tickets[4], ReadsSlowly)
	s.m.ReportReading(s.now, tickets[4], ReadsSlowly)
	s.wantRow(RowSlowReaders, "warning", 0, false)
	s.wantVerdict("warning", "Slow readers: 5 answers of anna and 2 others")
	if f := s.row(RowSlowReaders); f.User != "anna" || f.Recommendation != "Ask anna to "+look+": they hardly read what they asked for; no slot waits for them" {
		t.Errorf("got %+v", f)
	}
	for _, x := range tickets[:5] {
		s.m.ReportReading(s.now, x, ReadsOn)
	}
	s.wantVerdict("warning", "Slow readers held up answers until just now")
	s.run(11)
	s.wantVerdict("healthy", "Queue is processing normally")
	s.m.ReportReading(s.now, tickets[1], ReadsSlowly)
	s.m.ReportReading(s.now, tickets[1], ReadCutOff)
	s.wantVerdict("warning", "Slow readers: 1 answer of eve cut off in the last minute")
	s.run(90)
	s.wantVerdict("healthy", "Queue is processing normally")
	if n := len(s.m.slowReaders); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}
