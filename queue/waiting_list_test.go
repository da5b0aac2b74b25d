package queue

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// listScript has requests of several users wait in several lanes, of which one stands aside.
func listScript(t *testing.T) *script {
	t.Helper()
	s := slowScript(t, time.Hour)
	s.result = func(name string, attempt int) error {
		if name == "back" && attempt == 1 {
			return &Error{Class: Overloaded, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	s.add("back", Request{ID: "back", User: "Bob", Lane: "opus"})
	s.add("runs", Request{ID: "runs", User: "eve", Lane: "haiku"})
	s.run(0.5)
	for i, r := range []Request{
		{ID: "a1", User: "alice", Lane: "opus", Session: "s1", Subagent: true},
		{ID: "a2", User: "alice", Lane: "haiku", Priority: Low, Group: "team"},
		{ID: "E-1", User: "eve", Lane: "opus", Priority: High},
		{ID: "x\x1b[2J", User: "100%_é", Lane: "haiku"},
	} {
		s.now = at(0.5 + float64(i)/100)
		s.add(r.ID, r)
	}
	return s
}

func TestTheListByWaitAndWhatItIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		query    WaitingQuery
		want     string
		matching int
	}{
		{WaitingQuery{}, "x\x1b[2J E-1 a2 a1 back", 5},
		{WaitingQuery{LongestFirst: true}, "back a1 a2 E-1 x\x1b[2J", 5},
		{WaitingQuery{LongestFirst: true, Limit: 2}, "back a1", 5},
		{WaitingQuery{LongestFirst: true, Limit: 2, Offset: 3}, "E-1 x\x1b[2J", 5},
		{WaitingQuery{LongestFirst: true, Offset: 9}, "", 5},
		{WaitingQuery{User: "alice"}, "a2 a1", 2},
		{WaitingQuery{User: "alice", LongestFirst: true, Limit: 1, Offset: 1}, "a2", 2},
		{WaitingQuery{User: "Alice"}, "", 0},
		{WaitingQuery{User: "alic"}, "", 0},
		{WaitingQuery{User: "100%_é"}, "x\x1b[2J", 1},
		{WaitingQuery{Lane: "opus"}, "E-1 a1 back", 3},
		{WaitingQuery{Lane: "opus", User: "alice"}, "a1", 1},
		{WaitingQuery{Text: "ALICE"}, "a2 a1", 2},
		{WaitingQuery{Text: "e-1"}, "E-1", 1},
		{WaitingQuery{Text: "bob"}, "back", 1},
		{WaitingQuery{Text: "É"}, "x\x1b[2J", 1},
		{WaitingQuery{Text: "\x1b"}, "x\x1b[2J", 1},
		{WaitingQuery{Text: "hai", Limit: 1}, "x\x1b[2J", 2},
		{WaitingQuery{Text: "low"}, "a2", 1},
		{WaitingQuery{Text: "a", User: "eve"}, "", 0},
		{WaitingQuery{Text: "nobody"}, "", 0},
	} {
		s := listScript(t)
		if c.query.Limit == 0 {
			c.query.Limit = 100
		}
		page := s.m.WaitingPage(s.now, c.query)
		if got := names(page.Waiting); got != c.want || page.Matching != c.matching || page.Total != 5 || page.Waiting == nil {
			t.Errorf("%+v: got %q, %d matching of %d, want %q, %d of 5", c.query, got, page.Matching, page.Total, c.want, c.matching)
		}
		// The same, a piece at a time.
		p := newWaitingList(c.query)
		for pieces := 0; s.m.fillSome(s.now, p, 1); pieces++ {
			if pieces > 100 {
				t.Fatalf("%+v: it does not end", c.query)
			}
		}
		s.m.endList(p)
		if got := names(p.page.Waiting); got != c.want || p.page.Matching != c.matching {
			t.Errorf("%+v, in pieces: got %q, %d matching, want %q, %d", c.query, got, p.page.Matching, c.want, c.matching)
		}
		if len(s.m.walks) != 0 {
			t.Errorf("%+v: it is not given up", c.query)
		}
	}
}

// A row is the same in all orders, and when one is asked for alone.
func TestARowIsTheSameInAllOrders(t *testing.T) {
	s := listScript(t)
	byTurn := map[string]string{}
	for _, w := range s.m.Waiting(s.now) {
		byTurn[w.ID] = fmt.Sprintf("%+v %d", w, *w.EtaMs)
	}
	for _, w := range s.m.WaitingPage(s.now, WaitingQuery{Limit: 10, LongestFirst: true}).Waiting {
		found, _ := findOne(s.m, s.now, w.ID)
		for _, one := range []WaitingRequest{w, found} {
			one.EtaMs, one.EtaEarlyMs, one.EtaLateMs = nil, nil, nil
			want := byTurn[w.ID]
			if got := fmt.Sprintf("%+v", one); !strings.HasPrefix(got, "{ID:"+w.ID) || one.Position != found.Position {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if *w.EtaMs != *found.EtaMs || !strings.HasSuffix(byTurn[w.ID], fmt.Sprint(" ", *w.EtaMs)) {
			t.Errorf("%s: starts in %d ms longest first, in %d alone, by turn %s", w.ID, *w.EtaMs, *found.EtaMs, byTurn[w.ID])
		}
	}
}

func TestARowTellsOfItsRequest(t *testing.T) {
	s := listScript(t)
	w, _ := findOne(s.m, s.now, "a1")
	if w.Session != "s1" || !w.Subagent || w.Group != "" || !w.Since.Equal(at(0.5)) || w.CameBack || w.Class != "" {
		t.Errorf("a1: got %+v", w)
	}
	if w, _ = findOne(s.m, s.now, "a2"); w.Session != "" || w.Subagent || w.Group != "team" {
		t.Errorf("a2: got %+v", w)
	}
	if w, _ = findOne(s.m, s.now, "back"); w.Aside != "backoff" || w.Attempt != 2 || w.Position != 0 || !w.Since.Equal(t0) {
		t.Errorf("back: got %+v", w)
	}
}

// Only one that has kept its age has come back: not one that is sent again after it has failed.
func TestOneThatHasFailedDoesNotComeBack(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.result = func(name string, _ int) error { return &Error{Class: ServerError, RetryAfter: time.Millisecond} }
	s.add("x", Request{ID: "x", User: "x", Fingerprint: 1})
	s.run(10)
	if s.final["x"] == nil {
		t.Fatal("it has not failed")
	}
	s.add("again", Request{ID: "again", User: "x", Fingerprint: 1})
	if w, ok := findOne(s.m, s.now, "again"); !ok || w.Attempt != 3 || w.CameBack {
		t.Errorf("got %+v, want its last attempt, as a new one", w)
	}
}

// Where many wait a list longest first, or of some of them, is made in pieces, of which none
// goes through more than so many.
func TestAListIsMadeInPieces(t *testing.T) {
	m := waitingMachine(t, 5*longLine, 100)
	m.keepPlans = manyWait
	for rest := m.heap; len(rest) > 0; {
		long := rest[0]
		p := m.beginPlan(t0, long)
		p.copyAll()
		m.endPlan(t0, p, p.play())
		rest = rest[1:]
	}
	for _, query := range []WaitingQuery{
		{Limit: 10, Offset: 4 * longLine, LongestFirst: true}, {Limit: 10, Text: "nobody"}, {Limit: 10, Text: "nobody", LongestFirst: true},
	} {
		p, pieces := newWaitingList(query), 1
		for m.fillSome(t0, p, longLine) {
			pieces++
		}
		m.endList(p)
		if pieces < 4 || p.page.Total != 5*longLine {
			t.Errorf("%+v: %d pieces for %d", query, pieces, p.page.Total)
		}
	}
	all := m.WaitingPage(t0, WaitingQuery{Limit: math.MaxInt32, LongestFirst: true}).Waiting
	for i := 1; i < len(all); i++ {
		if all[i].WaitedMs > all[i-1].WaitedMs {
			t.Fatalf("%+v stands behind %+v", all[i], all[i-1])
		}
	}
}
