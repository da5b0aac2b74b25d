package replay

import (
	"testing"
	"time"

	"paceline/queue"
)

// What was waited for adds up to what the users waited, and bears the name of what
// the load is bound by.
func TestBlockedAddsUp(t *testing.T) {
	for _, c := range []struct {
		load int // of Loads
		pace string
		what string
	}{
		{4, Spaced, queue.BlockedBySpacing},
		{4, Adaptive, "requests"},
		{5, Adaptive, "input tokens"},
		{6, Adaptive, "output tokens"},
		{9, Spaced, queue.BlockedBySpacing},
	} {
		l := Loads()[c.load]
		f := runPace(t, &l, c.pace)
		var held, waited time.Duration
		for _, d := range f.Blocked {
			held += d
		}
		for _, a := range f.Answers {
			waited += a.Wait
		}
		if share := f.Blocked[c.what].Seconds() / held.Seconds(); share < 0.95 {
			t.Errorf("%s, %s: %s is %.2f of what was waited for, want nearly all: %v", l.Name, c.pace, c.what, share, f.Blocked)
		}
		if ratio := held.Seconds() / waited.Seconds(); ratio < 0.99 || ratio > 1.01 {
			t.Errorf("%s, %s: messages were held for %v in all and waited %v, want the same", l.Name, c.pace, held, waited)
		}
	}
}

func TestNothingIsBlockedWithoutAQueue(t *testing.T) {
	l := Loads()[4]
	for _, pace := range []string{NoQueue, SDKRetries, PublishedSpacing, KnownLimit, Oracle} {
		if f := runPace(t, &l, pace); len(f.Blocked) > 0 {
			t.Errorf("%s: got %v, want none", pace, f.Blocked)
		}
	}
}

// A queue of one's own settings refuses what it would refuse elsewhere, and that
// counts as failed.
func TestAQueueRefusesOnArrival(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxQueue = 10
	l := Loads()[4]
	f, err := Run(t.Context(), &l, Queue("short", s, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Answers)+f.Failures != 80 || len(f.Answers) < 10 || len(f.Answers) > 12 || f.Refused != f.Failures {
		t.Errorf("got %d answers and %d failures, %d of them at the door; want what fits and the rest of 80", len(f.Answers), f.Failures, f.Refused)
	}
}

// Answers that are not streamed teach the queue at their ends: until then it explores, and
// goes too far.
func TestAPlainAnswerReportsAtItsEnd(t *testing.T) {
	l := Load{Name: "streams", Users: 80, Account: AccountWith(tier1), Messages: allAtOnce(80, 1, short)}
	streamed := runPace(t, &l, AdaptiveCold).RateLimited
	l.Messages = modified(l.Messages, func(m *Message) { m.NoStream = true })
	plain := runPace(t, &l, AdaptiveCold).RateLimited
	if streamed > 0 || plain == 0 {
		t.Errorf("%d were refused with streams, and %d with plain answers, want none and some", streamed, plain)
	}
}

// A queue that was restarted knows the limits, and not what was left of them.
func TestARestartedQueueGoesOn(t *testing.T) {
	l := Loads()[4]
	f := runPace(t, &l, AdaptiveRestarted)
	full := runPace(t, &l, Adaptive).WaitQuantiles(0.5)[0]
	if half := f.WaitQuantiles(0.5)[0]; f.Failures > 0 || f.RateLimited > 0 || half <= full || half > 5*time.Second {
		t.Errorf("%d failed, %d were refused, half waited %v; want none, none, and a little more than the %v of a queue that goes on", f.Failures, f.RateLimited, half, full)
	}
}

// A call that hangs loses its slot and is cut off at the API; its end, much later,
// changes nothing.
func TestACallThatHangs(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxInFlight = 1
	l := Load{Name: "a hang", Users: 2, Account: AccountWith(tier1), Messages: func() []*Message {
		hung, next := message(0, 0, short), message(1, 0, short)
		hung.Call.Hang, hung.Tag = true, faulty
		hung.Next = message(0, 1, short)
		return []*Message{hung, next}
	}}
	f, err := Run(t.Context(), &l, Queue("one at a time", s, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Answers) != 2 || f.Failures != 1 || f.withTag(faulty).Failures != 1 || f.Answers[0].Wait != s.MaxRun {
		t.Errorf("got the answers %v and %d failures, want one that waited for %v, the next one, and the hung one's", f.Answers, f.Failures, s.MaxRun)
	}
}

// A user leaves whose request the API refuses until their patience ends.
func TestPatienceEndsAmongRefusals(t *testing.T) {
	s := queue.DefaultSettings()
	l := Load{Name: "never", Users: 1, Account: AccountWith(tier1), Messages: func() []*Message {
		m := message(0, 0, short)
		m.Call.InputTokens, m.Patience = 60_000, 90*time.Second
		return []*Message{m}
	}}
	f, err := Run(t.Context(), &l, Queue("spaced", s, false))
	if err != nil || len(f.Left) != 1 || f.Left[0] != 90*time.Second || f.RateLimited == 0 {
		t.Errorf("got %v, who left after %v, and %d refusals; want one after 90 s", err, f.Left, f.RateLimited)
	}
}
