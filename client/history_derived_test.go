package client

import (
	"math/rand/v2"
	"testing"
	"time"
)

// oldServer is the published deployment: it counts what came, and moves its
// average at each start.
type oldServer struct {
	now                       float64 // seconds
	total, successful, failed int64
	average                   float64 // ms
	line                      []float64
	lastSuccess               Opt[time.Time]
}

func (o *oldServer) add() {
	o.total++
	o.line = append(o.line, o.now)
}

// start begins the first in line and returns how long it waited.
func (o *oldServer) start() time.Duration {
	ms := (o.now - o.line[0]) * 1000
	o.line = o.line[1:]
	o.average = (o.average*float64(o.total-1) + ms) / float64(o.total)
	return time.Duration(ms * float64(time.Millisecond))
}

func (o *oldServer) succeed() {
	o.successful++
	o.lastSuccess = Some(at(o.now))
}

func (o *oldServer) sample() Sample {
	return Sample{
		At: at(o.now), Timestamp: Some(at(o.now)), Status: Some("healthy"), Health: Health{IsHealthy: Some(true)},
		Metrics: Metrics{
			Total: Some(o.total), Successful: Some(o.successful), Failed: Some(o.failed),
			Average: Some(time.Duration(o.average+0.5) * time.Millisecond), Waiting: Some(len(o.line)),
			LastProcessed: o.lastSuccess,
		},
	}
}

