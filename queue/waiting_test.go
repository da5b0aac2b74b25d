package queue

import (
	"context"
	"errors"
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
		w, ok := s.m.Find(s.now, c.id)
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
		if w, ok := s.m.Find(s.now, id); ok {
			t.Errorf("%q: got %+v, want none", id, w)
		}
	}
	s.run(60)
	if w, ok := s.m.Find(s.now, "a"); ok {
		t.Errorf("a, which is done: got %+v, want none", w)
	}
}

func TestOfTwoWithOneIDTheEarliestIsFound(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("", Request{})
	s.step()
	s.add("", Request{ID: "twin", User: "first"})
	s.add("", Request{ID: "twin", User: "second"})
	for _, user := range []string{"first", "second"} {
		if w, _ := s.m.Find(s.now, "twin"); w.User != user {
			t.Errorf("got the one of %q, want the one of %s", w.User, user)
		}
		s.m.Cancel(s.now, "twin", "")
	}
}

func TestCancelTakesOutOneThatWaits(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{ID: "a"})
	s.step()
	s.add("b", Request{ID: "b", User: "u"})
	s.add("c", Request{ID: "c"})
	for id, want := range map[string]bool{"a": false, "b": true, "x": false} { // a runs
		if got := s.m.Cancel(s.now, id, "ops\n"); got != want {
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
		if w, ok := q.Find("mine"); !ok || w.Position != 1 {
			t.Errorf("got %+v, %v, want the first in line", w, ok)
		}
		if !q.Cancel("mine", "ops") || q.Cancel("mine", "ops") {
			t.Error("want one to be cancelled, and once")
		}
		if err := <-said; !errors.Is(err, ErrCancelled) {
			t.Errorf("got %v, want ErrCancelled", err)
		}
	})
}

func TestACallersOwnPatienceCountsAtTheDoor(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{})
	s.step()
	for range 10 {
		s.add("x", Request{})
	}
	s.add("short", Request{MaxWait: 5 * time.Second})
	s.add("long", Request{MaxWait: time.Hour})
	s.add("own", Request{MaxWait: time.Minute})
	if err := s.final["short"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("with 5 s of patience: got %v, want ErrWaitTooLong", err)
	}
	if s.final["long"] != nil || s.final["own"] != nil {
		t.Errorf("with patience: got %v and %v, want both taken in", s.final["long"], s.final["own"])
	}
	settings := DefaultSettings()
	settings.MaxWait = time.Second
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	s.add("later", Request{MaxWait: time.Hour})
	if err := s.final["later"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("with more patience than the queue's: got %v, want ErrWaitTooLong", err)
	}
}

func TestOnlyBrokenConnectionsCountAsSentTwice(t *testing.T) {
	for class, want := range map[Class]int64{NetworkError: 2, Overloaded: 0, ServerError: 0, RateLimited: 0, ClientError: 0} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.result = func(_ string, attempt int) error {
			if class == RateLimited && attempt > 2 {
				return nil
			}
			return &Error{Class: class}
		}
		s.add("a", Request{})
		s.run(200)
		if got := s.m.Report(s.now).Detail.Resent; got != want {
			t.Errorf("%v, three attempts: got %d sent again, want %d", class, got, want)
		}
		s.m.Reset(s.now, "")
		if got := s.m.Report(s.now).Detail.Resent; got != 0 {
			t.Errorf("%v after a reset: got %d, want 0", class, got)
		}
	}
}

func TestParsePriority(t *testing.T) {
	for word, want := range map[string]Priority{"high": High, "normal": Normal, "low": Low, "": Normal} {
		if got, err := ParsePriority(word); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", word, got, err, want)
		}
	}
	for _, word := range []string{"High", "urgent", " low", "priority 3"} {
		if _, err := ParsePriority(word); err == nil {
			t.Errorf("%q: got no error", word)
		}
	}
	if !Low.Below(Normal) || !Normal.Below(High) || High.Below(High) || High.Below(Low) {
		t.Error("want low below normal below high")
	}
}
