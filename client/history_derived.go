package client

import (
	"time"

	"paceline/queue"
)

// Derived is what a History makes out of several samples. What the endpoint
// tells itself is passed on.
type Derived struct {
	// RecentWait is the average wait of the last 5 minutes where that is told,
	// else the wait of the last start; unknown where several started between two
	// polls, or where it is uncertain by more than a second.
	RecentWait Opt[time.Duration]
	// MeanWait is like RecentWait, but else the mean of the last 5 waits that
	// could be derived; unknown before the fifth.
	MeanWait Opt[time.Duration]
	// RecentRate is the success of the last 20 finished that were seen, 0 to 1.
	RecentRate     Opt[float64]
	RecentFinished Opt[int]
	// FailedInARow is how many of the last that were seen to finish failed
	// without a success; 0 where the endpoint tells detail.
	FailedInARow int
	// PerMinute is how many finished per minute, over the last minute seen.
	PerMinute Opt[float64]
	// Stuck is for how long, by the endpoint's clock, somebody waited and nothing
	// was done; unknown where the endpoint tells detail, and so judges itself.
	Stuck Opt[time.Duration]
	// Quiet says that nothing started in the last 5 minutes, which were watched.
	NoRecentStart bool
	// Note is what is odd about the samples: "counters were reset or the server
	// restarted"; empty if nothing is.
	Note string
	// Break is why the newest sample does not go on from the one before it:
	// queue.KindReset, KindRestarted or KindUncertain; empty if it does.
	Discontinuity queue.Kind
}

const (
	recentWaits         = 5
	recentFinished      = 20
	recentWindow        = 5 * time.Minute
	throughputWindow    = time.Minute
	minThroughputWindow = 10 * time.Second // the least that must be seen for a rate
	maxUncertainty      = time.Second
)

// finishedCounts is what finished between two polls.
type finishedCounts struct{ successful, failed int64 }

// finishedMark is how many had finished at a time.
type finishedMark struct {
	at       time.Time
	finished int64
}

// timedWait is a wait that was derived.
type timedWait struct {
	at   time.Time
	wait time.Duration
}

// deriver turns samples that follow each other into what they say together.
type deriver struct {
	finished      []finishedCounts // newest last: the last 20 finished
	marks         []finishedMark   // newest last: the last minute
	waits         []timedWait      // newest last: the last 5
	lastWaitKnown bool             // the last start's wait is the last of waits

	lastStart      time.Time      // when something last started; or when the watch began
	lastActivity   Opt[time.Time] // the endpoint's time when something was last done or nobody waited
	timestampMoved time.Time      // when the endpoint's timestamp last moved
}

// restart forgets what was, and begins with s.
func (d *deriver) restart(s Sample) {
	*d = deriver{lastStart: s.At, timestampMoved: s.At, lastActivity: s.Timestamp}
	d.addMark(s)
}

// advance takes a sample that follows prev.
func (d *deriver) advance(prev, s Sample) {
	if s.Timestamp != prev.Timestamp || !s.Timestamp.Known {
		d.timestampMoved = s.At
	} else if activity(s) == activity(prev) {
		return // a copy says nothing of the time between
	}
	old, now := countersOf(prev), countersOf(s)
	ok, failed := minus(now.successful, old.successful), minus(now.failed, old.failed)
	if ok.Known && failed.Known && ok.Value+failed.Value > 0 {
		d.finished = append(d.finished, finishedCounts{ok.Value, failed.Value})
		d.trim()
	}
	d.addMark(s)
	starts := startsBetween(prev, s)
	started := starts.Value != 0 || s.Average != prev.Average
	if started {
		d.lastStart = s.At
		wait := Opt[time.Duration]{}
		if starts == Some[int64](1) {
			wait = waitBetween(prev, s)
		}
		if d.lastWaitKnown = wait.Known; d.lastWaitKnown {
			d.waits = append(last(d.waits, recentWaits-1), timedWait{s.At, wait.Value})
		}
	}
	finished := ok.Value+failed.Value > 0 || s.LastProcessed != prev.LastProcessed
	if started || finished || s.Waiting.Value == 0 {
		d.lastActivity = s.Timestamp
	}
}

// activity is all that moves when something comes, starts or finishes.
func activity(s Sample) any {
	return struct {
		counters
		average Opt[time.Duration]
		waiting Opt[int]
		success Opt[time.Time]
	}{countersOf(s), s.Average, s.Waiting, s.LastProcessed}
}

// startsBetween returns how many requests started: those that came, less those by
// which the line grew.
func startsBetween(prev, s Sample) Opt[int64] {
	return Opt[int64]{
		Value: s.Total.Value - prev.Total.Value - int64(s.Waiting.Value-prev.Waiting.Value),
		Known: s.Total.Known && prev.Total.Known && s.Waiting.Known && prev.Waiting.Known,
	}.tidy()
}

