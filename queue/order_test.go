package queue

import (
	"testing"
	"time"
)

func TestWhoIsDueMovesUpWhateverTheOthersDo(t *testing.T) {
	us := newUsers()
	var o order
	join := func(id uint64, name string, p Priority, at time.Duration) *Ticket {
		ticket := &Ticket{}
		ticket.init(id, us.get("", name, at), p, at)
		o.join(ticket, at, false)
		return ticket
	}
	low := join(1, "low", Low, 5)
	normal := join(2, "normal", Normal, 10)
	for _, step := range []struct {
		now, due    time.Duration
		low, normal uint8 // classes after it
	}{
		{14, 15, 2, 1},
		{15, 20, 1, 1},
		{20, 25, 1, 0},
		{25, never, 0, 0},
	} {
		o.promote(step.now, 10)
		if low.class != step.low || normal.class != step.normal || o.ageDue(10) != step.due {
			t.Errorf("at %d: low is in class %d, normal in %d, next is due at %d; want %d, %d and %d",
				step.now, low.class, normal.class, o.ageDue(10), step.low, step.normal, step.due)
		}
	}
	if first := o.next(); first != normal {
		t.Errorf("%s is next, want the one that came into the class first", first.user.name)
	}
}
