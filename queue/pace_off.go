package queue

import (
	"fmt"
	"time"
)

// paceOff is since when the pace is off, and who has switched it off. The zero paceOff is of
// one that is on.
type paceOff struct {
	on    bool // it is off
	since time.Duration
	by    string // empty: nobody, it was from the start
}

// switchPace notes whether the pace is off by the settings, and lets all start that wait once
// it is: what paused or held back a lane is over then, for all that comes is sent. The caller
// reschedules all lanes.
func (m *Machine) switchPace(by string) {
	if m.settings.Off == m.off.on {
		return
	}
	if !m.settings.Off {
		m.off = paceOff{}
		return
	}
	m.off = paceOff{on: true, since: m.now, by: by}
	clear(m.spentCaps)
	for _, l := range m.lanes {
		l.rejoinAll(m.now)
		if l.pause.active(m.now) {
			m.resume(l, by)
		}
	}
}

// rejoinAll brings back all that stand aside.
func (l *lane) rejoinAll(now time.Duration) {
	for l.aside.Len > 0 {
		t := l.aside.First.Item
		l.aside.remove(t)
		l.putAtHead(t, now)
	}
}

// reportOff tells of a pace that is off; nil if it is on.
func (m *Machine) reportOff() *Off {
	if !m.off.on {
		return nil
	}
	return &Off{Since: Time{m.wallTime(m.off.since)}, By: m.off.by, Rule: m.settings.rule()}
}

// judgeOff says that the pace is off.
func (j *judge) judgeOff() {
	if !j.off.on {
		j.health.rows[rowOff].atMost(levelHealthy)
	}
	l, ok := j.settle(rowOff, when(j.off.on, levelWarning), true)
	if !ok {
		return
	}
	who := ""
	if j.off.by != "" {
		who = " (" + nameIn(j.off.by, shorten(j.off.by, maxName)) + ")"
	}
	j.add(rowOff, l, fmt.Sprintf("The pace is off since %s%s: nothing waits, and the API's refusals reach the clients", j.clock(j.off.since), who),
		fmt.Sprintf("Switch it on again when you can: %s in the settings, or PATCH /api/queue/settings {\"pace\": %q}", "pace "+j.settings.rule(), j.settings.rule()))
}
