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

// resize sets the limit, and for how long it the bucket stores it. A bucket that
// had no limit starts full; otherwise it keeps what it holds.
func (t *bucket) resize(now micros, limit int, window micros) {
	t.advance(now)
	was := t.limit
	t.limit = int64(limit)
	t.size = t.limit * int64(window)
	if limit > 0 {
		t.size = max(t.size, token)
	}
	if was == 0 {
		t.level = t.size
	}
	t.level = min(t.level, t.size)
}

// advance moves the bucket to now. The number of steps makes no difference.
func (t *bucket) advance(now micros) {
	passed := int64(now - t.at)
	if passed <= 0 {
		return
	}
	t.at = now
	net := t.limit - t.drainRate
	switch {
	case t.limit == 0:
	case net > 0 && passed >= (t.size-t.level)/net+1:
		t.level = t.size
	default:
		t.level = min(t.level+net*passed, t.size)
	}
}

// wait returns how long until the bucket holds units; if it can never hold them,
// false and how long until it is full. It counts the refill only.
func (t *bucket) wait(now micros, units int64) (micros, bool) {
	if t.limit == 0 {
		return 0, true
	}
	t.advance(now)
	if units > t.size {
		return t.untilFull(now), false
	}
	return t.refill(units - t.level), true
}

// untilFull returns how long until the bucket is full.
func (t *bucket) untilFull(now micros) micros {
	t.advance(now)
	return t.refill(t.size - t.level)
}

// refill returns how long it takes to refill units, rounded up.
func (t *bucket) refill(units int64) micros {
	if units <= 0 || t.limit == 0 {
		return 0
	}
	return micros((units + t.limit - 1) / t.limit)
}

// take draws units; a negative number gives units back, and what does not fit is
// lost.
func (t *bucket) take(now micros, units int64) {
	t.advance(now)
	if t.limit > 0 {
		t.level = min(t.level-units, t.size)
	}
}

// changeDrain adds rate to the speed at which the bucket drains.
func (t *bucket) changeDrain(now micros, rate int64) {
	t.advance(now)
	t.drainRate += rate
}
