package replay

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/queue"
)

// askedPlace is what a waiting request was told of its place, and how long it then waited.
type askedPlace struct {
	told     queue.WaitingRequest
	at, wait time.Duration
	attempts int // before
}

// asksPlaces is the pace of our queue, where all ask for their places: soon after they
// have come, and again when they have waited twice as long; or each second.
type asksPlaces struct {
	*queued
	eachSecond bool
	asked      map[*Message][]askedPlace // that still wait
	done       []askedPlace
	next       time.Duration
}

// exact is how far a start may be from what was told and count as told.
const exact = 100 * time.Millisecond

func (p *asksPlaces) afterEvents(s *simulation) {
	p.queued.afterEvents(s)
	for m, asked := range p.asked {
		if m.attempts > asked[0].attempts {
			for _, a := range asked {
				a.wait = s.now - a.at
				p.done = append(p.done, a)
			}
			delete(p.asked, m)
		}
	}
	if s.now < max(p.next, WarmUp) {
		return
	}
	p.next = s.now + 5*time.Second + (s.now-WarmUp)/20
	if p.eachSecond {
		p.next = s.now + time.Second
	}
	var places map[string]queue.WaitingRequest
	for t, m := range p.messages {
		asked := p.asked[m]
		if n := len(asked); n > 0 && !p.eachSecond && s.now < m.At+2*(asked[n-1].at-m.At)+5*time.Second {
			continue
		}
		if places == nil {
			places = map[string]queue.WaitingRequest{}
			for _, w := range p.machine.Waiting(s.clock()) {
				places[w.ID] = w
			}
		}
		if w, ok := places[t.ID()]; ok && !w.Backoff {
			p.asked[m] = append(asked, askedPlace{told: w, at: s.now, attempts: m.attempts})
		}
	}
}

// askPlaces runs a load, and returns what those were told who have started since. No load
// counts more than others: it is at most 500 places.
func (c *promiseCase) askPlaces(tb testing.TB, l *Load) []askedPlace {
	p := &asksPlaces{asked: map[*Message][]askedPlace{}, eachSecond: c.eachSecond}
	_, err := Run(tb.Context(), l, Pace{warm: c.warm, newPacer: func(l *Load) (pacer, error) {
		var err error
		p.queued, err = newQueued(c.settings(), l.Seed)
		return p, err
	}})
	if err != nil {
		tb.Fatal(err)
	}
	slices.SortFunc(p.done, func(a, b askedPlace) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.told.Position, b.told.Position), cmp.Compare(a.told.ID, b.told.ID))
	})
	const most = 500
	var some []askedPlace
	for i := 0; i < len(p.done); i += (len(p.done) + most - 1) / most {
		some = append(some, p.done[i])
	}
	return some
}

// intervals is how good the intervals were that were told.
type intervals struct {
	all, known     int
	early, late    int           // starts before and after the interval
	narrow         int           // no wider than 30% of the whole wait, or 2 s
	missed, waited time.Duration // by the single time that was told, and in all; of those that are known
}

func (i *intervals) add(a *askedPlace) {
	i.all++
	if a.told.EtaLateMs == nil {
		return
	}
	i.known++
	of := func(ms *int64) time.Duration { return time.Duration(*ms) * time.Millisecond }
	early, late := of(a.told.EtaEarlyMs), of(a.told.EtaLateMs)
	switch {
	case a.wait < early-exact:
		i.early++
	case a.wait > late+exact:
		i.late++
	}
	if late-early <= max((of(&a.told.WaitedMs)+a.wait)*3/10, 2*time.Second) {
		i.narrow++
	}
	i.missed += (a.wait - of(a.told.EtaMs)).Abs()
	i.waited += a.wait
}

// inside is the share of the starts in their intervals, where one was told.
func (i *intervals) inside() float64 { return 1 - float64(i.early+i.late)/float64(max(i.known, 1)) }

// isNarrow is the share of narrow intervals.
func (i *intervals) isNarrow() float64 { return float64(i.narrow) / float64(max(i.known, 1)) }

// isTold is the share of places with an interval.
func (i *intervals) isTold() float64 { return float64(i.known) / float64(max(i.all, 1)) }

func (i *intervals) String() string {
	n := time.Duration(max(i.known, 1))
	return fmt.Sprintf("%d places, %.0f%% with an interval: %.1f%% start in it, %.1f%% before; %.0f%% of these are narrow; a start is %v off in the mean, of %v",
		i.all, 100*i.isTold(), 100*i.inside(), 100*float64(i.early)/float64(n), 100*i.isNarrow(),
		(i.missed / n).Round(100*time.Millisecond), (i.waited / n).Round(100*time.Millisecond))
}

// promiseCase is a pace whose intervals are judged.
type promiseCase struct {
	pace     string
	adaptive bool
	warm     bool
	most     float64 // of the starts that may lie in their intervals
	narrow   float64 // of the intervals, at least
	told     float64 // of the places that have an interval, at least

	eachSecond bool // all ask for their places again
}

