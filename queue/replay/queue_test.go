package replay

import (
	"testing"
	"time"

	"paceline/queue"
)

// What was waited for adds up to what the users waited, and bears the name of what
// the load is bound by.
func TestHeldAddsUp(t *testing.T) {
	for _, c := range []struct {
		load int // of Loads
		pace string
		what string
	}{
		{4, Spaced, queue.HeldBySpacing},
		{4, Adaptive, "requests"},
		{5, Adaptive, "input tokens"},
		{6, Adaptive, "output tokens"},
		{9, Spaced, queue.HeldBySpacing},
	} {
		l := Loads()[c.load]
		f := playOf(t, &l, c.pace)
		var held, waited time.Duration
		for _, d := range f.Held {
			held += d
		}
		for _, a := range f.Answers {
			waited += a.Wait
		}
		if share := f.Held[c.what].Seconds() / held.Seconds(); share < 0.95 {
			t.Errorf("%s, %s: %s is %.2f of what was waited for, want nearly all: %v", l.Name, c.pace, c.what, share, f.Held)
		}
		if ratio := held.Seconds() / waited.Seconds(); ratio < 0.99 || ratio > 1.01 {
			t.Errorf("%s, %s: messages were held for %v in all and waited %v, want the same", l.Name, c.pace, held, waited)
		}
	}
}

func TestNothingIsHeldWithoutAQueue(t *testing.T) {
	l := Loads()[4]
	for _, pace := range []string{NoQueue, SDKRetries, PublishedSpacing, ToldTheLimit, Oracle} {
		if f := playOf(t, &l, pace); len(f.Held) > 0 {
			t.Errorf("%s: got %v, want none", pace, f.Held)
		}
	}
}

// A queue of one's own settings refuses what it would refuse elsewhere, and that
// counts as failed.
func TestAQueueRefusesAtItsDoor(t *testing.T) {
	s := queue.DefaultSettings()
	s.MaxQueue = 10
	l := Loads()[4]
	f, err := Play(&l, Queue("short", s, false))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Answers)+f.Failures != 80 || len(f.Answers) < 10 || len(f.Answers) > 12 {
		t.Errorf("got %d answers and %d failures, want what fits and the rest of 80", len(f.Answers), f.Failures)
	}
}
