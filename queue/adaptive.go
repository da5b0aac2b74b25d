package queue

import (
	"math"
	"time"
)

// adaptive is the pace of a lane whose limits the answers have told: a model of
// the account's buckets, from which each start takes its cost, and which each
// answer corrects. The zero adaptive knows nothing.
//
// An answer tells what was left when its request arrived, so the starts since
// then are taken from that once more. What others take from the same account
// shows there, too.
type adaptive struct {
	buckets [dimensions]bucket
	known   bool               // the answers tell limits
	toldAt  time.Duration      // when they last did
	most    [dimensions]bucket // what may be left at most, by limits that were told elsewhere; see know

	launches []launch      // by start; those that can still matter
	first    uint64        // the number of launches[0], less one: numbers begin at 1
	heard    uint64        // the latest launch whose answer told something
	mute     int           // answers in a row that told nothing
	usual    amount        // what a start costs, of late
	input    doubt         // by how much estimates of the input are off
	burst    float64       // how many may start at once after a burst was refused; zero: as many as the limit
	grown    time.Duration // when burst was last raised
	halved   time.Duration // when a burst was last refused
}

// launch is a start.
type launch struct {
	at    time.Duration
	cost  amount        // as estimated, with a reserve; then as told
	input float64       // as estimated; zero once it is told,
	told  time.Duration // which was then
	short bool          // its answer told that too little was left for it
	share amount        // how much of it is taken from the buckets on top of what answers told, 0 to 1
	level float64       // requests that the bucket held after it, by the model
	ended bool
	end   time.Duration
}

const (
	mutes    = 5                      // answers in a row without limits, and they count as not known
	rounding = 500                    // tokens are told to the nearest thousand,
	margin   = 0.02                   // and of small limits at most this share is kept in reserve
	slack    = 0.05                   // of its input tokens may an API's estimate of a request be too low
	shuffled = 100 * time.Millisecond // within it, starts may arrive in another order
	recovery = 0.02                   // of the limit more that may start at once after each minute without a refused burst
)

// careful adds to a cost by how much the estimate of its tokens may be too low.
func (a *adaptive) careful(c amount) amount {
	c[inputTokens] *= 1 + a.input.share()
	return c
}

// opens returns when all buckets hold a cost, by a careful estimate.
func (a *adaptive) opens(c amount) time.Duration { return allOpen(&a.buckets, a.careful(c)) }

// allOpen returns when all buckets hold a cost.
func allOpen(buckets *[dimensions]bucket, c amount) time.Duration {
	var at time.Duration
	for d := range buckets {
		at = max(at, buckets[d].opens(c[d]))
	}
	return at
}

// start takes a start's cost, and returns its number. What it takes too much by a
// careful estimate comes back when the cost is told.
func (a *adaptive) start(now time.Duration, c amount) uint64 {
	careful := a.careful(c)
	for d := range a.buckets {
		b := &a.buckets[d]
		full := d == requests && b.levelAt(now) >= b.holds
		if b.take(now, careful[d]); full { // it begins to refill when the request arrives
			b.from = now + shuffled
		}
		a.most[d].take(now, careful[d])
		if len(a.launches) == 0 && a.first == 0 {
			a.usual[d] = c[d]
		}
		a.usual[d] += (c[d] - a.usual[d]) / 16
	}
	a.launches = append(a.launches, launch{at: now, cost: careful, input: c[inputTokens], share: amount{1, 1, 1}, level: a.buckets[requests].level})
	return a.first + uint64(len(a.launches))
}

// launch returns the start of a number; nil if it is forgotten, or another lane's.
func (a *adaptive) launch(number uint64) *launch {
	if number <= a.first || number > a.first+uint64(len(a.launches)) {
		return nil
	}
	return &a.launches[number-a.first-1]
}

// spent takes in what a start has cost, as far as that is known.
func (a *adaptive) spent(now time.Duration, number uint64, c amount) {
	if l := a.launch(number); l != nil {
		if l.input > 0 {
			l.told = now
		}
		a.input.learn(l.input, c[inputTokens])
		l.input = 0
	}
	a.charge(now, number, c)
}

// charge corrects what was taken for a start.
func (a *adaptive) charge(now time.Duration, number uint64, c amount) {
	l := a.launch(number)
	if l == nil {
		return
	}
	for d := range a.buckets {
		a.most[d].take(now, c[d]-l.cost[d])
		if d == inputTokens && l.share[d] < 1 && c[d] > 0 {
			continue // what the API has estimated wrong shows in what later answers tell
		}
		a.buckets[d].take(now, l.share[d]*(c[d]-l.cost[d]))
	}
	l.cost = c
}

