package report

import (
	"slices"
	"time"

	"paceline/client"
)

// discontinuities collects those that a history has detected. The zero value is ready to
// use.
type discontinuities struct {
	list    []Discontinuity
	several bool // several servers answer
}

// collect adds the history's events of discontinuities since a time.
func (d *discontinuities) collect(h *client.History, since time.Time) {
	for _, e := range h.Events() {
		if e.IsDiscontinuity() && !e.At.Before(since) {
			d.several = d.several || e.SeveralServers
			d.add(Discontinuity{e.At, e.WithoutCause()}) // the outage before it is told among those
		}
	}
}

// add adds a discontinuity, or replaces the text of one at the same time.
func (d *discontinuities) add(n Discontinuity) {
	for i := len(d.list) - 1; i >= 0 && !d.list[i].At.Before(n.At); i-- {
		if d.list[i].At.Equal(n.At) {
			d.list[i].Text = n.Text
			return
		}
	}
	d.list = append(d.list, n)
	slices.SortStableFunc(d.list, func(a, b Discontinuity) int { return a.At.Compare(b.At) })
}
