package limiter

import "time"

// caution is what is held back of limits after a refusal that what answers report does not
// explain. The account's own figures stay beside it, for people; it is over for a limit as soon
// as it holds back no more than the account does. The zero caution holds back nothing.
type caution struct {
	account [Dimensions]bucket // by what answers report; no limit: nothing is held back
	until   time.Duration      // what started after it shows by its answer that there is room
}

// begin notes what the account has before something of it is held back.
func (c *caution) begin(buckets *[Dimensions]bucket) {
	for d := range buckets {
		if !c.account[d].limits() {
			c.account[d] = buckets[d]
		}
	}
}

// end ends what holds back no more than the account does.
func (c *caution) end(d int, b *bucket, now time.Duration) {
	if own := &c.account[d]; b.capacity >= own.capacity && b.levelAt(now) > own.levelAt(now)-1 {
		*own = bucket{}
	}
}

// more is how many starts more an answer allows, to a call that started at a time, than were
// saved up since the refusal: where it tells of room one, so that the pace doubles until nothing
// is held back or the next refusal halves what may start at once.
func (c *caution) more(started time.Duration) float64 {
	if c.account[Requests].limits() && started >= c.until {
		return 1
	}
	return 0
}

// take takes so much at now.
func (c *caution) take(d int, now time.Duration, n float64) { c.account[d].take(now, n) }

// holdsBack reports whether a start of a cost could happen sooner by what the account has.
func (c *caution) holdsBack(d int, b *bucket, cost float64) bool {
	own := &c.account[d]
	return own.limits() && own.availableAt(cost) < b.availableAt(cost)
}

// told returns the bucket as the account tells it.
func (c *caution) told(d int, b *bucket) *bucket {
	if own := &c.account[d]; own.limits() {
		return own
	}
	return b
}
