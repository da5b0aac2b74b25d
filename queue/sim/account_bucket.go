package sim

import "time"

// micros is a time since an account's epoch, in microseconds: the account's unit of
// time.
type micros int64

const (
	second = micros(time.Second / time.Microsecond)
	minute = 60 * second
)

// token is one request or token in the unit of a bucket. A limit of n a minute
// refills exactly n units in a microsecond, so that nothing is ever rounded.
const token = int64(minute)

// bucket is one token bucket: it holds the limit of a minute, or less, and refills
// continuously. While answers are produced it also drains continuously. A bucket
// without a limit holds everything. Its level is that of the time at; advance moves
// it to a later time.
type bucket struct {
	limit     int64 // a minute, which is units a microsecond; zero for none
	size      int64 // units
	level     int64 // units; below zero when more was produced than it held
	drainRate int64 // units a microsecond
	at        micros
}

// resize sets the limit, for how long the bucket stores it, and how much it holds at most;
// zero: no less than that. A bucket that had no limit starts full; otherwise it keeps what
// it holds.
func (b *bucket) resize(now micros, limit int, window micros, most int) {
	b.advance(now)
	was := b.limit
	b.limit = int64(limit)
	b.size = b.limit * int64(window)
	if most > 0 {
		b.size = min(b.size, int64(most)*token)
	}
	if limit > 0 {
		b.size = max(b.size, token)
	}
	if was == 0 {
		b.level = b.size
	}
	b.level = min(b.level, b.size)
}

// advance moves the bucket to now. The number of steps makes no difference.
func (b *bucket) advance(now micros) {
	passed := int64(now - b.at)
	if passed <= 0 {
		return
	}
	b.at = now
	net := b.limit - b.drainRate
	switch {
	case b.limit == 0:
	case net > 0 && passed >= (b.size-b.level)/net+1:
		b.level = b.size
	default:
		b.level = min(b.level+net*passed, b.size)
	}
}

// wait returns how long until the bucket holds units; if it can never hold them,
// false and how long until it is full. It counts the refill only.
func (b *bucket) wait(now micros, units int64) (micros, bool) {
	if b.limit == 0 {
		return 0, true
	}
	b.advance(now)
	if units > b.size {
		return b.untilFull(now), false
	}
	return b.refill(units - b.level), true
}

// untilFull returns how long until the bucket is full.
func (b *bucket) untilFull(now micros) micros {
	b.advance(now)
	return b.refill(b.size - b.level)
}

// refill returns how long it takes to refill units, rounded up.
func (b *bucket) refill(units int64) micros {
	if units <= 0 || b.limit == 0 {
		return 0
	}
	return micros((units + b.limit - 1) / b.limit)
}

// take draws units; a negative number gives units back, and what does not fit is
// lost.
func (b *bucket) take(now micros, units int64) {
	b.advance(now)
	if b.limit > 0 {
		b.level = min(b.level-units, b.size)
	}
}

// changeDrain adds rate to the speed at which the bucket drains.
func (b *bucket) changeDrain(now micros, rate int64) {
	b.advance(now)
	b.drainRate += rate
}
