package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/list"
	"paceline/queue/internal/window"
)

// How much of the last minute's failures is kept for each class.
const (
	maxHitUsers   = 1000 // users
	namedHitUsers = 5    // of them that a report names
)

// failures are those of the last minute by class: calls that failed, and requests that
// the queue itself gave up, or refused for a spend cap. While a finding is about failures none
// is forgotten, see [health.keepFailures]. The zero failures are none.
type failures struct {
	keeping     bool
	since       time.Duration // the first of those that are kept; never: none is; while keeping
	byClass     [classes]failureTally
	accepted    window.Minute // calls that the API has accepted
	acceptances [2]acceptance // the latest, and the latest of another lane
	row         streak        // calls that failed, but for the rate limit, since one was accepted
	latest      time.Duration // of those
}

// acceptance is a call that the API has accepted. The zero acceptance is none.
type acceptance struct {
	lane string
	at   time.Duration
}

// failureTally counts the failures of one class.
type failureTally struct {
	count  window.Minute
	kept   int              // how many are kept; while keeping
	judged window.Minute    // those that are no mistake of their caller
	hits   list.List[*hit]  // the user hit last is the last one
	byUser map[userKey]*hit // the same
}

// hit is the last failure of a user.
type hit struct {
	node list.Node[*hit]
	user userKey
	at   time.Duration
}

// add notes a failure of u at now.
func (f *failures) add(now time.Duration, u userKey, e *Error) {
	if e.Class != RateLimited {
		f.row.add(now)
		f.latest = now
	}
	c := &f.byClass[e.Class]
	c.count.Add(now)
	if !e.ownMistake() {
		c.judged.Add(now)
	}
	if h := c.byUser[u]; h != nil {
		h.at = now
		c.hits.MoveBack(&h.node)
	} else {
		if c.hits.Len == maxHitUsers {
			c.forget(c.hits.First.Item)
		}
		c.hits.PushBack(&c.hit(u, now).node)
	}
	if c.kept++; f.keeping {
		f.since = min(f.since, now)
	} else {
		c.expire(now)
	}
}

// hit makes the hit of a user, who has none.
func (c *failureTally) hit(u userKey, at time.Duration) *hit {
	if c.byUser == nil {
		c.byUser = map[userKey]*hit{}
	}
	h := &hit{user: u, at: at}
	h.node.Item = h
	c.byUser[u] = h
	return h
}

// accept notes at now that the API has accepted a call of a lane that started at a time.
func (f *failures) accept(now, started time.Duration, lane string) {
	f.accepted.Add(now)
	if f.acceptances[0].lane != lane {
		f.acceptances[1] = f.acceptances[0]
	}
	f.acceptances[0] = acceptance{lane, now}
	f.row.refute(started)
}

// lastAccepted returns when the API last accepted a call; zero if it never has.
func (f *failures) lastAccepted() time.Duration { return f.acceptances[0].at }

func (c *failureTally) forget(h *hit) {
	c.hits.Remove(&h.node)
	delete(c.byUser, h.user)
}

// expire forgets the users whose last failure is more than a minute old.
func (c *failureTally) expire(now time.Duration) {
	for n := c.hits.First; n != nil && now-n.Item.at >= time.Minute; n = c.hits.First {
		c.forget(n.Item)
	}
}

// dominant returns the class that most of the last minute's failures are of, without
// the callers' own mistakes; false if there was none. failed is how many there were of
// all classes.
func (f *failures) dominant(now time.Duration) (most Class, failed int, ok bool) {
	in := 0
	for c := range classes {
		n := f.byClass[c].judged.Count(now)
		failed += n
		if n > in {
			most, in = c, n
		}
	}
	return most, failed, in > 0
}

// nothingSucceeds reports whether so many calls in a row have failed that it is no chance.
func (f *failures) nothingSucceeds() bool { return f.row.n >= criticalFailures }

// over reports whether calls are accepted again, and none has failed for some seconds.
func (f *failures) over(now time.Duration) bool {
	lately := f.accepted.Count(now) > 0 || f.latest > 0 && f.lastAccepted() >= f.latest && now-f.latest < 2*waitsKept
	return f.row.n == 0 && lately && now-f.latest >= overAfter
}

// overAfter is longer than a breaker lets pass between two tries.
const overAfter = 5 * time.Second

// mistakes returns the class that most of the last minute's mistakes of callers are of,
// and how many calls of how many users failed for it.
func (f *failures) mistakes(now time.Duration) (most Class, calls, users int) {
	for i := range classes {
		c := &f.byClass[i]
		if n := c.count.Count(now) - c.judged.Count(now); n > calls {
			most, calls, users = i, n, c.usersIn(now)
		}
	}
	return most, calls, users
}

// allMistakes returns how many of the last minute's calls failed for mistakes of callers.
func (f *failures) allMistakes(now time.Duration) (n int) {
	for i := range classes {
		c := &f.byClass[i]
		n += c.count.Count(now) - c.judged.Count(now)
	}
	return n
}

// dominate returns the class that most of the failures are of, and the share of the calls
// that succeed in spite of them: of the last minute's, and none from some failures on
// without a success of a call that started after them. All do where what they fail for is
// the rate limit, for which there is the pace. Mistakes of callers count where several
// users make them and nothing succeeds.
func (f *failures) dominate(now time.Duration) (_ Class, succeed float64) {
	class, failed, ok := f.dominant(now)
	if f.nothingSucceeds() {
		if mistake, calls, users := f.mistakes(now); users > 1 && calls > failed {
			return mistake, 0
		}
		if ok && class != RateLimited {
			return class, 0
		}
	}
	failed -= f.byClass[RateLimited].count.Count(now)
	if class == RateLimited || failed < minOutcomes {
		return class, 1
	}
	succeeded := f.accepted.Count(now)
	return class, float64(succeeded) / float64(succeeded+failed)
}

// usersIn returns how many users were hit in the last minute.
func (c *failureTally) usersIn(now time.Duration) (n int) {
	for h := c.hits.Last; h != nil && now-h.Item.at < time.Minute; h = h.Prev {
		n++
	}
	return n
}

// report returns the failures of the last minute, or those that are kept, as on the wire: the
// class with the most in the last minute first.
func (f *failures) report(now time.Duration) []ClassFailures {
	all, lately := []ClassFailures{}, map[ClassName]int{}
	for i := range classes {
		c := &f.byClass[i]
		n := c.count.Count(now)
		lately[i.Name()] = n
		if f.keeping {
			n = c.kept
		} else {
			c.expire(now)
		}
		if n == 0 {
			continue
		}
		of := ClassFailures{Class: i.Name(), Count: n, Users: c.hits.Len, Names: []string{}, Groups: []string{}}
		for h := c.hits.Last; h != nil && len(of.Names) < namedHitUsers; h = h.Prev {
			of.Names, of.Groups = append(of.Names, h.Item.user.name), append(of.Groups, h.Item.user.group)
		}
		all = append(all, of)
	}
	slices.SortStableFunc(all, func(a, b ClassFailures) int {
		return cmp.Or(cmp.Compare(lately[b.Class], lately[a.Class]), cmp.Compare(b.Count, a.Count))
	})
	return all
}
