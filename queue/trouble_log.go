package queue

import (
	"slices"
	"sort"
	"time"
	"unique"
)

// How many troubles are kept, and for how long. Those of single requests can come by the
// hundred; so they have a part of their own, and do not push out who changed a setting.
const (
	keptRequestTroubles = 4000
	keptOtherTroubles   = 1000
	troublesFor         = 24 * time.Hour
)

// troubleLog keeps the troubles of a day: the events that an operator looks for afterwards,
// and that are no routine. The zero troubleLog has none.
type troubleLog struct {
	ofRequests, others troubleRing
	total              uint64 // that were added
}

// isTrouble reports whether something went wrong with a request or otherwise, or somebody did
// something about it.
func (e *Event) isTrouble() bool { return e.By != "" || !e.Kind.IsRoutine() }

// add keeps a trouble.
func (l *troubleLog) add(e *Event) {
	ring, most := &l.others, keptOtherTroubles
	switch e.Kind {
	case KindFailed, KindRetry, KindRefused, KindTimedOut:
		ring, most = &l.ofRequests, keptRequestTroubles
	}
	l.total++
	ring.add(newKeptEvent(e, l.total), most)
}

// latest returns when the last one was, in milliseconds since 1970.
func (l *troubleLog) latest() int64 { return max(l.ofRequests.latest(), l.others.latest()) }

// between returns those of a stretch of time that were added after a number, oldest first.
func (l *troubleLog) between(since, until time.Time, after uint64) []keptEvent {
	some := append(l.ofRequests.between(since, until, after), l.others.between(since, until, after)...)
	slices.SortFunc(some, func(a, b keptEvent) int { return int(int64(a.number - b.number)) })
	return some
}

// troubleRing keeps the last of some troubles.
type troubleRing struct {
	ring  []keptEvent // those of places from total-len(ring) on, each at its place modulo its size
	total int
}

func (r *troubleRing) add(e keptEvent, most int) {
	if len(r.ring) < most {
		r.ring = append(r.ring, e)
	} else {
		r.ring[r.total%most] = e
	}
	r.total++
}

// latest is [troubleLog.latest].
func (r *troubleRing) latest() int64 {
	if r.total == 0 {
		return 0
	}
	return r.ring[(r.total-1)%len(r.ring)].at
}

// between is [troubleLog.between].
func (r *troubleRing) between(since, until time.Time, after uint64) []keptEvent {
	n := len(r.ring)
	at := func(i int) *keptEvent { return &r.ring[(r.total-n+i)%n] }
	from, to := since.UnixMilli(), until.UnixMilli()
	first := sort.Search(n, func(i int) bool { return at(i).at >= from && at(i).number > after })
	end := sort.Search(n, func(i int) bool { return at(i).at >= to })
	some := make([]keptEvent, 0, max(end-first, 0))
	for i := first; i < end; i++ {
		some = append(some, *at(i))
	}
	return some
}

// keptEvent is an [Event] in little memory: names and texts are kept once for all.
type keptEvent struct {
	at      int64 // milliseconds since 1970
	number  uint64
	millis  int64
	waiting int32
	kind    unique.Handle[Kind]
	user    unique.Handle[string]
	group   unique.Handle[string]
	lane    unique.Handle[string]
	err     unique.Handle[string]
	class   unique.Handle[string]
	by      unique.Handle[string]
	from    unique.Handle[string]
	to      unique.Handle[string]
	change  unique.Handle[string]
	count   int32
}

func newKeptEvent(e *Event, number uint64) keptEvent {
	keep := func(s string, most int) unique.Handle[string] { return unique.Make(clip(s, most)) }
	return keptEvent{
		at: e.Time.UnixMilli(), number: number, millis: e.Millis, waiting: int32(e.Waiting), kind: unique.Make(e.Kind),
		user: keep(e.User, nameKept), group: keep(e.Group, nameKept), lane: keep(e.Lane, nameKept), err: keep(e.Error, messageKept),
		class: keep(string(e.Class), nameKept), by: keep(e.By, nameKept),
		from: keep(e.From, nameKept), to: keep(e.To, nameKept), count: int32(e.Count),
		change: keep(e.Change, messageKept),
	}
}

func (e *keptEvent) event() Event {
	return Event{
		Time: Time{time.UnixMilli(e.at)}, Kind: e.kind.Value(), User: e.user.Value(), Group: e.group.Value(), Lane: e.lane.Value(),
		Waiting: int(e.waiting), Millis: e.millis, Error: e.err.Value(), Class: ClassName(e.class.Value()), By: e.by.Value(),
		From: e.from.Value(), To: e.to.Value(), Count: int(e.count), Change: e.change.Value(),
	}
}
