package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What people wait for goes before what subagents ask, whosever they are; what is tried again
// goes before its like alone.
func TestSubagentsLetTheOthersPass(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if strings.HasPrefix(name, "failing") && attempt == 1 {
			return &Error{Class: ServerError, RetryAfter: 1600 * time.Millisecond}
		}
		return nil
	}
	s.add("failing agent", Request{User: "u", Subagent: true})
	s.run(1)
	s.add("failing", Request{User: "u"})
	for _, name := range []string{"agent 1", "agent 2", "plain 1", "agent 3", "plain 2"} {
		s.add(name, Request{User: "u", Subagent: strings.HasPrefix(name, "agent")})
	}
	s.run(60)
	var got []string
	for _, start := range s.starts {
		name, _, _ := strings.Cut(start, "@")
		got = append(got, name) // after three of the others it is a subagent's turn
	}
	want := []string{"failing agent", "failing", "failing", "plain 1", "failing agent", "plain 2", "agent 1", "agent 2", "agent 3"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// However many others a user sends, each subagent starts: after mostPassing of them for itself
// and for each one before it.
func TestNoSubagentStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxWait = 24 * time.Hour
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		now := t0
		add := func(r Request) *Ticket {
			added, err := m.Add(now, r)
			if err != nil {
				t.Fatal(err)
			}
			return added
		}
		waits := map[*Ticket]int{} // of each subagent: starts of its user that are left
		for range 300 {
			for range rapid.IntRange(1, 2).Draw(t, "others") {
				add(Request{User: "u"})
			}
			if before := len(waits); rapid.IntRange(0, 5).Draw(t, "subagent") == 0 {
				waits[add(Request{User: "u", Subagent: true})] = (before + 1) * (mostPassing + 1)
			}
			next := m.Next(now)
			for ; next == nil; next = m.Next(now) {
				now, _ = m.Wake()
			}
			m.Start(now, next)
			_, _ = m.Finish(now, next, nil)
			delete(waits, next)
			for subagent := range waits {
				if waits[subagent]--; waits[subagent] == 0 {
					t.Fatalf("%s still waits", subagent.ID())
				}
			}
		}
	})
}

// The door knows that subagents let the others pass.
func TestNobodyIsTurnedAwayForTheSakeOfSubagents(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait, settings.MinDelay, settings.Step = 30*time.Second, time.Second, 0
	s := newScript(t, settings, time.Second)
	for i := range 50 {
		s.add(fmt.Sprint("agent ", i), Request{User: "u", Subagent: true})
	}
	if len(s.refused) == 0 {
		t.Fatal("the door is open")
	}
	main := s.add("main", Request{User: "u"})
	if main == nil {
		t.Fatal("it was turned away")
	}
	if at := main.expected; at > 3*time.Second {
		t.Errorf("it is told to start at %v", at)
	}
}

// Places are told as they come true also when some have passed a subagent before.
func TestPlacesKnowWhoHasPassedASubagent(t *testing.T) {
	for started := range 6 {
		s := newScript(t, DefaultSettings(), 100*time.Millisecond)
		for i := range 8 {
			s.add(fmt.Sprint("agent ", i), Request{User: "u", Subagent: true})
			s.add(fmt.Sprint("other ", i), Request{User: "u"})
		}
		for len(s.starts) < started {
			s.run(s.now.Sub(t0).Seconds() + 0.1)
		}
		ids := map[string]string{}
		for ticket, name := range s.names {
			ids[ticket.ID()] = name
		}
		var told []string
		for _, w := range s.m.Waiting(s.now) {
			told = append(told, ids[w.ID])
		}
		s.starts = nil
		s.run(300)
		if got, want := order1(s.starts), strings.Join(told, " "); got != want {
			t.Errorf("after %d: got %s\nwant %s", started, got, want)
		}
	}
}
