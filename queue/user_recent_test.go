package queue

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// recentOf is what a report says of a user's last five minutes.
func (s *script) recentOf(name string) *UserRecent {
	s.t.Helper()
	for _, u := range s.m.Report(s.now).Detail.Users {
		if u.Name == name {
			return u.Recent
		}
	}
	s.t.Fatalf("%s is not in the report", name)
	return nil
}

// One user floods, another has one request, and a third one's fails: who takes which share,
// how long each waited, and how it went through the half minutes.
func TestUserRecent(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.Attempts = 10*time.Second, 0, 1
	s := newScript(t, settings, time.Second)
	s.result = func(name string, _ int) error {
		if name == "bad" {
			return &Error{Class: NetworkError, Err: errors.New("connection refused")}
		}
		return nil
	}
	cost := Cost{Input: 100, Output: 50}
	for range 8 {
		s.add("flood", Request{User: "flood", Cost: cost})
	}
	s.add("one", Request{User: "one", Cost: cost})
	s.add("bad", Request{User: "bad", Cost: cost})
	s.run(120)
	flood, one, bad := s.recentOf("flood"), s.recentOf("one"), s.recentOf("bad")
	if flood.Starts != 8 || one.Starts != 1 || bad.Starts != 1 || *flood.StartsShare != 0.8 || *one.StartsShare != 0.1 {
		t.Errorf("starts: got %+v, %+v and %+v, want 8, 1 and 1 of 10", flood, one, bad)
	}
	if *flood.TokensShare != 8.0/9 || flood.Tokens != 8*one.Tokens || bad.Tokens != 0 {
		t.Errorf("tokens: got %v of %d, %d and %d, want 8 in 9, for the call that failed has taken none", *flood.TokensShare, flood.Tokens, one.Tokens, bad.Tokens)
	}
	if *flood.P95WaitMs != 90_000 || *one.P95WaitMs != 10_000 {
		t.Errorf("waits: got %d and %d ms, want 90,000 and 10,000", *flood.P95WaitMs, *one.P95WaitMs)
	}
	if want := []ClassCount{{"network", 1}}; !slices.Equal(bad.Failed, want) || len(flood.Failed) > 0 {
		t.Errorf("failed: got %v, want %v; of the flood %v", bad.Failed, want, flood.Failed)
	}
	if want := []int{0, 0, 0, 0, 0, 8, 7, 4, 1, 0}; !slices.Equal(flood.Waiting, want) {
		t.Errorf("waiting: got %v, want %v", flood.Waiting, want)
	}
	s.run(5*60 + 40)
	if one := s.recentOf("one"); one != nil {
		t.Errorf("after five minutes: got %+v, want nothing", one)
	}
	s.m.Reset(s.now, "")
	if flood := s.recentOf("flood"); flood != nil {
		t.Errorf("after a reset: got %+v, want nothing", flood)
	}
}

// A settings event says what it was and what it is, in the order of the table.
func TestSettingsEventSaysTheChange(t *testing.T) {
	s := DefaultSettings()
	other := s
	other.MinDelay, other.Thresholds.WarnSuccess, other.Adaptive = 1600*time.Millisecond, 0.9, !s.Adaptive
	if got, want := s.changeTo(other), "pace spaced → adaptive, minDelay 1.5 s → 1.6 s, warnSuccess 80% → 90%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	row, _ := SettingAt("thresholds.warnSuccess")
	if got := row.ChangeWords(0.8, 0.9); !HasChange(s.changeTo(other), got) || HasChange(s.changeTo(other), "warnSuccess 80%") {
		t.Errorf("%q is not found, or a part of it", got)
	}
	if got := s.changeTo(s); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

// Of more users than a report lists, those whose calls failed last are among them.
func TestReportListsWhoFails(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.Attempts = time.Second, 0, 1
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "bad" {
			return &Error{Class: NetworkError, Err: errors.New("connection refused")}
		}
		return nil
	}
	s.add("bad", Request{User: "bad"})
	s.run(2)
	for i := range 2 * reportedUsers {
		s.add("other", Request{User: fmt.Sprint("u", i)})
	}
	bad := s.recentOf("bad")
	if want := []ClassCount{{"network", 1}}; !slices.Equal(bad.Failed, want) {
		t.Errorf("got %v, want %v", bad.Failed, want)
	}
	if got := len(s.m.Report(s.now).Detail.Users); got != reportedUsers {
		t.Errorf("got %d users, want %d", got, reportedUsers)
	}
}

// A call that runs while the counters are reset counts when it ends, for its user as for all.
func TestUserRecentOfACallThatRanWhenCountersWereReset(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, 10*time.Second)
	s.result = func(name string, _ int) error {
		if name == "bad" {
			return &Error{Class: NetworkError}
		}
		return nil
	}
	s.add("good", Request{User: "good", Cost: Cost{Input: 100}})
	s.add("bad", Request{User: "bad"})
	s.run(5)
	s.add("waits", Request{User: "good"})
	s.m.Reset(s.now, "ops")
	if good := s.recentOf("good"); good == nil || good.Waiting[recentSlots-1] != 1 {
		t.Errorf("waiting: got %+v, want the one that waits", good)
	}
	s.run(30)
	good, bad := s.recentOf("good"), s.recentOf("bad")
	if good == nil || good.Tokens != 100 || *good.TokensShare != 1 {
		t.Errorf("tokens: got %+v, want all of 100", good)
	}
	if want := []ClassCount{{"network", 1}}; bad == nil || !slices.Equal(bad.Failed, want) {
		t.Errorf("failed: got %+v, want %v", bad, want)
	}
}
