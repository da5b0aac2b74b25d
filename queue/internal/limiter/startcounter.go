package limiter

import "time"

// startCounter counts the starts of the last ten seconds.
type startCounter struct {
	slots  [10]int // by second
	second int64   // the latest
}

func (c *startCounter) advance(now time.Duration) {
	second := int64(now / time.Second)
	for range min(second-c.second, int64(len(c.slots))) {
		c.second++
		c.slots[c.second%int64(len(c.slots))] = 0
	}
	c.second = max(c.second, second)
}

func (c *startCounter) add(now time.Duration) {
	c.advance(now)
	c.slots[c.second%int64(len(c.slots))]++
}

// refused takes back a start.
func (c *startCounter) refused(now, at time.Duration) {
	c.advance(now)
	if second := int64(at / time.Second); c.second-second < int64(len(c.slots)) {
		c.slots[second%int64(len(c.slots))]--
	}
}

func (c *startCounter) count(now time.Duration) (n int) {
	c.advance(now)
	for _, s := range c.slots {
		n += s
	}
	return n
}
