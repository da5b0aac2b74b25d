package queue

import (
	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// tariff says what a start costs in the fair order: its dominant share (Ghodsi and others,
// "Dominant resource fairness", NSDI 2011), which is the largest of its shares of the
// lane's limits, in units of that of the lane's mean start. Where no limit is known every
// start costs 1. The zero tariff knows none.
type tariff struct {
	perMinute limiter.Amount // zero: no limit is known
	mean      limiter.Amount // of the latest starts
	starts    int            // in the mean, at most meanStarts
}

// meanStarts is how many starts the mean follows: enough that two requests that are alike
// cost about the same, whatever started between them.
const meanStarts = 256

// share returns the dominant share of an amount, in minutes of the limit; zero where none
// is known.
func (f *tariff) share(a *limiter.Amount) (most float64) {
	for d, limit := range f.perMinute {
		if limit > 0 {
			most = max(most, a[d]/limit)
		}
	}
	return most
}

// price returns what a start of the request at a place in a line costs. One that needs more
// than a full bucket holds counts as a full one: no bucket can give it more.
func (f *tariff) price(of *list.Node[*Ticket]) price {
	unit := f.share(&f.mean)
	if unit == 0 {
		return price{of: of, cost: 1} // and the request need not be looked at
	}
	return price{of, min(f.share(&of.Item.cost), 1) / unit, unit}
}

// started lets the mean follow a start.
func (f *tariff) started(a *limiter.Amount) {
	f.starts = min(f.starts+1, meanStarts)
	for d := range f.mean {
		f.mean[d] += (a[d] - f.mean[d]) / float64(f.starts)
	}
}
