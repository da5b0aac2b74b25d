package sim

import "time"

// micros is a time since an account's epoch, in microseconds: the account's unit
// of time.
type micros int64

const (
	second = micros(time.Second / time.Microsecond)
	minute = 60 * second
)

// token is one request or token in the unit that a tank counts in. A limit of n a
// minute refills exactly n units in a microsecond, so that nothing is rounded
// however often a tank is looked at.
const token = int64(minute)

// tank is one token bucket: what it can hold is the limit of a minute, or less,
// and it refills continuously. While answers are produced it also drains
// continuously. A tank without a limit holds everything. It is right at one time,
// at, and settle brings it to a later one.
type tank struct {
	limit int64 // a minute, so units a microsecond; zero for none
	size  int64 // units
	level int64 // units; below zero when more was produced than it held
	drain int64 // units a microsecond
	at    micros
}

// resize sets the limit, and how much of it the tank holds. A tank that had no
// limit begins full; otherwise it keeps what it holds.
func (t *tank) resize(now micros, limit int, window micros) {
	t.settle(now)
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

// settle brings the tank to now. It does not matter how many steps it takes.
func (t *tank) settle(now micros) {
	passed := int64(now - t.at)
	if passed <= 0 {
		return
	}
	t.at = now
	net := t.limit - t.drain
	switch {
	case t.limit == 0:
	case net > 0 && passed >= (t.size-t.level)/net+1:
		t.level = t.size
	default:
		t.level = min(t.level+net*passed, t.size)
	}
}

// wait returns how long the tank refills until it holds that much; false if it
// can never hold it, and then until it is full. It looks at the refill alone.
func (t *tank) wait(now micros, units int64) (micros, bool) {
	if t.limit == 0 {
		return 0, true
	}
	t.settle(now)
	if units > t.size {
		return t.untilFull(now), false
	}
	return t.refill(units - t.level), true
}

// untilFull returns how long the tank refills until it is full.
func (t *tank) untilFull(now micros) micros {
	t.settle(now)
	return t.refill(t.size - t.level)
}

// refill returns how long it takes to refill that much, rounded up.
func (t *tank) refill(units int64) micros {
	if units <= 0 || t.limit == 0 {
		return 0
	}
	return micros((units + t.limit - 1) / t.limit)
}

// take draws units, or with a negative number gives them back; what does not fit
// is lost.
func (t *tank) take(now micros, units int64) {
	t.settle(now)
	if t.limit > 0 {
		t.level = min(t.level-units, t.size)
	}
}

// flow makes the tank drain so much faster from now on, or slower.
func (t *tank) flow(now micros, rate int64) {
	t.settle(now)
	t.drain += rate
}
