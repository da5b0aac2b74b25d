package queue

import "paceline/queue/internal/limiter"

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

// cost returns what a start of an amount costs, and the share that counts as 1; a unit of
// zero says that every start costs the same. A request that needs more than a full bucket
// holds counts as a full one: no bucket can give it more.
func (f *tariff) cost(a *limiter.Amount) (cost, unit float64) {
	if unit = f.share(&f.mean); unit == 0 {
		return 1, 0
	}
	return min(f.share(a), 1) / unit, unit
}

// started lets the mean follow a start.
func (f *tariff) started(a *limiter.Amount) {
	f.starts = min(f.starts+1, meanStarts)
	for d := range f.mean {
		f.mean[d] += (a[d] - f.mean[d]) / float64(f.starts)
	}
}
