package queue

import (
	"cmp"
	"slices"
	"time"

	"paceline/queue/internal/limiter"
)

// The work of the last five minutes is counted in slots of half a minute.
const (
	recentSlot  = 30 * time.Second
	recentSlots = 10
	recentFor   = recentSlot * recentSlots
	recentWaits = 20 // of a user's latest starts, for the p95
)

// recentWork is what was done in the last five minutes. The zero recentWork is nothing.
type recentWork struct {
	ends  time.Duration         // when the newest slot is over
	slots [recentSlots]workSlot // the newest first
}

// workSlot is what was done in half a minute.
type workSlot struct {
	starts, waiting int32 // waiting: the most at one time
	tokens          int64
	failed          [classes]int32 // requests
}

// at returns the slot of now. So many have waited since the one before it.
func (w *recentWork) at(now time.Duration, waiting int) *workSlot {
	if now >= w.ends {
		w.goOn(now, waiting)
	}
	return &w.slots[0]
}

// goOn begins the slots until now.
func (w *recentWork) goOn(now time.Duration, waiting int) {
	begins := now - now%recentSlot // the present one; those before the last few are forgotten
	for at := max(w.ends, begins-(recentSlots-1)*recentSlot); at <= begins; at += recentSlot {
		copy(w.slots[1:], w.slots[:])
		w.slots[0] = workSlot{waiting: int32(waiting)}
	}
	w.ends = begins + recentSlot
}

// sum returns the starts, the tokens and the failures of all slots.
func (w *recentWork) sum() (all workSlot) {
	for i := range w.slots {
		s := &w.slots[i]
		all.starts += s.starts
		all.tokens += s.tokens
		for c, n := range s.failed {
			all.failed[c] += n
		}
	}
	return all
}

// userRecent is a user's work of the last five minutes. What each start changes stands
// together.
type userRecent struct {
	next int // where the next wait is kept
	recentWork
	waits [recentWaits]recentWait // of the latest starts
}

// recentWait is how long a request had waited that started at a time. The zero recentWait
// is none.
type recentWait struct{ at, waited time.Duration }

// noteWaiting counts one more of u's requests among those that wait, or one less.
func (us *users) noteWaiting(u *user, by int, now time.Duration) {
	before := u.rank.waiting
	us.addWaiting(u, by)
	s := u.recentAt(now).at(now, before)
	s.waiting = max(s.waiting, int32(u.rank.waiting))
}

// recentAt returns u's work of late, to add to it at now.
func (u *user) recentAt(now time.Duration) *userRecent {
	if u.recent == nil {
		u.recent = &userRecent{}
		u.recent.ends = now - now%recentSlot
	}
	return u.recent
}

// noteStart counts a start of u, and how long the request had waited.
func (us *users) noteStart(u *user, now, waited time.Duration) {
	us.work.at(now, 0).starts++
	r := u.recentAt(now)
	r.at(now, u.rank.waiting).starts++
	r.waits[r.next] = recentWait{now + 1, waited}
	r.next = (r.next + 1) % recentWaits
}

// noteEnd counts the tokens of a call that has ended.
func (us *users) noteEnd(t *Ticket, now time.Duration) {
	if !t.accepted { // nothing of it was worked on
		return
	}
	tokens := int64(t.cost[limiter.Input] + t.cost[limiter.Output])
	us.work.at(now, 0).tokens += tokens
	t.user.recentAt(now).at(now, t.user.rank.waiting).tokens += tokens
}

// noteFailed counts a request of u that has failed.
func (us *users) noteFailed(u *user, now time.Duration, c Class) {
	u.recentAt(now).at(now, u.rank.waiting).failed[c]++
	us.forgetFailing(u)
	u.noteFruitless(now, c)
	u.failedAt, u.fails = now, true
	us.failing.PushBack(&u.failing)
}

// forgetFailing forgets that requests of u have failed.
func (us *users) forgetFailing(u *user) {
	if u.fails {
		us.failing.Remove(&u.failing)
		u.fails = false
	}
}

