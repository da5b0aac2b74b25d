package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// What belongs to an earlier question is dropped.
func TestOldMessagesAreDropped(t *testing.T) {
	r := newRig(t, Options{})
	old := pollMsg{tag: r.poll.tag, sample: sampleOf(0, 1, time.Second)}
	r.answerPoll(sampleOf(0, 1, time.Second))
	r.send(old)
	if r.poll.inFlight || r.poll.failures != 0 {
		t.Errorf("an old answer counted: %+v", r.poll)
	}

	due := duePollMsg{r.poll.tag}
	r.press("R") // instead of waiting
	tag := r.poll.tag
	r.send(due)
	if r.poll.tag != tag {
		t.Error("an old tick began another poll")
	}
	r.send(pollMsg{tag: tag, sample: sampleOf(1, 1, time.Second)})
	r.send(due)
	if r.poll.inFlight {
		t.Error("an old tick began a poll before its time")
	}
}

// A failed poll shows when it fails: why, when the next attempt is, how old the
// figures are; and the figures stay.
func TestFailureShowsAtOnce(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 4, 2400*time.Millisecond))
	r.shows("● HEALTHY", "live")
	r.advance(time.Second)
	r.failPoll("connection refused", "Is the server running?")
	r.shows("✖ UNREACHABLE", "connection refused", "next attempt 14:00:03", "data 1 s old", "Is the server running?")
	r.hides("HEALTHY", "live ·")
	if !r.isStale() {
		t.Error("the old figures are not dimmed")
	}
	for s, want := range map[int]string{1: "2 s old", 3: "4 s old", 60: "1 min 01 s old", 200: "3 min 21 s old"} {
		r.at = noon().Add(time.Duration(s+1) * time.Second)
		r.send(clockMsg{})
		r.shows(want)
	}
	r.send(duePollMsg{r.poll.tag})
	r.shows("trying now")
	r.answerPoll(sampleOf(1, 2, 2400*time.Millisecond))
	r.shows("● HEALTHY", "live", "unreachable 14:00:01 to 14:0")
}

// The first words are where it connects to; figures are not known, not zero.
func TestBeforeTheFirstAnswer(t *testing.T) {
	r := newRig(t, Options{})
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.shows("◌ CONNECTING", "connecting to", "–")
		r.hides(" 0 ", "0%", "0 s")
	}
	r.size(120, 36)
	for _, s := range []int{1, 2, 4} {
		r.at = noon().Add(time.Duration(s) * time.Second)
		r.send(clockMsg{})
		r.shows("no answer for " + human.Age(time.Duration(s)*time.Second))
	}
	r.failPoll("no answer within 5 s", "")
	r.shows("✖ UNREACHABLE", "no answer within 5 s", "no data yet")
}

// A late answer shows its age each second, and after 3 s nothing is live.
func TestLate(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 4, time.Second))
	r.startPoll() // 1 s later
	for _, c := range []struct {
		after time.Duration // since the data
		want  string
	}{
		{1500 * time.Millisecond, "live"}, {2 * time.Second, "2 s old"}, {3 * time.Second, "3 s old"}, {4 * time.Second, "▲ STALE"}, {4 * time.Second, "no answer for 4 s"}, {5 * time.Second, "before: healthy"},
	} {
		r.at = noon().Add(c.after)
		r.send(clockMsg{})
		r.shows(c.want)
	}
	r.hides("HEALTHY")
	r.answerPoll(sampleOf(1, 4, time.Second))
	r.shows("● HEALTHY", "live")
	r.hides(" s old")
}

// An answer in time ends the wait for a late one, which would wake the program up.
func TestAnswerInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fakeSource{poll: func(context.Context, int) (client.Sample, error) { return sampleOf(0, 1, time.Second), nil }}
		p := newPoller(Options{Source: source}.withDefaults())
		p.ctx = t.Context()
		begin := time.Now()
		commands, ok := p.start(begin)().(tea.BatchMsg)
		if !ok || len(commands) != 2 {
			t.Fatalf("got %v, want the poll and the wait for a late answer", commands)
		}
		answer, _ := commands[0]().(pollMsg)
		p.done(answer, begin)
		if msg := commands[1](); msg != nil || !time.Now().Equal(begin) {
			t.Errorf("got %T after %v, want nothing at once", msg, time.Since(begin))
		}
	})
}

func TestBackOff(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(sampleOf(0, 1, time.Second))
	for i, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second, 10 * time.Second} {
		r.failPoll("connection refused", "")
		if got := r.poll.next.Sub(r.at); got != want {
			t.Errorf("after %d failures: got %v, want %v", i+1, got, want)
		}
	}
	r.answerPoll(sampleOf(1, 1, time.Second))
	if got := r.poll.next.Sub(r.at); got != time.Second {
		t.Errorf("after an answer: got %v, want 1s", got)
	}
}

// Polls are an interval apart from start to start, however long they take.
func TestPollsAreEven(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: time.Second, 300 * time.Millisecond: 700 * time.Millisecond, 2 * time.Second: 250 * time.Millisecond,
	} {
		r := newRig(t, Options{})
		r.advance(took)
		r.answerPoll(sampleOf(0, 1, time.Second))
		if got := r.poll.next.Sub(r.at); got != want {
			t.Errorf("a poll that took %v: the next is in %v, want %v", took, got, want)
		}
	}
}

func TestIntervalIsBounded(t *testing.T) {
	for in, want := range map[time.Duration]time.Duration{
		0: time.Second, time.Millisecond: MinInterval, time.Hour: MaxInterval, 3 * time.Second: 3 * time.Second, -time.Second: MinInterval,
	} {
		if got := newRig(t, Options{Interval: in}).poll.interval; got != want {
			t.Errorf("%v: got %v, want %v", in, got, want)
		}
	}
	r := newRig(t, Options{Interval: 3 * time.Second})
	r.press("+")
	if r.poll.interval != 5*time.Second {
		t.Errorf("+ from 3s: got %v, want 5s", r.poll.interval)
	}
	r = newRig(t, Options{Interval: 3 * time.Second})
	r.press("-")
	if r.poll.interval != 2*time.Second {
		t.Errorf("- from 3s: got %v, want 2s", r.poll.interval)
	}
}

func TestFailuresThatAreNone(t *testing.T) {
	if asFailure(nil) != nil {
		t.Error("no error is a failure")
	}
	if got := asFailure(errors.New("odd")); got.Words != "odd" {
		t.Errorf("got %q, want odd", got.Words)
	}
	f := &client.Failure{Words: "refused"}
	if got := asFailure(errors.Join(f)); got != f {
		t.Errorf("got %v, want %v", got, f)
	}
}

func TestPanicOfACommandIsAMessage(t *testing.T) {
	msg, ok := guard(func() tea.Msg { panic("boom") })().(fatalMsg)
	if !ok || !strings.Contains(msg.err.Error(), "panic: boom") {
		t.Errorf("got %v", msg)
	}
}
