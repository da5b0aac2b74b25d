package queue

import "time"

// What a line does is judged over a while: people come at random.
const (
	trendLooks  = 8                // that are remembered
	trendEvery  = 5 * time.Second  // between two of them
	trendOver   = 30 * time.Second // a line is longer, or shorter, than so long ago
	trendHeld   = 15 * time.Second // for so long, before it is said, or no more
	trendCame   = 20 * time.Second // somebody has come, else it does not grow
	trendLeast  = 3                // by so many requests,
	trendShares = 10               // or by such a part of it, if that is more
)

// trend is whether the line grows. The zero trend is of one that does not.
type trend struct {
	came    time.Duration // somebody last
	looks   [trendLooks]lineLook
	n       int // looks so far
	grows   bool
	other   bool          // it is the other way round,
	otherAt time.Duration // and since when
}

// lineLook is how many waited at a time.
type lineLook struct {
	at      time.Duration
	waiting int
}

// before returns the look at least so long ago, or the oldest; false if there is none.
func (t *trend) before(at time.Duration) (look lineLook, ok bool) {
	for i := range min(t.n, trendLooks) {
		look, ok = t.looks[(t.n-1-i)%trendLooks], true
		if look.at <= at {
			break
		}
	}
	return look, ok && look.at <= at
}

// take takes how many wait, and how many have come and gone in the last minute.
func (t *trend) take(now time.Duration, waiting, came, gone int) {
	if t.n == 0 || now-t.looks[(t.n-1)%trendLooks].at >= trendEvery {
		t.looks[t.n%trendLooks] = lineLook{now, waiting}
		t.n++
	}
	before, known := t.before(now - trendOver)
	by := max(trendLeast, waiting/trendShares)
	longer, shorter := known && waiting >= before.waiting+by, known && waiting <= before.waiting-by
	if shorter || waiting == 0 || now-t.came >= trendCame {
		t.grows, t.other = false, false
		return
	}
	other := came > gone && longer
	if t.grows {
		other = came <= gone
	}
	if other && !t.other {
		t.otherAt = now
	}
	t.other = other
	if other && now-t.otherAt >= trendHeld {
		t.grows, t.other = !t.grows, false
	}
}
