package queue

import "time"

// knownLimits are what was learned of lanes that are gone.
type knownLimits map[string]adaptive

// maxKnown is how many lanes' limits are kept. What is forgotten is learned again.
const maxKnown = 1000

// keep keeps what a lane has learned.
func (k knownLimits) keep(name string, a *adaptive) {
	if !a.known && a.most == [dimensions]bucket{} {
		return
	}
	if len(k) >= maxKnown {
		clear(k)
	}
	kept := adaptive{most: a.most, mute: a.mute, usual: a.usual}
	if a.known {
		kept = adaptive{
			buckets: a.buckets, known: true, toldAt: a.toldAt, most: a.most,
			mute: a.mute, usual: a.usual, input: a.input, burst: a.burst, grown: a.grown,
		}
	}
	k[name] = kept
}

// restore returns what was learned of a lane, and what its buckets hold by now.
func (k knownLimits) restore(name string, now time.Duration) adaptive {
	a := k[name]
	delete(k, name)
	for d := range a.buckets {
		a.buckets[d].set(now, a.buckets[d].levelAt(now))
	}
	return a
}

// Learned returns the limits that the API has told, by lane; also of lanes in
// which nobody is now. Only PerMinute is set.
func (m *Machine) Learned(now time.Time) map[string]Limits {
	m.settle(now)
	all := map[string]Limits{}
	add := func(name string, a *adaptive) {
		if told := a.told(); told != (Limits{}) {
			all[name] = told
		}
	}
	for name, a := range m.known {
		add(name, &a)
	}
	for name, l := range m.lanes {
		add(name, &l.limits)
	}
	return all
}

// told returns the limits without what is left of them, as answers tell them or, of
// what none does, as they were told elsewhere.
func (a *adaptive) told() Limits {
	one := func(d int) Limit {
		if b := &a.buckets[d]; a.known && b.perMinute > 0 {
			return Limit{PerMinute: int(b.perMinute)}
		}
		return Limit{PerMinute: int(a.most[d].perMinute)}
	}
	return Limits{Requests: one(requests), Input: one(inputTokens), Output: one(outputTokens)}
}
