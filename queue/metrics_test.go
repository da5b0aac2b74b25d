package queue

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestUsers(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "b1", "b2", "b3", "c1", "c2"} {
		s.add(name, Request{User: name[:1]})
		s.step()
	}
	s.result = func(name string, _ int) error {
		if name[0] == 'c' {
			return &Error{Class: ClientError}
		}
		return nil
	}
	list := func() string {
		var lines []string
		for _, u := range s.m.Report(s.now).Detail.Users {
			wait := int64(-1)
			if u.LastWaitMs != nil {
				wait = *u.LastWaitMs
			}
			lines = append(lines, fmt.Sprintf("%s %d/%d/%d/%d %d", u.Name, u.Waiting, u.Running, u.Done, u.Failed, wait))
		}
		return strings.Join(lines, ", ")
	}
	if got := list(); got != "b 3/0/0/0 -1, c 2/0/0/0 -1, a 0/1/0/0 0" {
		t.Errorf("at 0: got %s", got)
	}
	s.run(60)
	if got := list(); got != "b 0/0/3/0 10500, c 0/0/0/2 8800, a 0/0/1/0 0" {
		t.Errorf("at 60: got %s", got)
	}
	if got := s.m.Report(at(290)).Detail.Capacity.ActiveUsers; got != 3 {
		t.Errorf("active: got %d", got)
	}
	if got := s.m.Report(at(400)).Detail.Capacity.ActiveUsers; got != 0 {
		t.Errorf("active later: got %d", got)
	}
}

func TestTheLongestIdleUserIsForgottenFirst(t *testing.T) {
	us := newUsers()
	for i := range maxUsers {
		us.seen("", fmt.Sprint(i), time.Duration(i))
	}
	us.wait(us.find("", "0"), 1)
	us.touch(us.find("", "1"), maxUsers)
	us.find("", "2").running = 1
	us.listIdle(us.find("", "2"))
	us.seen("", "new", maxUsers)
	var forgotten []string
	for i := range maxUsers {
		if us.find("", fmt.Sprint(i)) == nil {
			forgotten = append(forgotten, fmt.Sprint(i))
		}
	}
	if len(us.byKey) != maxUsers || fmt.Sprint(forgotten) != "[3]" {
		t.Errorf("%d users, and %v were forgotten, want 3", len(us.byKey), forgotten)
	}
	us.wait(us.find("", "0"), 2)
	us.addWaiting(us.find("", "0"), -1)
	us.addWaiting(us.find("", "0"), -1)
	if us.ranks.Len != 1 {
		t.Errorf("%d ranks, want 1", us.ranks.Len)
	}
}

// Ten thousand invented names once made the queue forget whom it had served, and so put
// everybody of one address into the turn that those share who were never served.
func TestInventedUsersPushOutNobodyElse(t *testing.T) {
	us := newUsers()
	for i := range maxUsers / 2 {
		us.serve(us.seen("", fmt.Sprint("served-", i), 0))
	}
	busy := us.seen("", "busy", 0)
	us.wait(busy, 1)
	for i := range 2 * maxUsers {
		us.seen("", fmt.Sprint("invented-", i), time.Duration(i))
	}
	for i := range maxUsers / 2 {
		if u := us.find("", fmt.Sprint("served-", i)); u == nil || !u.served {
			t.Fatalf("served-%d was forgotten", i)
		}
	}
	if us.find("", "busy") != busy || us.find("", fmt.Sprint("invented-", 2*maxUsers-1)) == nil || len(us.byKey) != maxUsers {
		t.Errorf("%d users: want %d, with the busy one and the last", len(us.byKey), maxUsers)
	}
	for i := range maxUsers { // when all were served, the longest idle goes
		us.serve(us.seen("", fmt.Sprint("late-", i), 3*maxUsers))
	}
	if us.find("", "served-0") != nil || us.unserved.Len != 0 {
		t.Errorf("%d idle users were never served: want none, and served-0 forgotten", us.unserved.Len)
	}
}

