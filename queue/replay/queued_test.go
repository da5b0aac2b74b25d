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
		r := runPace(t, &l, c.pace)
		var held, waited time.Duration
		for _, d := range r.Blocked {
			held += d
		}
		for _, a := range r.Answers {
			waited += a.Wait
		}
		if share := r.Blocked[c.what].Seconds() / held.Seconds(); share < 0.95 {
			t.Errorf("%s, %s: %s is %.2f of what was waited for, want nearly all: %v", l.Name, c.pace, c.what, share, r.Blocked)
		}
		if ratio := held.Seconds() / waited.Seconds(); ratio < 0.99 || ratio > 1.01 {
			t.Errorf("%s, %s: messages were held for %v in all and waited %v, want the same", l.Name, c.pace, held, waited)
		}
	}
}

func TestNothingIsBlockedWithoutAQueue(t *testing.T) {
	l := Loads()[4]
	for _, pace := range []string{NoQueue, SDKRetries, PublishedSpacing, KnownLimit, Oracle} {
		if r := runPace(t, &l, pace); len(r.Blocked) > 0 {
			t.Errorf("%s: got %v, want none", pace, r.Blocked)
		}
	}
}

// A queue of one's own settings refuses what it would refuse elsewhere, and that
// counts as failed.
func TestAQueueRefusesOnArrival(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxQueue = 10
	l := Loads()[4]
	r, err := Run(t.Context(), &l, QueuePace("short", s, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Answers)+r.Failures != 80 || len(r.Answers) < 10 || len(r.Answers) > 12 || r.Refused != r.Failures {
		t.Errorf("got %d answers and %d failures, %d of them at the door; want what fits and the rest of 80", len(r.Answers), r.Failures, r.Refused)
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
	r := runPace(t, &l, AdaptiveRestarted)
	full := runPace(t, &l, Adaptive).WaitQuantiles(0.5)[0]
	if half := r.WaitQuantiles(0.5)[0]; r.Failures > 0 || r.RateLimited > 0 || half <= full || half > 5*time.Second {
		t.Errorf("%d failed, %d were refused, half waited %v; want none, none, and a little more than the %v of a queue that goes on", r.Failures, r.RateLimited, half, full)
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
	r, err := Run(t.Context(), &l, QueuePace("one at a time", s, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Answers) != 2 || r.Failures != 1 || r.withTag(faulty).Failures != 1 || r.Answers[0].Wait != s.MaxRun {
		t.Errorf("got the answers %v and %d failures, want one that waited for %v, the next one, and the hung one's", r.Answers, r.Failures, s.MaxRun)
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
	r, err := Run(t.Context(), &l, QueuePace("spaced", s, false))
	if err != nil || len(r.Left) != 1 || r.Left[0] != 90*time.Second || r.RateLimited == 0 {
		t.Errorf("got %v, who left after %v, and %d refusals; want one after 90 s", err, r.Left, r.RateLimited)
	}
}