// ended notes that a call has ended. What it did not produce is given back.
func (a *adaptive) ended(now time.Duration, number uint64, produced bool) {
	l := a.launch(number)
	if l == nil {
		return
	}
	if !produced {
		c := l.cost
		c[outputTokens] = 0
		a.charge(now, number, c)
	}
	l.ended, l.end = true, now
	if number > a.heard {
		a.mute++
	}
	if a.mute >= mutes {
		a.known = false
	}
	a.forget()
}

// forget drops the starts that can matter no more: those that had ended before
// the oldest one that runs began.
func (a *adaptive) forget() {
	oldest := never
	for i := range a.launches {
		if !a.launches[i].ended {
			oldest = a.launches[i].at
			break
		}
	}
	n := 0
	for n < len(a.launches) && a.launches[n].ended && a.launches[n].end <= oldest {
		n++
	}
	a.launches = a.launches[n:]
	a.first += uint64(n)
}

// learn takes what the answer to a start tells. Calls usually take so long.
func (a *adaptive) learn(now time.Duration, number uint64, told Limits, took time.Duration) {
	l := a.launch(number)
	limits := [dimensions]Limit{told.Requests, told.Input, told.Output}
	if l == nil || limits == [dimensions]Limit{} {
		return
	}
	for d := range a.buckets {
		l.short = l.short || limits[d].PerMinute > 0 && float64(limits[d].Remaining) < l.cost[d]
	}
	if number < a.heard { // a later start has told more
		return
	}
	a.heard, a.mute, a.known, a.toldAt = number, 0, true, now
	for d := range a.buckets {
		if limits[d].PerMinute > 0 {
			a.correct(d, now, number, limits[d], took)
		}
	}
}

// correct sets a bucket to what was left when a start arrived, less what was
// taken since.
func (a *adaptive) correct(d int, now time.Duration, number uint64, told Limit, took time.Duration) {
	b := &a.buckets[d]
	before, modelled := b.levelAt(now), b.perMinute > 0
	perMinute, left := float64(told.PerMinute), float64(told.Remaining)
	b.holds = perMinute
	if d == requests && a.burst > 0 {
		a.burst += recovery * perMinute * (now - a.grown).Minutes()
		a.grown = now
		b.holds = a.atOnce(perMinute)
	}
	b.perMinute = perMinute
	l := a.launch(number)
	switch {
	case d != requests:
		if told.FullIn > 0 { // as of now
			told.FullIn += now - l.at
		}
		left = b.told(told)
	case l.level > left && l.level < left+1: // told is only how many whole ones
		left = l.level
	case left+1 >= b.holds: // it was full until the request arrived
		b.from = l.at + shuffled
	}
	for i := range a.launches[:number-a.first] { // those that ran then, this one among them
		other := &a.launches[i]
		switch {
		case other.ended && other.end <= l.at, d == requests, d == inputTokens && other.input == 0 && other.told <= l.at:
			other.share[d] = 0
		case d == outputTokens: // some was yet to be produced
			other.share[d] = other.left(l.at, took)
		default: // the API had only estimated it
			other.share[d] = slack
		}
		left -= other.share[d] * other.cost[d]
	}
	b.set(l.at, left)
	for i := number - a.first; i < uint64(len(a.launches)); i++ {
		later := &a.launches[i]
		b.take(later.at, later.cost[d])
		if d == requests {
			later.level = b.level
		}
	}
	earlier, later := a.together(d, number)
	level := b.levelAt(now)
	if modelled { // the order in which they arrived is not known: anything between is as good
		level = min(max(before, level-earlier), level+later)
	} else {
		level -= earlier
	}
	b.set(now, level)
	if d == requests && a.burst > 0 { // of what may start at once no answer tells
		b.set(now, min(b.level, before))
	}
}

// atOnce is how many may start at once with a limit.
func (a *adaptive) atOnce(perMinute float64) float64 {
	if a.burst == 0 {
		return perMinute
	}
	return min(math.Floor(a.burst), perMinute)
}

