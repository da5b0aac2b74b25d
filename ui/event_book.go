package ui

import (
	"context"
	"errors"
	"slices"
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// What a book keeps: a day, and no more events than these. The routine ones are many, and of
// the older ones only how many there were is of interest.
const (
	bookFor      = 24 * time.Hour
	bookTroubles = 3500
	bookRoutine  = 1500
)

// eventBook is what happened in a day, as far as it is known: the troubles, which the server
// keeps, the routine events since the monitor began, and how many of these there were in each
// minute. No event is in it twice.
type eventBook struct {
	historian client.Historian // nil where nobody tells of the past
	refused   bool             // the server keeps no history: until another one answers, it is not asked
	asked     time.Time        // when the past was asked for, since the connection was there last
	rest      time.Duration    // for how long it is not asked for again
	failures  int              // in a row
	told      bool             // the past was told
	failure   string           // why the past is not known; empty: it is, or was not asked for
	troubles  []client.Event   // oldest first
	routine   []client.Event   // the same
	over      []client.Event   // the incidents that are over, the same
	going     []client.Event   // the one that goes on, if there is one
	minutes   map[int64]*minuteCount
	version   int       // changes with what is in it
	groups    []trouble // the troubles in lines,
	groupedOf int       // of this version
}

func newEventBook(o Options) *eventBook {
	return &eventBook{historian: o.Historian, minutes: map[int64]*minuteCount{}}
}

// routineCount is how many requests came and went as they should.
type routineCount struct{ added, completed, cancelled int64 }

// atLeast raises each count to that of another one.
func (c *routineCount) atLeast(o routineCount) {
	c.added, c.completed, c.cancelled = max(c.added, o.added), max(c.completed, o.completed), max(c.cancelled, o.cancelled)
}

func (c *routineCount) add(o routineCount) {
	c.added, c.completed, c.cancelled = c.added+o.added, c.completed+o.completed, c.cancelled+o.cancelled
}

func (c *routineCount) of(e client.Event) {
	switch e.Kind {
	case queue.KindAdded:
		c.added++
	case queue.KindCompleted:
		c.completed++
	case queue.KindCancelled:
		c.cancelled++
	}
}

// minuteCount is what is known of the routine events of a minute: that of the whole minute,
// as the history has it, and of each slice of it, as the reports have them. Each is at most
// what there was.
type minuteCount struct {
	whole  routineCount
	slices [12]routineCount // by their beginnings, each 5 s
}

// count is how many there were at least.
func (m *minuteCount) count() (c routineCount) {
	for _, one := range m.slices {
		c.add(one)
	}
	c.atLeast(m.whole)
	return c
}

// bookAgain is after how long the past is asked for again: of all but the last hour there is
// nothing else that tells it.
const bookAgain = 30 * time.Minute

// pastRetry is after how long what was not told is asked for again; longer after each failure.
const pastRetry = 30 * time.Second

// pastRest is how long the past is not asked for again after so many failures in a row.
func pastRest(failures int) time.Duration {
	return min(pastRetry<<min(max(failures-1, 0), 10), bookAgain)
}

// canAsk reports whether there is somebody to ask about the past.
func (b *eventBook) canAsk() bool { return b.historian != nil && !b.refused }

// refuse notes that the past was not told, and why.
func (b *eventBook) refuse(f *client.Failure) {
	b.refused = b.refused || errors.Is(f, client.ErrNotOffered)
	if b.refused {
		b.failure = failureText(f)
		b.version++
	}
}

// otherServer takes that another server answers than before, which may keep a history.
func (b *eventBook) otherServer() { b.refused = false }

// ask asks for the past, unless it was told of late, is being asked for, or was refused just
// now.
func (b *eventBook) ask(now time.Time) effect {
	if !b.canAsk() || !b.asked.IsZero() && now.Sub(b.asked) < b.rest {
		return effect{}
	}
	b.asked, b.rest = now, bookAgain
	historian := b.historian
	return effect{call: func(ctx context.Context) tea.Msg {
		var msg dayMsg
		// In two halves, for a history has 1,000 slices at most, and a day more minutes.
		for _, half := range []struct{ since, until time.Time }{{now.Add(-bookFor), now.Add(-bookFor / 2)}, {now.Add(-bookFor / 2), time.Time{}}} {
			past, err := historian.History(ctx, half.since, half.until, time.Minute)
			if err != nil {
				return dayMsg{failure: asFailure(err)}
			}
			msg.halves = append(msg.halves, past)
		}
		return msg
	}}
}

// dayMsg is the answer to what has happened in a day.
type dayMsg struct {
	halves  []client.Past
	failure *client.Failure
}

// takeDay takes what the history tells.
func (b *eventBook) takeDay(msg dayMsg) {
	b.version++
	b.failure = ""
	if msg.failure != nil {
		b.failures++
		b.failure, b.rest = failureText(msg.failure), pastRest(b.failures)
		b.refuse(msg.failure)
		return
	}
	b.told, b.failures = true, 0
	for _, half := range msg.halves {
		b.add(half.Troubles)
		b.count(half.Slices)
	}
}

// takePoll takes what a poll tells. After one that has failed, the past is to be asked for
// anew: something may have happened meanwhile.
func (b *eventBook) takePoll(msg pollMsg, s *state) {
	if msg.failure != nil {
		b.asked = time.Time{}
	}
	if !slices.Equal(b.over, s.over) || !slices.Equal(b.going, s.going) {
		b.over, b.going = s.over, s.going
		b.version++
	}
	b.add(s.events)
	b.count(s.detail().Slices)
}

// eventKey tells events apart. Two of the same key can be two events, but a list tells of
// both then.
type eventKey struct {
	at   int64
	kind string
	user string
}

func keyOfEvent(e client.Event) eventKey { return eventKey{e.At.UnixMilli(), string(e.Kind), e.User} }

// add adds those of some events, the oldest first, that are not in the book.
func (b *eventBook) add(events []client.Event) {
	if len(events) == 0 {
		return
	}
	from := events[0].At
	for _, e := range events {
		if e.At.Before(from) {
			from = e.At
		}
	}
	// Events of this program change while they last.
	own := len(b.troubles)
	b.troubles = slices.DeleteFunc(b.troubles, func(e client.Event) bool { return isOwn(e) && !e.At.Before(from) })
	changed := len(b.troubles) != own
	have := make(map[eventKey]int, len(events))
	for _, list := range [][]client.Event{b.troubles, b.routine} {
		for _, e := range list[firstAt(list, from):] {
			have[keyOfEvent(e)]++
		}
	}
	restarts := b.restarts(events)
	for _, e := range events {
		if k := keyOfEvent(e); have[k] > 0 {
			have[k]--
			continue
		}
		if restarts.tell(e) {
			continue
		}
		changed = true
		if isRoutine(e) {
			b.routine = append(b.routine, e)
		} else {
			b.troubles = append(b.troubles, e)
		}
	}
	if changed {
		b.version++
		b.troubles = slices.DeleteFunc(b.troubles, restarts.tell)
		b.troubles, b.routine = inOrder(b.troubles, bookTroubles), inOrder(b.routine, bookRoutine)
	}
}

// restarts are those that the server tells of. They say how long it was away.
type restarts []client.Event

// restarts returns those that are in the book, and among some events.
func (b *eventBook) restarts(events []client.Event) (all restarts) {
	for _, list := range [][]client.Event{b.troubles, events} {
		for _, e := range list {
			if e.Kind == client.KindRestarted && e.Took.Known {
				all = append(all, e)
			}
		}
	}
	return all
}

// tell reports whether they tell of the restart that this program has found out.
func (r restarts) tell(e client.Event) bool {
	const around = time.Minute // between two polls
	return e.Kind == client.KindRestarted && !e.Took.Known && slices.ContainsFunc(r, func(of client.Event) bool {
		return e.At.After(of.At.Add(-of.Took.Value-around)) && e.At.Before(of.At.Add(around))
	})
}

// isOwn reports whether an event is of this program, and not of the server.
func isOwn(e client.Event) bool {
	return e.Kind == client.KindUnreachable || e.Kind == client.KindMissed || e.Kind == client.KindUncertain
}

// firstAt is the first of some events, the oldest first, that is not before a time.
func firstAt(events []client.Event, at time.Time) int {
	return sort.Search(len(events), func(i int) bool { return !events[i].At.Before(at) })
}

// inOrder returns the newest of some events, the oldest first, of a day and most at most.
func inOrder(events []client.Event, most int) []client.Event {
	if len(events) == 0 {
		return events
	}
	slices.SortStableFunc(events, func(a, b client.Event) int { return a.At.Compare(b.At) })
	old := firstAt(events, events[len(events)-1].At.Add(-bookFor))
	return slices.Delete(events, 0, max(old, len(events)-most))
}

// count takes how many came and went in some slices.
func (b *eventBook) count(list []client.Slice) {
	for _, s := range list {
		minute := s.At.Value.Truncate(time.Minute)
		c := routineCount{s.Arrivals.Value, s.Successful.Value, s.Cancelled.Value}
		if c == (routineCount{}) || !s.At.Known || s.Length.Value > time.Minute {
			continue
		}
		m := b.minutes[minute.Unix()]
		if m == nil {
			m = &minuteCount{}
			b.minutes[minute.Unix()] = m
			b.forgetMinutes(minute)
		}
		before := m.count()
		if s.Length.Value == time.Minute {
			m.whole.atLeast(c)
		} else {
			m.slices[int(s.At.Value.Sub(minute)/client.SliceLength)].atLeast(c)
		}
		if m.count() != before {
			b.version++
		}
	}
}

// forgetMinutes forgets those that are more than a day old.
func (b *eventBook) forgetMinutes(now time.Time) {
	if len(b.minutes) <= int(bookFor/time.Minute) {
		return
	}
	for at := range b.minutes {
		if at <= now.Add(-bookFor).Unix() {
			delete(b.minutes, at)
		}
	}
}

// grouped returns the troubles in lines, by the last event of each.
func (b *eventBook) grouped() []trouble {
	if b.groupedOf != b.version {
		b.groups, b.groupedOf = groupTroubles(b.troubles), b.version
	}
	return b.groups
}

// all returns the troubles and the routine events, the oldest first.
func (b *eventBook) all() []client.Event { return merged(b.troubles, b.routine) }

// of returns the newest events of a user, the oldest first.
func (b *eventBook) of(user string, most int) []client.Event {
	var of []client.Event
	for _, list := range [][]client.Event{b.troubles, b.routine} {
		for _, e := range list {
			if e.User == user {
				of = append(of, e)
			}
		}
	}
	slices.SortStableFunc(of, func(a, b client.Event) int { return a.At.Compare(b.At) })
	return last(of, most)
}