func TestRecentWait(t *testing.T) {
	second := func(f float64) Opt[time.Duration] { return Some(time.Duration(f * float64(time.Second))) }
	unknown := Opt[time.Duration]{}
	h, o := NewHistory(time.Second), &oldServer{}
	o.total, o.average = 99, 2345 // it has worked before
	poll := func(what string, now float64, want Opt[time.Duration], story func()) {
		t.Helper()
		o.now = now
		story()
		h.Add(o.sample())
		got := h.Derived().RecentWait
		if got.Known != want.Known || (got.Value-want.Value).Abs() > 200*time.Millisecond {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	poll("the first sample says nothing", 0, unknown, func() {})
	poll("nor do arrivals", 1, unknown, func() { o.add(); o.add(); o.add() })
	poll("one start does", 4, second(3), func() { o.start() })
	poll("and stays", 5, second(3), func() {})
	poll("through an arrival", 6, second(3), func() { o.add() })
	poll("and a success", 7, second(3), func() { o.succeed() })
	poll("the next start", 8, second(7), func() { o.start() })
	poll("several starts hide their waits", 9, unknown, func() { o.start(); o.start() })
	poll("until there is one again", 12, second(2), func() { o.now = 10; o.add(); o.now = 12; o.start() })
	poll("a start at once", 13, second(0), func() { o.add(); o.start() })
	poll("an arrival and a start of another", 20, second(4), func() {
		o.now = 16
		o.add()
		o.now = 20
		o.start()
		o.add()
	})
	poll("many arrivals in the same poll leave it uncertain", 60, unknown, func() {
		for range 40 {
			o.add()
		}
		o.start()
	})
}

// Who starts out of an empty line came since the last poll, and counts.
func TestRecentWaitOutOfAnEmptyLine(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{total: 1, average: 1000}
	h.Add(o.sample())
	o.now = 1
	o.add()
	o.start()
	h.Add(o.sample())
	check(t, "wait", h.Derived().RecentWait, Some(time.Duration(0)))
}

func TestRecentWaitIsUncertainInALargeTotal(t *testing.T) {
	for _, c := range []struct {
		total int64
		known bool
	}{{900, true}, {1100, false}} {
		h, o := NewHistory(time.Second), &oldServer{total: c.total, average: 3000}
		o.add()
		h.Add(o.sample())
		o.now = 5
		o.start()
		h.Add(o.sample())
		check(t, "known", h.Derived().RecentWait.Known, c.known)
	}
}

func TestRecentWaitGrowsOld(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{}
	for i := range 5 {
		o.now = float64(2 * i)
		o.add()
		h.Add(o.sample())
		check(t, "mean before the fifth", h.Derived().MeanWait.Known, false)
		o.now++
		o.start()
		h.Add(o.sample())
	}
	d := h.Derived()
	check(t, "recent", d.RecentWait.Value.Round(100*time.Millisecond), time.Second)
	check(t, "mean", d.MeanWait.Value.Round(100*time.Millisecond), time.Second)
	check(t, "quiet", d.NoRecentStart, false)
	for o.now < 320 {
		o.now++
		h.Add(o.sample())
	}
	d = h.Derived()
	check(t, "recent, 5 minutes later", d.RecentWait.Known, false)
	check(t, "mean, 5 minutes later", d.MeanWait.Known, false)
	check(t, "quiet, 5 minutes later", d.NoRecentStart, true)
}

// Whatever happens at the server, a wait that is told is right within a second.
func TestRecentWaitIsRight(t *testing.T) {
	told := 0
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		h, o := NewHistory(time.Second), &oldServer{}
		h.Add(o.sample())
		for range 300 {
			starts, wait := 0, time.Duration(0)
			for range random.IntN(4) {
				o.now += random.Float64()
				if random.IntN(2) == 0 {
					o.add()
				} else if len(o.line) > 0 {
					starts++
					wait = o.start()
				}
			}
			o.now += 0.1
			h.Add(o.sample())
			got := h.Derived().RecentWait
			if starts == 0 || !got.Known {
				continue
			}
			told++
			if starts > 1 || (got.Value-wait).Abs() > maxUncertainty {
				t.Fatalf("seed %d: %d starts, the last waited %v: got %v", seed, starts, wait, got.Value)
			}
		}
	}
	if told < 1000 {
		t.Errorf("only %d waits were told", told)
	}
}

func TestRecentRate(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{successful: 1000, failed: 500}
	poll := func(what string, successful, failed int64, rate Opt[float64], finished Opt[int], row int) {
		t.Helper()
		o.now++
		o.successful += successful
		o.failed += failed
		h.Add(o.sample())
		d := h.Derived()
		check(t, what+": rate", d.RecentRate, rate)
		check(t, what+": finished", d.RecentFinished, finished)
		check(t, what+": failed in a row", d.FailedInARow, row)
	}
	poll("what was before is not recent", 0, 0, Opt[float64]{}, Opt[int]{}, 0)
	poll("one", 1, 0, Some(1.0), Some(1), 0)
	poll("three failed", 0, 3, Some(0.25), Some(4), 3)
	poll("nothing new", 0, 0, Some(0.25), Some(4), 3)
	poll("in one poll the order is not known", 3, 1, Some(0.5), Some(8), 0)
	poll("up to 20", 12, 0, Some(0.8), Some(20), 0)
	poll("the oldest leaves", 1, 0, Some(0.8), Some(20), 0)
	poll("and the three that failed", 3, 0, Some(0.95), Some(20), 0)
	poll("a part of a poll counts by its share", 0, 6, Some(0.7), Some(20), 6)
	poll("many in one poll", 30, 10, Some(0.75), Some(20), 0)
	poll("ten failed in a row", 0, 10, Some(0.375), Some(20), 10)
}

func TestPerMinute(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{successful: 7}
	check(t, "at first", h.Derived().PerMinute.Known, false)
	for i := range 200 {
		o.now = float64(i)
		if i%2 == 1 && i < 100 {
			o.successful++
		}
		h.Add(o.sample())
		got := h.Derived().PerMinute
		switch {
		case i < 10:
			check(t, "too short", got.Known, false)
		case i == 20 || i == 60 || i == 98:
			check(t, "30 a minute", got, Some(30.0))
		case i == 129:
			check(t, "half of the minute", got, Some(15.0))
		case i >= 160:
			check(t, "nothing any more", got, Some(0.0))
		}
	}
	o.now = 1000 // an outage: what is the last minute's is not known
	o.successful += 500
	h.Add(o.sample())
	check(t, "after an outage", h.Derived().PerMinute.Known, false)
}

func TestPerMinuteOfRarePolls(t *testing.T) {
	h, o := NewHistory(time.Minute), &oldServer{}
	h.Add(o.sample())
	o.now, o.successful = 61, 61
	h.Add(o.sample())
	check(t, "per minute", h.Derived().PerMinute, Some(60.0))
}

func TestStuck(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{}
	poll := func(what string, now float64, want float64, story func()) {
		t.Helper()
		o.now = now
		story()
		h.Add(o.sample())
		check(t, what, h.Derived().Stuck.Value, time.Duration(want*float64(time.Second)))
	}
	poll("nobody waits", 0, 0, func() {})
	poll("nobody has waited", 50, 0, func() {})
	poll("one comes", 60, 10, func() { o.add() })
	poll("it waits", 70, 20, func() {})
	poll("another comes", 75, 25, func() { o.add() })
	poll("one starts", 80, 0, func() { o.start() })
	poll("one waits", 100, 20, func() {})
	poll("one finishes", 101, 0, func() { o.succeed() })
	poll("one waits on", 171, 70, func() {})
	check(t, "verdict", Judge(h.newest.Value, h.Derived()).Message, "Queue is stuck (1 waiting, nothing done for 1 min 10 s)")

	frozen := o.sample()
	frozen.At = at(400) // the same copy, much later
	h.Add(frozen)
	check(t, "the endpoint's time stands still", h.Derived().Stuck.Value, 70*time.Second)
	poll("nobody waits any more", 401, 0, func() { o.start() })
}

func TestFrozenTimestamp(t *testing.T) {
	const note = "the endpoint's timestamp does not move: perhaps a cached copy"
	h, o := NewHistory(time.Second), &oldServer{}
	for i := range 20 {
		o.now = float64(i)
		h.Add(o.sample())
	}
	check(t, "it moves", h.Derived().Note, "")
	check(t, "throughput", h.Derived().PerMinute, Some(0.0))
	s := o.sample()
	for i := range 4 {
		s.At = at(float64(20 + i))
		h.Add(s)
		check(t, "note", h.Derived().Note, map[bool]string{true: note}[i == 3])
	}
	check(t, "throughput of a copy", h.Derived().PerMinute.Known, false)
	s.Successful = Some[int64](3) // only the timestamp stands
	s.At = at(24)
	h.Add(s)
	check(t, "throughput of a live one", h.Derived().PerMinute.Known, true)
	check(t, "its note", h.Derived().Note, note)
	o.now = 25
	o.successful = 3
	h.Add(o.sample())
	check(t, "it moves again", h.Derived().Note, "")

	untold := NewHistory(time.Second)
	for i := range 20 {
		untold.Add(waits(float64(i), 1))
	}
	check(t, "never told", untold.Derived().Note, "")
	check(t, "never told: stuck", untold.Derived().Stuck.Known, false)
}

// What the endpoint tells is passed on as it is.
func TestDerivedFromDetail(t *testing.T) {
	h, o := NewHistory(time.Second), &oldServer{}
	h.Add(o.sample())
	o.now = 1
	o.failed = 5
	o.add()
	s := o.sample()
	s.Detail = &Detail{
		Wait: Quantiles{Count: Some[int64](9), Average: Some(1500 * time.Millisecond), P95: Some(4 * time.Second)}, PerMinute: Some(12.0),
		Recent: Recent{RecentFinished: Some(20), RecentRate: Some[Share](0.9)},
	}
	h.Add(s)
	check(t, "derived", h.Derived(), Derived{
		RecentWait: Some(1500 * time.Millisecond), MeanWait: Some(1500 * time.Millisecond),
		RecentRate: Some(0.9), RecentFinished: Some(20), PerMinute: Some(12.0),
	})
	for m, want := range map[Metric]float64{MetricWaiting: 1, MetricWait: 1.5, MetricSuccess: 0.9} {
		check(t, "plotted", h.Columns(m, at(1), time.Second, 1)[0], Column{Value: want, Known: true})
	}
}
