package queue

import (
	"maps"
	"math"
	"slices"
	"time"

	"paceline/queue/internal/window"
)

// sampledUsers is how many of the waiting users the expected waits are of: all, or so
// many that are evenly chosen. Of more, the share of users that wait longer than the p95
// says is 5%, give or take 4 in 19 of 20 cases.
const sampledUsers = 100

// userQuantile is the share of users that the verdict lets wait for so long at most.
const userQuantile = 0.95

// waits are what people have waited and will wait: what the level of the verdict hangs
// on. A wait that is not known is -1.
type waits struct {
	waiting  int           // requests
	last     time.Duration // until the last in line starts if nobody else comes; never where nobody knows
	measured time.Duration // p95 over users of each one's longest wait: of the last minute,
	expected time.Duration // and of those who wait, when they will have started
	longest  *Ticket       // that is expected to wait longest; nil if nobody waits
}

// pastWait is what is known of how a request has waited.
type pastWait struct {
	user *user
	standing
	crowding *user         // at its end, see [users.crowding]; nil: nobody
	failed   classSet      // what calls of its lane failed for meanwhile
	paused   time.Duration // the part of the wait for a pause
	delay    time.Duration // the part of the wait for that one's requests, see [Machine.delayBy]
}

// userWait is the longer of the waits over users.
func (w *waits) userWait() time.Duration { return max(w.measured, w.expected) }

// userWait is that of the waits over users by which they are judged: the expected one where it
// is critical, for what is over makes that no worse; else the longer one.
func (j *judge) userWait(w *waits) time.Duration {
	if j.verdict.waits.expected >= j.settings.Thresholds.CriticalUserWait {
		return w.expected
	}
	return w.userWait()
}

// longForUsers reports whether users wait so long that it is critical.
func (j *judge) longForUsers(w *waits, t *Thresholds) bool {
	return j.userWait(w) >= t.CriticalUserWait
}

// crowded reports whether so many wait that it is critical.
func (w *waits) crowded(t *Thresholds) bool {
	return w.waiting >= t.CriticalWaiting && w.last >= t.CriticalLastWait
}

// backingUp reports whether the waits are worth a warning.
func (w *waits) backingUp(t *Thresholds) bool {
	return w.waiting >= t.WarnWaiting && w.last >= t.WarnLastWait
}

// lineEnds are when the lanes in which somebody waits will be empty.
type lineEnds struct {
	last, second time.Duration // the latest, and the latest of the others
	lane         *lane         // of the latest; nil if nobody waits
}

// lineEnds works them out, and notes for each lane its own.
func (m *Machine) lineEnds() (ends lineEnds) {
	for _, l := range m.heap {
		if l.waiting() == 0 {
			continue
		}
		l.allStarted = m.allStartedAt(l, 0)
		if ends.lane == nil || l.allStarted > ends.last {
			ends.second, ends.last, ends.lane = ends.last, l.allStarted, l
		} else {
			ends.second = max(ends.second, l.allStarted)
		}
	}
	return ends
}

// allStartedAt returns when all who wait in l will have started if nobody else comes,
// without so many of them; never where nobody can know: while an outage holds them up,
// or while they wait for a call to end and none has ended for 5 minutes.
func (m *Machine) allStartedAt(l *lane, without int) time.Duration {
	_, measured := m.metrics.response.Average(m.now)
	switch {
	case m.down(l), !measured && l.running >= m.settings.concurrency():
		return never
	case l.waiting() <= without:
		return m.now
	case without == 0:
		return max(m.now, m.keptEmptyAt(l))
	default:
		return m.emptyWithout(l, without)
	}
}

// leftOut is whose waits do not count. The zero leftOut is nobody.
type leftOut struct {
	user   *user
	delays bool // nor does what the others wait for this one's requests
}

