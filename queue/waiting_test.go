package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFindTellsThePlaceOfOneThatWaits(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "d" && attempt == 1 {
			return &Error{Class: Overloaded, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	s.add("d", Request{ID: "d"})
	s.run(1)
	s.add("a", Request{ID: "a", User: "one"})
	s.add("b", Request{User: "one"})
	s.add("c", Request{ID: "c", User: "two", Priority: High})
	for _, c := range []struct {
		id       string
		position int
		eta      int64 // of one in back-off; else it is as in the list
		backoff  bool
	}{
		{"c", 1, 0, false},
		{"a", 2, 0, false},
		{"3", 3, 0, false}, // the third that was accepted, and nobody named it
		{"d", 0, 19500, true},
	} {
		w, ok := findOne(s.m, s.now, c.id)
		if !ok || w.ID != c.id || w.Position != c.position || w.Backoff != c.backoff {
			t.Errorf("%s: got %+v, %v, want position %d, in back-off %v", c.id, w, ok, c.position, c.backoff)
			continue
		}
		listed := s.m.Waiting(s.now)
		for _, other := range listed {
			if other.ID == c.id && *other.EtaMs != *w.EtaMs {
				t.Errorf("%s: got ETA %d ms, the list says %d", c.id, *w.EtaMs, *other.EtaMs)
			}
		}
		if c.backoff && *w.EtaMs != c.eta {
			t.Errorf("%s: got ETA %d ms, want %d", c.id, *w.EtaMs, c.eta)
		}
	}
	for _, id := range []string{"", "0", "1", "9", "D"} { // the first is called d, not 1
		if w, ok := findOne(s.m, s.now, id); ok {
			t.Errorf("%q: got %+v, want none", id, w)
		}
	}
	s.run(60)
	if w, ok := findOne(s.m, s.now, "a"); ok {
		t.Errorf("a, which is done: got %+v, want none", w)
	}
}

func TestCancelTakesOutOneThatWaits(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{ID: "a"})
	s.step()
	s.add("b", Request{ID: "b", User: "u"})
	s.add("c", Request{ID: "c"})
	for id, want := range map[string]bool{"a": false, "b": true, "x": false} { // a runs
		if got := cancelOne(s.m, s.now, id, "ops\n"); got != want {
			t.Errorf("cancel %s: got %v, want %v", id, got, want)
		}
	}
	s.run(30)
	s.wantStarts("a@0 c@1.7")
	if !errors.Is(s.final["b"], ErrCancelled) {
		t.Errorf("b: got %v, want ErrCancelled", s.final["b"])
	}
	r := s.m.Report(s.now)
	if r.Detail.Cancelled != 1 || r.Metrics.Failed != 0 || r.Metrics.TotalRequests != 3 {
		t.Errorf("got %d cancelled, %+v, want 1 of 3 and none failed", r.Detail.Cancelled, r.Metrics)
	}
	for _, e := range r.Detail.Events {
		if e.Kind == KindCancelled {
			if got, want := e.Line(), `🚪 [QUEUE] Request of u cancelled by ops\n`; got != want {
				t.Errorf("the log says %q, want %q", got, want)
			}
		}
	}
}

func TestCancelTellsTheCaller(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		go func() { _, _ = Do(t.Context(), q, Request{}, sleeper(time.Second)) }()
		synctest.Wait()
		said := make(chan error, 1)
		go func() {
			_, err := Do(t.Context(), q, Request{ID: "mine"}, func(context.Context) (int, error) {
				t.Error("it was started")
				return 0, nil
			})
			said <- err
		}()
		synctest.Wait()
		mine := RequestQuery{ID: "mine"}
		if w, err := q.Find(mine); err != nil || w.Position != 1 {
			t.Errorf("got %+v, %v, want the first in line", w, err)
		}
		if first, second := q.Cancel(mine, "ops"), q.Cancel(mine, "ops"); first != nil || !errors.Is(second, ErrNotWaiting) {
			t.Errorf("got %v and %v, want one to be cancelled, and once", first, second)
		}
		if err := <-said; !errors.Is(err, ErrCancelled) {
			t.Errorf("got %v, want ErrCancelled", err)
		}
	})
}

func TestTheListOfWhoWaits(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "b1", "b2", "a2", "a3"} {
		s.add(name, Request{Lane: name[:1], User: name, Priority: Priority(len(s.names) % 3)})
		s.step()
	}
	s.run(1)
	for range 20 { // whatever the order in which the lanes are looked at
		var list []string
		for _, w := range s.m.Waiting(s.now) {
			list = append(list, fmt.Sprintf("%s %d in %s: %s, waited %d, starts in %d", w.User, w.Position, w.Lane, w.Priority, w.WaitedMs, *w.EtaMs))
		}
		want := "b2 1 in b: low, waited 1000, starts in 700\n" +
			"a3 1 in a: high, waited 1000, starts in 900\n" +
			"a2 2 in a: normal, waited 1000, starts in 2600"
		if got := strings.Join(list, "\n"); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestPositionAndETAComeTrue(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	type promise struct {
		position int
		eta      time.Time
	}
	tickets := map[string]*Ticket{}
	for i := range 30 {
		name := fmt.Sprint(i)
		tickets[name] = s.add(name, Request{User: fmt.Sprint(i % 7), Priority: Priority(i % 3)})
	}
	s.step()
	s.run(0.5)
	promised := map[string]promise{}
	for name, ticket := range tickets {
		if position, eta, ok := s.m.Position(s.now, ticket); ok {
			promised[name] = promise{position, s.now.Add(eta)}
		}
	}
	if len(promised) != 29 {
		t.Fatalf("got %d positions, want 29", len(promised))
	}
	s.run(600)
	for i, start := range s.starts[1:] {
		name, when, _ := strings.Cut(start, "@")
		p := promised[name]
		if got := fmt.Sprintf("%g", p.eta.Sub(t0).Round(time.Millisecond).Seconds()); p.position != i+1 || got != when {
			t.Errorf("%s: promised place %d at %s, started as %d at %s", name, p.position, got, i+1, when)
		}
	}
}

// While the API pauses a lane of which no limits are known, it is told that nothing starts before
// its end; when the pause is over nobody knows.
func TestNothingStartsBeforeTheEndOfAPause(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if s.now.Before(at(10)) {
			return &Error{Class: RateLimited, RetryAfter: 45 * time.Second}
		}
		return nil
	}
	for i := range 12 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(5.1)
	list := s.m.Waiting(s.now)
	if len(list) != 12 {
		t.Fatalf("%d wait", len(list))
	}
	for _, w := range list {
		if w.EtaMs != nil || w.EtaLateMs != nil || w.EtaEarlyMs == nil || *w.EtaEarlyMs != 40_000 {
			t.Fatalf("got %+v, want it to start in 40 s at the earliest", w)
		}
	}
	s.took = time.Hour
	s.run(46)
	for _, w := range s.m.Waiting(s.now) {
		if w.EtaEarlyMs != nil && w.EtaMs == nil {
			t.Fatalf("after the pause: got %+v", w)
		}
	}
}
