package queue

import "time"

// maxPromoted keeps a start short where many have waited equally long.
const maxPromoted = 1000

// started notes that a request of a class has started at now. The time since the last
// start was that class's: the clocks of the lower ones go on.
func (o *order) started(class uint8, now, aging time.Duration) {
	took := now - o.lastStart
	o.lastStart = now
	for lower := int(class) + 1; lower < len(o.classes); lower++ {
		o.classes[lower].clock += took
		o.promote(&o.classes[lower], now, aging)
	}
}

// promote moves up the next request of each user of a class that has had no turn for
// aging while higher classes started. There it joins like a new one, and there it is
// charged. The user's other requests do not move with it: else a user with many would
// soon be before all others of its class. It moves maxPromoted at once; the next start moves
// more.
func (o *order) promote(c *class, now, aging time.Duration) {
	for range maxPromoted {
		n := c.users.First
		if n == nil || c.clock-n.Item.servedAt < aging {
			return
		}
		s := n.Item
		t := s.line.first()
		c.noteTurn(s)
		o.leave(t)
		t.class--
		o.join(t, now, false)
	}
}
