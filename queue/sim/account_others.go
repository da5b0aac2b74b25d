package sim

import (
	"math/rand/v2"
	"time"
)

// otherTraffic is the state of an [OtherTraffic] on an account.
type otherTraffic struct {
	OtherTraffic
	number uint64 // its index in the settings
	sent   uint64 // requests so far
	rng    *rand.Rand
}

// startOthers schedules the first request of other traffic.
func (a *Account) startOthers(number uint64, o OtherTraffic) {
	if o.PerMinute == 0 {
		return
	}
	from := &otherTraffic{OtherTraffic: o, number: number, rng: newRand(a.settings.Seed, "others", number)}
	a.scheduleNext(inMicros(o.At), from)
}

// addOthers lets further other traffic begin, its At after now. The number names its
// random draws.
func (a *Account) addOthers(now time.Time, number uint64, o OtherTraffic) {
	o.At += duration(a.advance(now))
	a.startOthers(number, o)
}

// scheduleNext schedules the next request of other traffic after a time.
func (a *Account) scheduleNext(after micros, o *otherTraffic) {
	const longest = 1e15 // thirty years; later times overflow
	at := after + micros(min(o.rng.ExpFloat64()*float64(minute)/o.PerMinute, longest)) + 1
	if o.Length > 0 && at >= inMicros(o.At)+inMicros(o.Length) {
		return
	}
	a.events.schedule(at, func(now micros) {
		a.sendOther(now, o)
		a.scheduleNext(now, o)
	})
}

// sendOther sends one request of other traffic.
func (a *Account) sendOther(now micros, o *otherTraffic) {
	o.sent++
	vary := func(mean int) int { return int((0.5 + o.rng.Float64()) * float64(mean)) }
	c := Call{Model: o.Model, Workspace: o.Workspace, InputTokens: vary(o.InputTokens), OutputTokens: vary(o.OutputTokens)}
	a.arrive(now, &runningCall{call: c, ofOthers: true}, a.draw(c, "request of others", o.number, o.sent))
}

// use takes what somebody else does.
func (a *Account) use(now micros, u Use) {
	b := a.bucketSetAt(bucketKey{group: u.Group}, a.limits)
	if u.InAll {
		b.requests.empty(now, u.Requests)
		b.input.empty(now, u.Input)
		b.output.empty(now, u.Output)
		return
	}
	b.requests.take(now, int64(u.Requests)*token)
	b.takeInput(now, int64(u.Input)*token)
	b.takeOutput(now, int64(u.Output)*token)
}

// useAtOnce lets a share of what full buckets of a group hold be missing from them now.
func (a *Account) useAtOnce(now time.Time, group string, share float64) {
	of, l := func(limit int) int { return int(share * float64(limit)) }, a.limits.Of(group)
	a.use(a.advance(now), Use{
		Group: group, InAll: true,
		Requests: of(l.RequestsPerMinute), Input: of(l.InputTokensPerMinute), Output: of(l.OutputTokensPerMinute),
	})
}

// empty lets so much be missing from a full bucket, unless it is in debt and nothing is left.
func (b *bucket) empty(now micros, missing int) {
	b.advance(now)
	if left := b.size - int64(missing)*token; b.limit > 0 && (left > 0 || b.level > 0) {
		b.level = max(left, 0)
	}
}
