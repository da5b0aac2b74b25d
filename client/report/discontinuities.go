package report

import (
	"slices"
	"time"

	"paceline/client"
	"paceline/queue"
)

// severalServersText is the text of a history's event for several servers.
const severalServersText = "several servers answer here"

// discontinuities collects those that a history has detected. The zero value is ready to
// use.
type discontinuities struct {
	list    []Discontinuity
	several bool
}

// collect adds the history's events of discontinuities since a time.
func (d *discontinuities) collect(h *client.History, since time.Time) {
	for _, e := range h.Events() {
		if isDiscontinuity(e.Kind) && !e.At.Before(since) {
			d.add(Discontinuity{e.At, e.Text})
		}
	}
}

// isDiscontinuity reports whether k is the kind of a discontinuity.
func isDiscontinuity(k queue.Kind) bool {
	return k == queue.KindReset || k == client.KindRestarted || k == client.KindUncertain
}

// add adds a discontinuity, or replaces the text of one at the same time.
func (d *discontinuities) add(n Discontinuity) {
	d.several = d.several || n.Text == severalServersText
	for i := len(d.list) - 1; i >= 0 && !d.list[i].At.Before(n.At); i-- {
		if d.list[i].At.Equal(n.At) {
			d.list[i].Text = n.Text
			return
		}
	}
	d.list = append(d.list, n)
	slices.SortStableFunc(d.list, func(a, b Discontinuity) int { return a.At.Compare(b.At) })
}
