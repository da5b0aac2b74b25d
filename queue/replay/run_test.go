package replay

import (
	"context"
	"errors"
	"testing"
	"time"
)

// endless is a pace that always has another event scheduled.
type endless struct{ every time.Duration }

func (e endless) ask(s *simulation, m *Message) { s.schedule(e.every, func() { e.ask(s, m) }) }
func (endless) afterEvents(*simulation)         {}

// A run that would go on for ever ends with its context, whether its time goes on or
// stands still.
func TestARunEndsWithItsContext(t *testing.T) {
	gone := errors.New("nobody asks any more")
	for _, every := range []time.Duration{0, time.Second} {
		ctx, cancel := context.WithCancelCause(t.Context())
		looks := 0
		l := Load{Name: "endless", Users: 1, Account: AccountWith(tier1), Messages: allAtOnce(1, 1, short), AfterEvent: func() {
			if looks++; looks == 10 {
				cancel(gone)
			}
		}}
		r, err := Run(ctx, &l, paceWithoutQueue("endless", func(*Load) pacer { return endless{every} }))
		if r != nil || !errors.Is(err, gone) || looks != 10 {
			t.Errorf("every %v: got %v, %v after %d looks, want %v after 10", every, r, err, looks, gone)
		}
	}
}

// A message of the warm-up counts its wait since then, and so does its patience.
func TestMessagesOfTheWarmUp(t *testing.T) {
	early := func(patience time.Duration) Load {
		return Load{Name: "early", Users: 1, Account: AccountWith(tier1), Messages: func() []*Message {
			first, second := message(0, 0, short), message(0, 1, short)
			first.At, second.At = WarmUp-time.Minute, WarmUp-30*time.Second
			second.Patience = patience
			return []*Message{first, second}
		}}
	}
	l := early(0)
	r := runPace(t, &l, PublishedSpacing) // 3.2 s from the first start to the second one
	if len(r.Answers) != 2 || r.Answers[0].Wait != time.Minute || r.Answers[1].Wait.Round(time.Second) != 33*time.Second {
		t.Errorf("got %+v, want that they have waited a minute, and half a one and 3 s", r.Answers)
	}
	l = early(31 * time.Second)
	r = runPace(t, &l, Spaced)
	if len(r.Answers) != 1 || len(r.Left) != 1 || r.Left[0] != 31*time.Second {
		t.Errorf("got %d answers, and %v left, want that one left after 31 s", len(r.Answers), r.Left)
	}
}
