package queue

import (
	"cmp"

	"paceline/queue/internal/limiter"
	"paceline/queue/internal/list"
)

// tariff says what a start costs in the fair order: its dominant share (Ghodsi and others,
// "Dominant resource fairness", NSDI 2011), which is the largest of its shares of the
// lane's limits, in units of that of a mean start. The zero tariff knows no limit.
//
// The unit is the mean of the starts until limits are told. Then it stays: prices that were
// fixed at different times are compared.
type tariff struct {
	perMinute limiter.Amount // zero: no limit is known
	mean      limiter.Amount // of the latest starts
	unit      limiter.Amount // what costs 1
	usual     float64        // what a mean start has cost by the limits that were told before; zero: none were
	starts    int            // in the mean, at most meanStarts
}

// meanStarts is how many starts the mean follows.
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

// known reports whether starts cost different amounts.
func (f *tariff) known() bool { return f.share(&f.unit) > 0 }

// tell sets the limits that starts are charged by; zero where none is known.
func (f *tariff) tell(perMinute limiter.Amount) {
	if perMinute != f.perMinute {
		f.change(perMinute)
	}
}

func (f *tariff) change(perMinute limiter.Amount) {
	if f.known() {
		f.usual = f.share(&f.mean) / f.share(&f.unit)
	}
	f.perMinute = perMinute
}

// cost returns what a start of an amount costs, if that is known. One that needs more than
// a full bucket holds counts as a full one: no bucket can give it more. One of which
// nothing is known counts as the mean.
func (f *tariff) cost(a *limiter.Amount) float64 {
	return min(cmp.Or(f.share(a), f.share(&f.mean)), 1) / f.share(&f.unit)
}

// inProportion returns what a start costs that takes another amount than one that costs so
// much, at the present price.
func (f *tariff) inProportion(cost float64, of, amount *limiter.Amount) float64 {
	if !f.known() {
		return cost
	}
	return cost * f.cost(amount) / f.cost(of)
}

// price returns the price of the request at a place in a line. Where no limit is known all
// starts cost the same.
func (f *tariff) price(of *list.Node[*Ticket]) price {
	if !f.known() {
		return price{of: of, cost: f.unknownCost()} // and the request need not be looked at
	}
	return price{of, f.cost(&of.Item.cost), true}
}

// unknownCost is what each start costs where no limit is known: as much as a mean start when
// limits were known.
func (f *tariff) unknownCost() float64 {
	if f.usual > 0 {
		return f.usual
	}
	return 1
}

// started lets the mean follow a start.
func (f *tariff) started(a *limiter.Amount) {
	f.starts = min(f.starts+1, meanStarts)
	for d := range f.mean {
		f.mean[d] += (a[d] - f.mean[d]) / float64(f.starts)
	}
	if !f.known() { // limits that are told later charge a mean start what it has cost before
		cost := f.unknownCost()
		for d := range f.unit {
			f.unit[d] = f.mean[d] / cost
		}
	}
}
