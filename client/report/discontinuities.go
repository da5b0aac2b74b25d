package report

import (
	"slices"
	"time"

	"paceline/client"
	"paceline/queue"
)

// severalServers is how a history says so.
const severalServersText = "several servers answer here"

// discontinuities are those that a history saw. The zero breaks are ready to use.
type discontinuities struct {
	list    []Discontinuity
	several bool
}

// collect notes what the history tells of breaks since a time.
func (b *discontinuities) collect(h *client.History, since time.Time) {
	for _, e := range h.Events() {
		if isDiscontinuity(e.Kind) && !e.At.Before(since) {
			b.add(Discontinuity{e.At, e.Text})
		}
	}
}

func isDiscontinuity(k queue.Kind) bool {
	return k == queue.KindReset || k == client.KindRestarted || k == client.KindUncertain
}

// add keeps a break. Of one that is known the words may have changed.
func (b *discontinuities) add(n Discontinuity) {
	b.several = b.several || n.What == severalServersText
	for i := len(b.list) - 1; i >= 0 && !b.list[i].At.Before(n.At); i-- {
		if b.list[i].At.Equal(n.At) {
			b.list[i].What = n.What
			return
		}
	}
	b.list = append(b.list, n)
	slices.SortStableFunc(b.list, func(a, b Discontinuity) int { return a.At.Compare(b.At) })
}
