package limiter

import (
	"math"
	"time"
)

// unit is how much of what answers tell of a limit one of ours takes: one where the limit is
// told that is in force, and two where twice of it is told. What others take on the same
// account shows in the same way, but not in proportion to what we take. So a unit is believed
// if it explains every single report of a time. The zero unit is one.
type unit struct {
	believed float64 // zero: one
	points   []point // what was told since the first of them
}

// point is what an answer told of a limit, and what our starts had taken of it by then.
type point struct {
	limit        Limit
	at           time.Duration
	own, squares float64 // what each took, and its square
	unsure       float64 // of own, as its truth is not known yet
}

const (
	// unitStarts is how many starts tell a unit from what others take at random, times the
	// square of the tolerance, which is measured in starts: what others take is off from
	// its mean by the root of their number.
	unitStarts = 5
	fewStarts  = 4    // at least so many, and points
	otherUnit  = 0.25 // it is another one if it differs by this share at least,
	wholeUnit  = 0.1  // and a whole number if it is as near to one as this
	maxUnit    = 64
	maxPoints  = 128
)

// value is the unit that is believed.
func (u *unit) value() float64 { return max(u.believed, 1) }

// see takes in what an answer told, and reports whether another unit is believed since.
func (u *unit) see(d int, p point) (changed bool) {
	n := len(u.points)
	if n > 0 && (u.points[n-1].limit.PerMinute != p.limit.PerMinute || u.points[n-1].mayFillBy(&p)) {
		u.points = u.points[:0]
	}
	if p.limit.Remaining >= p.limit.PerMinute || d != Requests && p.limit.Remaining == 0 { // it may be in debt
		u.points = u.points[:0]
		return false
	}
	if len(u.points) == maxPoints {
		u.thin()
	}
	u.points = append(u.points, p)
	found, sure := u.measure(d)
	if !sure {
		return false
	}
	fits := u.explains(d, found)
	u.points = append(u.points[:0], p)
	if whole := math.Round(found); math.Abs(found-whole) <= wholeUnit*whole {
		found = whole
	}
	found = min(max(found, 1), maxUnit)
	if !fits || math.Abs(found-u.value()) <= otherUnit*u.value() {
		return false
	}
	u.believed = found
	return true
}

// thin forgets every second point, but the first.
func (u *unit) thin() {
	kept := u.points[:0]
	for i := 0; i < len(u.points); i += 2 {
		kept = append(kept, u.points[i])
	}
	u.points = kept
}

// mayFillBy reports whether the limit's bucket may have been full before a later point.
func (p *point) mayFillBy(later *point) bool {
	return float64(p.limit.Remaining)+p.refill(later) >= float64(p.limit.PerMinute)
}

// refill is what is told to refill until a later point.
func (p *point) refill(later *point) float64 {
	return float64(p.limit.PerMinute) / 60 * (later.at - p.at).Seconds()
}

// taken is what has been taken since, by what a later point tells, and what our starts took.
func (p *point) taken(later *point) (told, own float64) {
	return float64(p.limit.Remaining-later.limit.Remaining) + p.refill(later), later.own - p.own
}

// measure returns the unit from the first point to the last, and whether it is sure that
// others do not look the same.
func (u *unit) measure(d int) (found float64, sure bool) {
	first, last := &u.points[0], &u.points[len(u.points)-1]
	told, own := first.taken(last)
	if own < 1 || len(u.points) <= fewStarts {
		return 0, false
	}
	found = told / own
	start := (last.squares - first.squares) / own // of the large ones, as they take the most
	tolerance := last.tolerance(d, found) / start
	return found, own/start >= max(unitStarts*tolerance*tolerance/max(math.Abs(found-1), otherUnit), fewStarts)
}

// explains reports whether a unit explains each point.
func (u *unit) explains(d int, unit float64) bool {
	for i := range u.points {
		p := &u.points[i]
		if told, own := u.points[0].taken(p); math.Abs(told-unit*own) > p.tolerance(d, unit) {
			return false
		}
	}
	return true
}

// tolerance is how far what is told can be off with a unit: by its rounding, by the time of
// which it tells, and by what ours take.
func (p *point) tolerance(d int, unit float64) float64 {
	rounded := unit + 1
	if d != Requests {
		rounded = 2 * rounding
	}
	return rounded + float64(p.limit.PerMinute)/60*jitter.Seconds() + unit*p.unsure
}

// units are those of the limits of which a start takes what is known when it happens, or
// nearly.
type units struct {
	of     [readDimensions]unit
	taken  // what the starts up to number took
	number uint64
	seen   time.Duration // the latest point

	// The latest report becomes a point when the next one comes: by then it is known
	// what its start takes. It counts the starts up to until; zero: there is none.
	latest Report
	toldOf time.Duration
	until  uint64
	then   taken // what they took
	unsure float64
}

// taken is what some starts took, and the squares of what each did.
type taken struct{ own, squares Amount }

// convert returns a report in what ours take.
func (u *units) convert(r Report) Report {
	for d := range u.of {
		if value := u.of[d].value(); value > 1 {
			r[d].Remaining = int(float64(r[d].Remaining) / value)
			if r[d].PerMinute > 0 { // zero would say that it was not told
				r[d].PerMinute = max(int(float64(r[d].PerMinute)/value), 1)
			}
		}
	}
	return r
}

// learnUnits takes in what the answer to a start reports, and reports whether another unit is
// believed since. Unsure is which share of an estimate may be wrong.
func (l *callLog) learnUnits(now time.Duration, number uint64, r Report, unsure float64) (changed bool) {
	u := &l.units
	if c := l.call(u.until); c != nil && c.cost[Requests] == 0 { // it was refused, sooner than others that started before are answered
		u.until = 0
	}
	number, at, toldOf := l.asOf(now, number)
	if number < max(u.until, u.number) || at < u.seen {
		return false
	}
	if u.until > 0 {
		l.takeUnits(u.until)
		for d := range u.of {
			p := point{limit: u.latest[d], at: u.toldOf, own: u.then.own[d], squares: u.then.squares[d]}
			if d == Input {
				p.unsure = u.unsure
			}
			changed = u.of[d].see(d, p) || changed
		}
		u.seen = u.toldOf
	}
	u.latest, u.toldOf, u.until, u.then, u.unsure = r, toldOf, number, u.taken, unsure*l.inFlight[Input]
	return changed
}

// takeUnits counts what the starts up to a number took, which is not counted yet.
func (l *callLog) takeUnits(upTo uint64) {
	u := &l.units
	for n := max(u.number, l.first) + 1; n <= upTo; n++ {
		for d, cost := range l.call(n).cost {
			u.own[d] += cost
			u.squares[d] += cost * cost
		}
		if n == u.until {
			u.then = u.taken
		}
	}
	u.number = max(u.number, upTo)
}

// kept returns the units that are believed, without what they were learned from.
func (u *units) kept() (kept units) {
	for d := range u.of {
		kept.of[d].believed = u.of[d].believed
	}
	return kept
}
