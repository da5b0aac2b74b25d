package queue

import "time"

// likelyStart is when a request starts if as many others come as of late.
type likelyStart struct {
	at     time.Duration
	passed int // by so many of them
	of     int // so many have come of late
}

// comeAgain is how often newcomers are expected to come again: nobody knows how long traffic
// lasts.
const comeAgain = 2

// fewTimes the length of the line are expected to come at most, and as many as came of late.
const fewTimes = 4

// playWith plays the line forward while newcomers come, and come again after each period,
// and notes the likely starts in a plan. There are no more of them than a few times the
// length of the line.
func (p *projection) playWith(come []newcomer, period time.Duration, into *plan) {
	p.finish()
	s, n := &p.settings, p.len()
	next, of := 0, len(come)
	most := min(comeAgain*of, fewTimes*n+of)
	arrives := func() time.Duration {
		if next >= most {
			return never
		}
		return come[next%of].at + period*time.Duration(next/of)
	}
	join := func(at time.Duration) { // those that have come by then
		for ; arrives() <= at; next++ {
			c := &come[next%of]
			t := &Ticket{user: p.userOf(c.user), class: c.class, cost: c.cost, arrived: arrives()}
			t.arrival.Item, t.mine.Item, t.place.Item = t, t, t
			p.order.join(t, t.arrived, false)
		}
	}
	at, slot, passed := p.at, p.at, 0
	for n > 0 {
		if busy := len(p.free) - s.concurrency(); busy >= 0 {
			slot = max(slot, p.free[busy])
		}
		earliest := max(at, slot)
		for join(earliest); s.adaptive(); join(earliest) {
			opens, _ := p.limits.Next(p.first().cost)
			if arrives() > max(earliest, opens) {
				break
			}
			earliest = max(earliest, arrives())
		}
		copied, starts := p.start(max(at, slot))
		slot = max(starts, p.paused)
		if p.free != nil {
			p.free = append(p.free, starts+p.took)
		}
		if at = slot; !s.adaptive() {
			join(slot + s.MinDelay)
			at += s.Spacing(p.len())
		}
		original := copied.original()
		if original == copied {
			passed++
			continue
		}
		n--
		if i, ok := into.index[original]; ok {
			into.entries[i].likely = likelyStart{at: max(starts, into.entries[i].at), passed: passed, of: of}
		}
	}
	p.choose(into)
}
