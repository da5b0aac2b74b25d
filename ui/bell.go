package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// bellHold is for how long the queue must have stood better than a level before that level
// is told again.
const bellHold = 30 * time.Second

// bell decides when a worse standing is told: the terminal rings and shows a message. A
// level that comes and goes is told once, until the queue has stood better for a while.
type bell struct {
	known  bool
	told   [unreachable + 1]bool      // and it has not been better for long enough since
	better [unreachable + 1]time.Time // since when the queue has stood better; zero: it does not
	muted  bool
}

// see takes how the queue stands after a poll, and reports whether to ring. How it stands at
// first is not told: somebody is looking.
func (b *bell) see(now standing, at time.Time) bool {
	ring := false
	for level := standing(client.Warning); level <= unreachable; level++ {
		switch {
		case now == unreachable && level < unreachable: // nobody knows the verdict
			b.better[level] = time.Time{}
			continue
		case now < level:
			if b.better[level].IsZero() {
				b.better[level] = at
			}
			if at.Sub(b.better[level]) >= bellHold {
				b.told[level] = false
			}
			continue
		}
		ring = ring || level == now && !b.told[level]
		b.told[level], b.better[level] = true, time.Time{}
	}
	ring = ring && b.known
	b.known = true
	return ring && !b.muted
}

// ring has the terminal ring and show words; OSC 9 is how some terminals are told of a
// message for the desktop.
func ring(words string) tea.Cmd {
	return tea.Raw("\a\x1b]9;" + words + "\a")
}