// Under the spaced rule an interval is often a single time, which no start misses. A cold
// lane is asked for places before its first answers, which say what the limits are and what
// requests cost.
var (
	spacedPromises = promiseCase{pace: Spaced, most: 1, narrow: 0.5, told: 1}
	coldPromises   = promiseCase{pace: AdaptiveCold, adaptive: true, most: 0.95, narrow: 0.5, told: 0.65}
	warmPromises   = promiseCase{pace: Adaptive, adaptive: true, warm: true, most: 0.95, narrow: 0.5, told: 0.8}
)

// settings are those of the queue, which refuses nobody.
func (c *promiseCase) settings() queue.Settings {
	s := queue.DefaultSettings()
	s.MaxWait, s.MaxQueue, s.Adaptive = 24*time.Hour, 100_000, c.adaptive
	return s
}

// intervalsIn returns how good the intervals were in all of some loads. Where it is verbose, the
// log has each.
func (c *promiseCase) intervalsIn(t *testing.T, loads []Load) (all intervals) {
	worst, worstLoad := 1.0, ""
	for _, l := range loads {
		ofLoad := intervals{}
		for _, a := range c.askPlaces(t, &l) {
			all.add(&a)
			ofLoad.add(&a)
		}
		if ofLoad.known >= 50 && ofLoad.inside() < worst {
			worst, worstLoad = ofLoad.inside(), l.Name
		}
		if testing.Verbose() {
			t.Logf("%s / %s: %v", l.Name, c.pace, &ofLoad)
		}
	}
	t.Logf("%s: %v; the worst is %q, where %.0f%% start in it", c.pace, &all, worstLoad, 100*worst)
	return all
}

// About nine in ten start in the interval that they were told under the adaptive pace, and
// more under the spaced one; half of the intervals are narrow. In other loads, for which
// nothing was made, as many start in theirs.
func TestStartsLieInTheirIntervals(t *testing.T) {
	if raceEnabled {
		t.Skip("it has one goroutine, and ten times as much to do under the race detector")
	}
	for _, c := range []promiseCase{spacedPromises, coldPromises, warmPromises} {
		got := c.intervalsIn(t, Loads())
		if inside := got.inside(); inside < 0.85 || inside > c.most {
			t.Errorf("%s: %.1f%% start in their intervals, want 85 to %.0f", c.pace, 100*inside, 100*c.most)
		}
		if narrow := got.isNarrow(); narrow < c.narrow {
			t.Errorf("%s: %.1f%% of the intervals are narrow, want %.0f", c.pace, 100*narrow, 100*c.narrow)
		}
		if told := got.isTold(); told < c.told {
			t.Errorf("%s: %.1f%% of the places have an interval, want %.0f", c.pace, 100*told, 100*c.told)
		}
		unseen := c.intervalsIn(t, unseenLoads())
		if inside := unseen.inside(); inside < 0.85 || inside > c.most {
			t.Errorf("%s: in unseen loads %.1f%% start in their intervals, want 85 to %.0f", c.pace, 100*inside, 100*c.most)
		}
	}
}

// Where bursts meet the limit, and users come beside and later, about nine in ten of the
// starts lie in their intervals whenever they ask, though these are wider.
func TestStartsAfterBurstsLieInTheirIntervals(t *testing.T) {
	if raceEnabled {
		t.Skip("it has one goroutine")
	}
	for _, of := range []struct {
		promiseCase
		loads  []Load
		narrow float64
	}{{spacedPromises, spacedLoads(), 0.5}, {coldPromises, burstLoads(), 0.42}, {warmPromises, burstLoads(), 0.42}} {
		of.eachSecond = true
		got := of.intervalsIn(t, of.loads)
		if inside := got.inside(); inside < 0.85 || inside > of.most {
			t.Errorf("%s: %.1f%% start in their intervals, want 85 to %.0f", of.pace, 100*inside, 100*of.most)
		}
		if narrow := got.isNarrow(); narrow < of.narrow {
			t.Errorf("%s: %.1f%% of the intervals are narrow, want %.0f", of.pace, 100*narrow, 100*of.narrow)
		}
	}
}

// Where the estimates were wrong because nothing was known, starts are expected by what
// requests turned out to cost, and in the order to which that leads.
func TestAColdLaneLearnsWhatItsRequestsCost(t *testing.T) {
	if raceEnabled {
		t.Skip("it has one goroutine")
	}
	i := slices.IndexFunc(Loads(), func(l Load) bool { return l.Name == "no resets, by requests" })
	l := Loads()[i]
	var off, waited time.Duration
	for _, a := range coldPromises.askPlaces(t, &l) {
		if a.told.EtaLateMs != nil {
			off += (a.wait - time.Duration(*a.told.EtaMs)*time.Millisecond).Abs()
			waited += a.wait
		}
	}
	if share := float64(off) / float64(waited); share > 0.05 {
		t.Errorf("starts are %.0f%% of their waits off, want 5%% at most", 100*share)
	}
}
