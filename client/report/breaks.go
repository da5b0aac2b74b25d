package report

import (
	"slices"
	"time"

	"paceline/client"
	"paceline/queue"
)

// severalServers is how a history says so.
const severalServers = "several servers answer here"

// breaks are those that a history saw. The zero breaks are ready to use.
type breaks struct {
	list    []Break
	several bool
}

// look notes what the history tells of breaks since a time.
func (b *breaks) look(h *client.History, since time.Time) {
	for _, e := range h.Events() {
		if isBreak(e.Kind) && !e.At.Before(since) {
			b.note(Break{e.At, e.Text})
		}
	}
}

func isBreak(k queue.Kind) bool {
	return k == queue.KindReset || k == client.KindRestarted || k == client.KindUncertain
}

// note keeps a break. Of one that is known the words may have changed.
func (b *breaks) note(n Break) {
	b.several = b.several || n.What == severalServers
	for i := len(b.list) - 1; i >= 0 && !b.list[i].At.Before(n.At); i-- {
		if b.list[i].At.Equal(n.At) {
			b.list[i].What = n.What
			return
		}
	}
	b.list = append(b.list, n)
	slices.SortStableFunc(b.list, func(a, b Break) int { return a.At.Compare(b.At) })
}