// waits returns what people have waited and will wait, without one user. Of one who waits in
// several lanes, that of the latest request is empty sooner without its requests.
func (m *Machine) waits(ends lineEnds, out leftOut) waits {
	w, without := waits{waiting: m.arrivals.Len, measured: -1, expected: -1}, out.user
	last := ends.last
	var shorter *lane
	var emptyAt time.Duration
	if without != nil && without.requests.Len > 0 {
		w.waiting -= without.requests.Len
	}
	if without != nil && without.requests.Len > 0 && out.delays {
		shorter = without.requests.Last.Item.lane
		emptyAt = m.allStartedAt(shorter, shorter.waitingOf(without))
		if shorter == ends.lane {
			last = max(ends.second, emptyAt)
		}
	}
	if m.endsBefore(last) { // they do not start
		last = never
	}
	if w.last = last; last < never {
		w.last = max(last-m.now, 0)
	}
	waiting := m.users.waiting
	var sample [sampledUsers]time.Duration
	n, most := 0, time.Duration(-1)
	looked := min(len(waiting), sampledUsers)
	for i := range looked {
		u := waiting[i*len(waiting)/looked].user
		if u == without {
			continue
		}
		for at := u.requests.First; ; at = u.requests.Last { // the first has waited longest, the last will
			end := at.Item.lane.allStarted
			if at.Item.lane == shorter {
				end = emptyAt
			}
			if t := at.Item; t.expected == never && without == nil && !m.provisional(t.lane) {
				t.expected = end // who comes later does not delay it
			}
			wait := m.expectedWait(at.Item, end)
			if out.delays {
				wait -= m.delayBy(without, at.Item)
			}
			if sample[n] = max(sample[n], wait); wait > most {
				most, w.longest = wait, at.Item
			}
			if at == u.requests.Last {
				break
			}
		}
		n++
	}
	if n > 0 {
		slices.Sort(sample[:n])
		w.expected = userP95(sample[:n])
	}
	w.measured = m.measuredWait(out)
	return w
}

// waitingOf is how many requests of a user wait in l.
func (l *lane) waitingOf(u *user) (n int) {
	for t := range u.requests.All {
		if t.lane == l {
			n++
		}
	}
	return n
}

// userP95 returns the p95 over users of waits in order, of which there is one at least.
func userP95(waits []time.Duration) time.Duration {
	return waits[int(math.Ceil(userQuantile*float64(len(waits))))-1]
}

// measuredWait returns the p95 over users of each one's longest wait of the last minute,
// without one user. It is -1 if none is known. Of many users their delays are not looked at:
// one user's requests do not make all of them wait.
func (m *Machine) measuredWait(out leftOut) time.Duration {
	past, without := &m.metrics.longest, out.user
	if without == nil || past.Count(m.now) > sampledUsers {
		var peak *window.Peak
		if without != nil {
			peak = &without.longest
		}
		if d, ok := past.Quantile(m.now, userQuantile, peak); ok {
			return d
		}
		return -1
	}
	longest := map[*user]time.Duration{}
	for w, d := range past.All(m.now) {
		if out.delays && w.crowding == without {
			d -= w.delay
		}
		if w.user != without {
			longest[w.user] = max(longest[w.user], d)
		}
	}
	if len(longest) == 0 {
		return -1
	}
	return userP95(slices.Sorted(maps.Values(longest)))
}

// expectedWait returns how long t will have waited when it starts: as it was expected
// when it arrived, or when the limits of its lane became known after that, but no later
// than its lane is empty, and no earlier than pauses and breakers allow.
func (m *Machine) expectedWait(t *Ticket, emptyAt time.Duration) time.Duration {
	starts := min(t.expected, emptyAt)
	switch {
	case t.state == aside:
		starts = m.returnTime(t)
	case starts == never: // nobody knows: what it has waited counts
		starts = m.now
	}
	starts = max(starts, m.earliestStart(t.lane), m.now)
	if m.endsSoon() { // or is told to come back
		starts = max(min(starts, m.ends), m.now)
	}
	return starts - t.arrived
}
