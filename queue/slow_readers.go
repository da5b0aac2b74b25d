package queue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"paceline/queue/internal/window"
)

// Reading is how the caller of a call takes the answer that the call's function passes on.
type Reading uint8

// How a caller reads.
const (
	ReadsOn     Reading = iota // as it comes, or no more
	ReadsSlowly                // much of it is ready, and it takes hardly anything
	ReadCutOff                 // the same, and the function has ended the answer for it
)

// ReportReading tells the queue how a caller takes its answer, when that changes; after
// ReadsSlowly another one has to follow. It counts when the call is settled, too (see
// [Settle]). ctx is as for [Progress].
func ReportReading(ctx context.Context, r Reading) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.queue.update(func(now time.Time) { c.queue.machine.ReportReading(now, &c.ticket, r) })
	}
}

// ReportReading says how the caller of t takes its answer, see the function of that name.
func (m *Machine) ReportReading(now time.Time, t *Ticket, r Reading) {
	m.advance(now)
	key := t.user.key()
	u := m.slowReaders[key]
	if u == nil {
		u = &slowReader{key: key}
		m.slowReaders[key] = u
	}
	if t.readsSlowly {
		u.open--
	}
	if t.readsSlowly = r == ReadsSlowly; t.readsSlowly {
		u.open++
	}
	if r == ReadCutOff {
		u.cut.Add(m.now)
	}
	m.forgetReaders()
}

// slowReader is a user whose answers are read slowly.
type slowReader struct {
	key  userKey
	open int           // answers that are
	cut  window.Minute // those that were ended for it
}

// forgetReaders forgets the users who read as they should.
func (m *Machine) forgetReaders() {
	for key, u := range m.slowReaders {
		if u.open == 0 && u.cut.Count(m.now) == 0 {
			delete(m.slowReaders, key)
		}
	}
}

// manySlow is how many answers must be read slowly at once to be worth a word, where none was
// cut off.
const manySlow = 5

// judgeSlowReaders judges callers that hardly take their answers.
func (j *judge) judgeSlowReaders() {
	j.forgetReaders()
	var users []*slowReader
	open, cut := 0, 0
	for _, u := range j.slowReaders {
		users = append(users, u)
		open += u.open
		cut += u.cut.Count(j.now)
	}
	shown, ok := j.settle(rowSlowReaders, when(open >= manySlow || cut > 0, levelWarning), true)
	if !ok {
		return
	}
	if open < manySlow && cut == 0 {
		j.add(rowSlowReaders, shown, "Slow readers held up answers until just now", "Nothing now: they read on, or have left")
		return
	}
	slices.SortFunc(users, func(a, b *slowReader) int {
		return cmp.Or(cmp.Compare(b.open+b.cut.Count(j.now), a.open+a.cut.Count(j.now)), cmp.Compare(a.key.name, b.key.name), cmp.Compare(a.key.group, b.key.group))
	})
	of := userName(users[0].key)
	if others := len(users) - 1; others > 0 {
		of += " and " + counted(others, "other")
	}
	message := fmt.Sprintf("Slow readers: %s of %s", counted(open, "answer"), of)
	switch {
	case open == 0:
		message = fmt.Sprintf("Slow readers: %s of %s cut off in the last minute", counted(cut, "answer"), of)
	case cut > 0:
		message += fmt.Sprintf(" (%d cut off in the last minute)", cut)
	}
	j.health.rows[rowSlowReaders].explanation.user = users[0].key
	j.add(rowSlowReaders, shown, message, fmt.Sprintf("Ask %s to look at their programs and their network: they hardly read what they asked for; no slot waits for them", userName(users[0].key)))
}
