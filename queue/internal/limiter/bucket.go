package limiter

import (
	"math"
	"time"
)

// maxBucketWait is the longest time that is waited for a bucket: what is more is a slip
// of an estimate.
const maxBucketWait = 24 * time.Hour

// bucket is the model of one limit: a token bucket that refills continuously. The
// zero bucket is no limit.
type bucket struct {
	perMinute float64 // zero: no limit
	capacity  float64 // at most
	level     float64 // at at; below zero while what was started is not produced yet
	at        time.Duration
	from      time.Duration // it does not refill before
}

// fullBucket returns a bucket that is full.
func fullBucket(perMinute float64, now time.Duration) bucket {
	return bucket{perMinute: perMinute, capacity: perMinute, level: perMinute, at: now, from: now}
}

func (b *bucket) limits() bool { return b.perMinute > 0 }

func (b *bucket) perSecond() float64 { return b.perMinute / 60 }

// levelAt returns what the bucket holds at now. It may have been set for a time to
// come: before that it holds less.
func (b *bucket) levelAt(now time.Duration) float64 {
	since := max(b.at, b.from)
	if since > b.at {
		now = max(now, since)
	}
	return min(b.level+b.perSecond()*(now-since).Seconds(), b.capacity)
}

// set makes the bucket hold so much at now, but no debt of more than it ever holds.
func (b *bucket) set(now time.Duration, level float64) {
	b.level, b.at = max(min(level, b.capacity), -b.capacity), now
}

// take takes so much at now.
func (b *bucket) take(now time.Duration, n float64) {
	if b.limits() {
		b.set(now, b.levelAt(now)-n)
	}
}

// availableAt returns when the bucket holds so much. A need of more than it ever holds
// waits for a full one.
func (b *bucket) availableAt(n float64) time.Duration {
	if !b.limits() {
		return 0
	}
	return b.reachesAt(min(n, b.capacity))
}

// reachesAt returns when the level is so high, which is no more than it holds: before the
// time for which the bucket was set, if it holds more then.
func (b *bucket) reachesAt(level float64) time.Duration {
	missing := level - b.level
	if missing <= 0 {
		return max(b.at+time.Duration(missing/b.perSecond()*1e9), 0)
	}
	since := max(b.at, b.from)
	seconds := missing / b.perSecond()
	if seconds > maxBucketWait.Seconds() {
		return since + maxBucketWait
	}
	return since + time.Duration(math.Ceil(seconds*1e9))
}

// suppliedAt returns when n in total will have been supplied from now on, if each token
// is taken at once, so that nothing overflows.
func (b *bucket) suppliedAt(now time.Duration, n float64) time.Duration {
	level := *b
	level.set(now, b.levelAt(now))
	return level.reachesAt(n)
}

// resize gives the bucket another limit. What it holds stays, as far as it fits.
func (b *bucket) resize(now time.Duration, perMinute, holds float64) {
	level := b.levelAt(now)
	b.perMinute, b.capacity = perMinute, holds
	b.set(now, level)
}

// raise sets another limit, and adds the difference if it is higher.
func (b *bucket) raise(now time.Duration, perMinute float64) {
	level := b.levelAt(now) + max(perMinute-b.perMinute, 0)
	b.perMinute, b.capacity = perMinute, perMinute
	b.set(now, level)
}

// resume lets a bucket that was set for a time to come hold so much now, at least.
func (b *bucket) resume(now time.Duration, least float64) {
	if b.limits() {
		b.from = min(b.from, now)
		b.set(now, max(b.levelAt(now), min(least, b.capacity)))
	}
}