// waitBetween returns the wait of the one start between two samples. At that start
// the average became (average·(n-1) + wait) / n with n the total at that time,
// which is from prev's to s's; both averages are rounded to milliseconds.
func waitBetween(prev, s Sample) Opt[time.Duration] {
	if !prev.Average.Known || !s.Average.Known {
		return Opt[time.Duration]{}
	}
	at := func(n int64) time.Duration {
		return s.Average.Value + time.Duration(n-1)*(s.Average.Value-prev.Average.Value)
	}
	few, many := max(1, prev.Total.Value), max(1, s.Total.Value)
	if prev.Waiting.Value == 0 && many > few {
		few++ // who started came after prev
	}
	rounding := time.Duration(many) * time.Millisecond
	low, high := min(at(few), at(many))-rounding, max(at(few), at(many))+rounding
	wait := max(0, (low+high)/2)
	known := high >= 0 && (high-low)/2 <= maxUncertainty && wait <= maxWait
	return Opt[time.Duration]{Value: wait, Known: known}.tidy()
}

// trim drops the tallies that lie before the last 20 finished.
func (d *deriver) trim() {
	n := int64(0)
	for i := len(d.finished) - 1; i >= 0; i-- {
		if n += d.finished[i].successful + d.finished[i].failed; n >= recentFinished {
			d.finished = last(d.finished, len(d.finished)-i)
			return
		}
	}
}

func (d *deriver) addMark(s Sample) {
	finished := countersOf(s).finished()
	if !finished.Known {
		return
	}
	for len(d.marks) > 1 && s.At.Sub(d.marks[1].at) >= throughputWindow {
		d.marks = d.marks[1:]
	}
	d.marks = append(d.marks, finishedMark{s.At, finished.Value})
}

// timestampFrozen reports whether the endpoint's timestamp stands still.
func (d *deriver) timestampFrozen(now time.Time, late time.Duration) bool {
	return now.Sub(d.timestampMoved) > late
}

// derive returns what is known at the newest sample.
func (d *deriver) derive(s Sample, late time.Duration) Derived {
	r := Derived{NoRecentStart: s.At.Sub(d.lastStart) >= recentWindow}
	r.RecentWait, r.MeanWait = d.wait(s.At)
	r.RecentRate, r.RecentFinished, r.FailedInARow = d.rate()
	r.PerMinute = d.perMinute(s.At, late)
	detail := s.Detail
	if detail == nil {
		if d.lastActivity.Known && s.Timestamp.Known && s.Waiting.Value > 0 {
			r.Stuck = Some(max(0, s.Timestamp.Value.Sub(d.lastActivity.Value)))
		}
		return r
	}
	if detail.Wait.Count.Known {
		r.RecentWait, r.MeanWait = detail.Wait.Average, detail.Wait.Average
	}
	if detail.RecentFinished.Known {
		r.RecentRate, r.RecentFinished, r.FailedInARow = asFloat(detail.RecentRate), detail.RecentFinished, 0
	}
	if detail.PerMinute.Known {
		r.PerMinute = detail.PerMinute
	}
	return r
}

// wait returns the wait of the last start, and the mean of the last 5.
func (d *deriver) wait(now time.Time) (recent, mean Opt[time.Duration]) {
	n := len(d.waits)
	if d.lastWaitKnown && now.Sub(d.waits[n-1].at) < recentWindow {
		recent = Some(d.waits[n-1].wait)
	}
	if n < recentWaits || now.Sub(d.waits[0].at) >= recentWindow {
		return recent, mean
	}
	sum := time.Duration(0)
	for _, w := range d.waits {
		sum += w.wait
	}
	return recent, Some(sum / recentWaits)
}

// rate returns the success of the last 20 finished. Of what finished between two
// polls the order is not known: a part of it counts by its share.
func (d *deriver) rate() (rate Opt[float64], finished Opt[int], failedInARow int) {
	n, successes, onlyFailed := int64(0), 0.0, true
	for i := len(d.finished) - 1; i >= 0 && n < recentFinished; i-- {
		t := d.finished[i]
		all := t.successful + t.failed
		part := min(all, recentFinished-n)
		n += part
		successes += float64(t.successful) * float64(part) / float64(all)
		if onlyFailed = onlyFailed && t.successful == 0; onlyFailed {
			failedInARow += int(part)
		}
	}
	if n == 0 {
		return rate, finished, 0
	}
	return Some(successes / float64(n)), Some(int(n)), failedInARow
}

// perMinute returns the throughput over the last minute seen.
func (d *deriver) perMinute(now time.Time, late time.Duration) Opt[float64] {
	if len(d.marks) == 0 {
		return Opt[float64]{}
	}
	newest := d.marks[len(d.marks)-1]
	if now.Sub(newest.at) > late {
		return Opt[float64]{} // copies since
	}
	for _, old := range d.marks {
		span := newest.at.Sub(old.at)
		if span > throughputWindow+late { // an outage lies between
			continue
		}
		if span < minThroughputWindow {
			break
		}
		return Some(float64(newest.finished-old.finished) * float64(time.Minute) / float64(span))
	}
	return Opt[float64]{}
}