func TestTheWire(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.crowd(3)
	s.run(3)
	b, err := json.Marshal(s.m.Report(s.now))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"status":"healthy","timestamp":"2026-11-23T14:00:03.000Z","metrics":{"totalRequests":3,"successful":2,"failed":0,"successRate":"100.0%","averageWaitTime":"950ms","currentQueueLength":1,"lastProcessedAt":"2026-11-23T14:00:02.900Z"},"health":{"isHealthy":true,"message":"Queue is processing normally","recommendation":null},"detail":{`
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("got\n%s\nwant\n%s", b, want)
	}
	if d := s.m.Report(s.now).Detail; *d.NextStartMs != 600 || *d.OldestWaitMs != 3000 || *d.EmptyInMs != 600 || d.PerMinute != 2 {
		t.Errorf("next start %d, oldest %d, empty in %d, %v a minute", *d.NextStartMs, *d.OldestWaitMs, *d.EmptyInMs, d.PerMinute)
	}
}

// wait lets a request of a user wait, of that number among all.
func (us *users) wait(u *user, number uint64) {
	t := &Ticket{}
	t.init(number, u, Normal, 0)
	u.requests.insert(&t.mine)
	us.addWaiting(u, 1)
}

// seen returns a user that does something at now, a new one if need be.
func (us *users) seen(group, name string, now time.Duration) *user {
	u := us.find(group, name)
	if u == nil {
		u = us.add(group, name)
	}
	us.touch(u, now)
	return u
}

// A request that waits for another attempt waits all the time: the figures of who has started
// of late say so.
func TestWaitsOfRetriesCount(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: ServerError, Retry: RetryYes, RetryAfter: 40 * time.Second}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.run(60)
	r := s.m.Report(s.now)
	if p95 := r.Detail.Wait.P95Ms; p95 == nil || *p95 < 40_000 {
		t.Errorf("95 in 100 have waited %v ms at most, want 40 s", p95)
	}
	if r.Metrics.AverageWaitTime != "0ms" {
		t.Errorf("the published average is %s, want that of the first starts", r.Metrics.AverageWaitTime)
	}
}

// What comes and goes in a minute is known after a reset, too: who gives up, and who is refused.
func TestWhatComesAndGoesOutlastsAReset(t *testing.T) {
	settings := every(time.Second)
	settings.MaxQueue = 20
	s := newScript(t, settings, 100*time.Millisecond)
	s.crowdOf("anna", 25)
	s.run(5.5)
	s.leaveAll("anna")
	for _, reset := range []bool{false, true} {
		if reset {
			s.m.Reset(s.now, "an operator")
		}
		d := s.m.Report(s.now).Detail
		refused := 4
		if reset {
			refused = 0
		}
		if d.ArrivalsPerMinute != 21 || d.StartsPerMinute != 6 || d.GaveUpPerMinute != 15 || d.RefusedPerMinute != refused {
			t.Errorf("reset %v: %d arrive, %d start, %d give up, %d are refused", reset, d.ArrivalsPerMinute, d.StartsPerMinute, d.GaveUpPerMinute, d.RefusedPerMinute)
		}
	}
}

// While so many wait as the warning is for, the line is backing up, if shorter in time.
func TestALineThatIsOnlyQuickerStillBacksUp(t *testing.T) {
	s := newScript(t, every(1334*time.Millisecond), 100*time.Millisecond)
	s.crowd(7)
	s.wantVerdict("warning", "Queue is backing up (6 requests waiting)")
	faster := s.m.Settings()
	faster.MinDelay, faster.MaxDelay = time.Second, time.Second
	if err := s.m.SetSettings(s.now, faster); err != nil {
		t.Fatal(err)
	}
	if got := s.findings(); !strings.HasPrefix(got, "warning: Queue is backing up (6 requests waiting, last in 6.0 s)") {
		t.Errorf("got %s", got)
	}
	s.run(1.5)
	if got := s.findings(); !strings.HasPrefix(got, "warning: Queue was backing up (5 requests waiting") {
		t.Errorf("got %s", got)
	}
}