// reportRecent returns the work of u in the last five minutes; nil if there is none.
func (us *users) reportRecent(u *user, now time.Duration) *UserRecent {
	if u.recent == nil && u.rank.waiting == 0 {
		return nil
	}
	r := u.recentAt(now)
	r.at(now, u.rank.waiting)
	us.work.at(now, 0)
	sum, all := r.sum(), us.work.sum()
	w := &UserRecent{Starts: int(sum.starts), Tokens: sum.tokens, Failed: []ClassCount{}}
	some := sum != workSlot{}
	for _, s := range slices.Backward(r.slots[:]) {
		w.Waiting = append(w.Waiting, int(s.waiting))
		some = some || s.waiting > 0
	}
	if !some {
		return nil
	}
	if all.starts > 0 {
		w.StartsShare = ptr(float64(sum.starts) / float64(all.starts))
	}
	if all.tokens > 0 {
		w.TokensShare = ptr(float64(sum.tokens) / float64(all.tokens))
	}
	for c, n := range sum.failed {
		if n > 0 {
			w.Failed = append(w.Failed, ClassCount{Class(c).Name(), int64(n)})
		}
	}
	slices.SortStableFunc(w.Failed, func(a, b ClassCount) int { return int(b.Count - a.Count) })
	w.P95WaitMs = r.p95(now)
	return w
}

// p95 returns the 95th percentile of the waits of late, in milliseconds; nil of none.
func (r *userRecent) p95(now time.Duration) *int64 {
	var waits []time.Duration
	for _, w := range r.waits {
		if w.at > 0 && now-w.at < recentFor {
			waits = append(waits, w.waited)
		}
	}
	if len(waits) == 0 {
		return nil
	}
	slices.Sort(waits)
	return ptr(waits[(len(waits)*95+99)/100-1].Milliseconds())
}

// keptFailing is of how many users a [State] says what failed of late: those of whom a request
// has failed last.
const keptFailing = 1000

// failedSnapshot is how many requests of a user failed for a class in one slot.
type failedSnapshot struct {
	user  userKey
	until time.Duration // when the slot is over
	class Class
	count int32
}

// failedLately returns what failed in the last five minutes.
func (us *users) failedLately(now time.Duration) (all []failedSnapshot) {
	looked := 0
	for n := us.failing.Last; n != nil && now-n.Item.failedAt < recentFor && looked < keptFailing; n = n.Prev {
		looked++
		u := n.Item
		for i := range u.recent.slots {
			for c, count := range u.recent.slots[i].failed {
				if until := u.recent.ends - time.Duration(i)*recentSlot; count > 0 && now-until < recentFor {
					all = append(all, failedSnapshot{u.key(), until, Class(c), count})
				}
			}
		}
	}
	return all
}

// restoreFailed counts what failed in a slot that was over at a time before the machine began; at
// zero: it was not over yet.
func (u *user) restoreFailed(until time.Duration, f FailedState) {
	slot := 0
	if until < 0 {
		slot = 1 + int(-until/recentSlot)
	}
	if slot >= recentSlots {
		return
	}
	for c := range classes {
		if c.String() == f.Class && f.Count > 0 {
			w := u.recentAt(0)
			w.at(0, 0)
			w.slots[slot].failed[c] += int32(f.Count)
			if !u.fails || until > u.failedAt {
				u.fails, u.failedAt = true, until
			}
		}
	}
}

// findFailing lists those of whom requests have failed, by when that was last, where they know
// it already.
func (us *users) findFailing() {
	var failing []*user
	for _, u := range us.byKey {
		if u.fails {
			failing = append(failing, u)
		}
	}
	slices.SortFunc(failing, func(a, b *user) int {
		return cmp.Or(cmp.Compare(a.failedAt, b.failedAt), cmp.Compare(a.number, b.number))
	})
	for _, u := range failing {
		us.failing.PushBack(&u.failing)
	}
}
