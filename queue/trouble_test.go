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

// A log that panics takes no request with it, whatever the request waits for: it is
// the requests' own goroutines that hand out the events.
func TestALogThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		q, err := New(DefaultSettings(), Observe(func(Event) {
			calls++
			panic("no space")
		}))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := Do(t.Context(), q, Request{}, func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
				t.Fatalf("got %d, %v", got, err)
			}
		}
		synctest.Wait() // a timer's goroutine may hand out the last ones
		if calls < 9 {
			t.Errorf("the log got %d events, want all of them", calls)
		}
		list := q.Report().Detail.Troubles
		if len(list) != 1 || list[0].Part != PartLog || list[0].Reason != "no space" || list[0].Count < 9 || !list[0].At.Equal(time.Now()) {
			t.Errorf("got %+v, want the log's", list)
		}
		told := 0
		for _, e := range q.Report().Detail.Events {
			if e.Kind == KindTrouble {
				told++
			}
		}
		if told != 1 {
			t.Errorf("it was said %d times, want once", told)
		}
		if err := q.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The stack goes to the log with the first of each reason.
func TestTroublesAreSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log []Event
		q, err := New(DefaultSettings(), Observe(func(e Event) { log = append(log, e) }))
		if err != nil {
			t.Fatal(err)
		}
		broken := func() { panic(errors.New("a map\x1b[2J is nil\nand more")) }
		for range 3 {
			if q.Guard(PartAdvice, broken) {
				t.Error("it panicked, and counts as done")
			}
			time.Sleep(time.Second)
		}
		q.ReportTrouble(PartState, "the disk is full")
		if !q.Guard(PartAdvice, func() {}) {
			t.Error("it did not panic, and counts as failed")
		}
		if got, want := fmt.Sprint(len(log), " ", log[0].Error, " / ", log[1].Error), `2 advice: a map\x1b[2J is nil / state: the disk is full`; got != want {
			t.Errorf("the log says %q, want %q", got, want)
		}
		if !strings.Contains(log[0].Stack, "TestTroublesAreSaidOnce") || log[1].Stack != "" {
			t.Errorf("got the stacks %q and %q", log[0].Stack, log[1].Stack)
		}
		if got, want := log[0].Line(), `🚧 [QUEUE] A part beside the requests failed, they go on: advice: a map\x1b[2J is nil`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		list := q.Troubles()
		if len(list) != 2 || list[0].Part != PartState || list[1].Count != 3 || time.Since(list[1].At.Time) != time.Second {
			t.Errorf("got %+v", list)
		}
		_ = q.Shutdown(t.Context())
	})
}

// However many parts and reasons there are, few are kept and said.
func TestTroublesAreBounded(t *testing.T) {
	q, err := New(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		q.ReportTrouble(PartLog, fmt.Sprint("reason ", i, strings.Repeat("é", 1000)))
		q.ReportTrouble(fmt.Sprint("part ", i), "x")
	}
	list := q.Troubles()
	for _, of := range list {
		if len(of.Reason) > maxReason+len("…") || strings.ContainsRune(of.Reason, '\uFFFD') {
			t.Errorf("the reason is %q", of.Reason)
		}
	}
	if said := q.Report().Detail.EventsTotal; len(list) != maxTroubles || said > maxTroubles {
		t.Errorf("%d are kept and %d were said, want %d at most", len(list), said, maxTroubles)
	}
	_ = q.Shutdown(t.Context())
}
