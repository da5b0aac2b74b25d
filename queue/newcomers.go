package queue

import (
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

// newcomers are the requests that have come to a lane of late. As many, of the same users
// and priorities, are expected to come again: the likely start of one that waits is when it
// starts then. The zero newcomers are none.
type newcomers struct {
	latest []newcomer // the oldest first; those before the last keptNewcomers do not count
}

// newcomer is one of them.
type newcomer struct {
	at    time.Duration
	user  *user
	class uint8
	cost  limiter.Amount
}

const (
	keptNewcomers = 128
	newcomersPart = 5 * time.Second // of the time that is looked at
	newcomerParts = 8
	newcomersTime = newcomerParts * newcomersPart
	fewInPart     = 2
)

// add notes one that comes at now.
func (n *newcomers) add(t *Ticket, now time.Duration) {
	if len(n.latest) == 2*keptNewcomers {
		n.latest = append(n.latest[:0], n.latest[keptNewcomers:]...)
	}
	n.latest = append(n.latest, newcomer{})
	c := &n.latest[len(n.latest)-1]
	c.at, c.user, c.class, c.cost = now, t.user, t.class, t.cost
}

// again returns those that are expected to come after now, and how long it takes until they
// come once more: those of the time before, in the opposite order, for the latest say most.
// A burst does not come again: of a part of that time in which far more came than in most,
// only as many count.
func (n *newcomers) again(now time.Duration) (all []newcomer, period time.Duration) {
	latest := n.latest[max(len(n.latest)-keptNewcomers, 0):]
	period = newcomersTime
	if len(latest) == keptNewcomers {
		period = min(period, max(now-latest[0].at, newcomersPart))
	}
	part := func(c *newcomer) int { return int(int64(now-c.at) * newcomerParts / int64(period+1)) }
	var in, kept [newcomerParts]int
	for i := range latest {
		if p := part(&latest[i]); p < newcomerParts {
			in[p]++
		}
	}
	sorted := in
	slices.Sort(sorted[:])
	usual := (sorted[newcomerParts/2-1] + sorted[newcomerParts/2] + 1) / 2
	for i := len(latest) - 1; i >= 0; i-- {
		c := latest[i]
		p := part(&c)
		if p >= newcomerParts {
			break
		}
		if in[p] > max(2*usual, fewInPart) {
			if kept[p]++; kept[p] > usual {
				continue
			}
		}
		c.at = now + (now - c.at)
		all = append(all, c)
	}
	return all, period
}