// together returns what those cost that were started at about the same time as a
// start, before it and after it: they may have arrived in any order.
func (a *adaptive) together(d int, number uint64) (earlier, later float64) {
	at, self := a.launch(number).at, int(number-a.first-1)
	for i := self - 1; i >= 0 && at-a.launches[i].at <= shuffled; i-- {
		earlier += a.launches[i].cost[d]
	}
	for i := self + 1; i < len(a.launches) && a.launches[i].at-at <= shuffled; i++ {
		later += a.launches[i].cost[d]
	}
	return earlier, later
}

// told returns the least that a bucket of tokens can hold by what an answer tells.
func (b *bucket) told(l Limit) float64 {
	left := float64(l.Remaining) - min(rounding, margin*b.perMinute)
	if l.FullIn <= 0 {
		return left
	}
	least := b.perMinute - b.perSecond()*l.FullIn.Seconds() - 1
	if l.Remaining == 0 {
		return least
	}
	return max(left, least)
}

// left is the share of an answer that was not produced yet at a time.
func (l *launch) left(at, took time.Duration) float64 {
	if l.ended {
		took = l.end - l.at
	}
	if took <= 0 { // nobody knows yet
		return 1
	}
	return min(max(1-float64(at-l.at)/float64(took), 0), 1)
}

// refused notes that the API has refused a start, until a time. If what its answer
// told was enough for it, the account takes bursts less well than
// its limits say: what it holds is halved, and grows again with each answer.
func (a *adaptive) refused(now, until time.Duration, number uint64) {
	l := a.launch(number)
	if l == nil {
		return
	}
	c := l.cost
	a.charge(now, number, amount{}) // it has cost nothing
	if b := &a.buckets[requests]; !l.short && b.perMinute > 0 && l.at >= a.halved {
		a.halved, a.grown = now, now
		a.burst = max(b.holds/2, 1)
		b.holds = math.Floor(a.burst)
		b.set(now, b.levelAt(now))
	}
	for d := range a.buckets {
		b := &a.buckets[d]
		switch {
		case b.perMinute <= 0:
		case d == requests && l.short: // what is left was told, and this one will fit
			b.set(until, max(b.levelAt(until), c[d]))
		default: // it holds this one, and no more
			b.set(until, min(b.levelAt(until), c[d]))
		}
	}
}

// full returns when all buckets are full if nothing starts.
func (a *adaptive) full() time.Duration {
	var at time.Duration
	for d := range a.buckets {
		if b := &a.buckets[d]; b.perMinute > 0 {
			at = max(at, b.reaches(b.holds))
		}
	}
	return at
}

// kinds are the names of the limits on the wire.
var kinds = [dimensions]string{requests: "requests", inputTokens: "input tokens", outputTokens: "output tokens"}

// binds returns the limit that holds up a cost the longest; empty if none does.
func (a *adaptive) binds(c amount, now time.Duration) (kind string) {
	buckets := &a.buckets
	if !a.known {
		buckets = &a.most
	}
	c = a.careful(c)
	last := now
	for d := range buckets {
		if at := buckets[d].opens(c[d]); at > last {
			last, kind = at, kinds[d]
		}
	}
	return kind
}

// report writes what is known of the limits into a lane's report.
func (a *adaptive) report(l *Lane, now time.Duration) {
	l.Limits = []LaneLimit{}
	for d := range a.buckets {
		switch b, most := &a.buckets[d], &a.most[d]; {
		case a.known && b.perMinute > 0:
			l.Limits = append(l.Limits, LaneLimit{
				Kind: kinds[d], PerMinute: int(b.perMinute), Free: ptr(int(math.Floor(b.levelAt(now)))),
				FullInMs: ptr(max(b.reaches(b.holds)-now, 0).Milliseconds()),
			})
		case most.perMinute > 0: // what is left of it, no answer has told
			l.Limits = append(l.Limits, LaneLimit{Kind: kinds[d], PerMinute: int(most.perMinute)})
		}
	}
}

// forecast returns a copy to play forward. It has no calls, and takes estimates for
// the truth.
func (a *adaptive) forecast() *adaptive {
	return &adaptive{buckets: a.buckets, known: a.known, input: doubt{sure: true}}
}

// last returns about when the last of so many in line starts, if they cost what
// the latest starts did.
func (a *adaptive) last(position int) time.Duration {
	var at time.Duration
	for d := range a.buckets {
		if b := &a.buckets[d]; b.perMinute > 0 {
			at = max(at, b.reaches(a.usual[d]*float64(position)))
		}
	}
	return at
}
