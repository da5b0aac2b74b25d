package client

import (
	"time"

	"paceline/queue"
)

// Derived are the figures that a [History] derives from successive samples. Where the
// endpoint's detail has a figure, that one is used.
type Derived struct {
	// RecentWait is the average wait of the last 5 minutes, from the detail. Without
	// detail it is the wait of the last start; unknown if several requests started
	// between two polls, or if it is uncertain by more than a second.
	RecentWait Opt[time.Duration]
	// MeanWait is RecentWait if the endpoint has detail. Without detail it is the mean
	// of the last 5 waits that could be derived; unknown before the fifth.
	MeanWait Opt[time.Duration]
	// RecentRate is the share of the last 20 finished requests that succeeded, 0 to 1,
	// and RecentFinished their number, at most 20.
	RecentRate     Opt[float64]
	RecentFinished Opt[int]
	// FailedInARow is the number of failures since the last success; 0 if the endpoint
	// has detail.
	FailedInARow int
	// PerMinute is the number of requests that finished per minute, over the last
	// minute.
	PerMinute Opt[float64]
	// Stuck is for how long requests have waited while none started or finished, by the
	// endpoint's clock; unknown if the endpoint has detail, because then its own verdict
	// covers that.
	Stuck Opt[time.Duration]
	// NoRecentStart reports that no request started in the last 5 minutes, all of which
	// were watched.
	NoRecentStart bool
	// Note describes what is unusual about the samples, such as "counters were reset or
	// the server restarted"; empty if nothing is.
	Note string
	// Discontinuity is why the newest sample does not continue the one before it:
	// queue.KindReset, KindRestarted or KindUncertain; empty if it does.
	Discontinuity queue.Kind
}

const (
	recentWaits         = 5
	recentFinished      = 20
	recentWindow        = 5 * time.Minute
	throughputWindow    = time.Minute
	minThroughputWindow = 10 * time.Second // for a shorter time there is no throughput
	maxUncertainty      = time.Second
)

// finishedCounts are the requests that finished between two polls.
type finishedCounts struct{ successful, failed int64 }

// finishedMark is the number of requests that had finished at a time.
type finishedMark struct {
	at       time.Time
	finished int64
}

// timedWait is a derived wait and when it was derived.
type timedWait struct {
	at   time.Time
	wait time.Duration
}

// deriver derives figures from successive samples without a discontinuity.
type deriver struct {
	finished      []finishedCounts // newest last: the last 20 finished
	marks         []finishedMark   // newest last: the last minute
	waits         []timedWait      // newest last: the last 5
	lastWaitKnown bool             // the wait of the last start could be derived, and is the last of waits

	lastStart      time.Time      // when a request last started, or the first sample
	lastActivity   Opt[time.Time] // by the endpoint's clock, when a request last started or finished, or none waited
	timestampMoved time.Time      // when the endpoint's timestamp last moved
}

// restart begins again with s.
func (d *deriver) restart(s Sample) {
	*d = deriver{lastStart: s.At, timestampMoved: s.At, lastActivity: s.Timestamp}
	d.addMark(s)
}

// advance takes the sample that follows prev.
func (d *deriver) advance(prev, s Sample) {
	if s.Timestamp != prev.Timestamp || !s.Timestamp.Known {
		d.timestampMoved = s.At
	} else if activity(s) == activity(prev) {
		return // a cached copy: nothing is known of the time between
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

// activity returns the figures that change when a request arrives, starts or
// finishes, to be compared.
func activity(s Sample) any {
	return struct {
		counters
		average Opt[time.Duration]
		waiting Opt[int]
		success Opt[time.Time]
	}{countersOf(s), s.Average, s.Waiting, s.LastProcessed}
}

// startsBetween returns how many requests started between two samples: those that
// arrived, less the growth of the queue.
func startsBetween(prev, s Sample) Opt[int64] {
	return Opt[int64]{
		Value: s.Total.Value - prev.Total.Value - int64(s.Waiting.Value-prev.Waiting.Value),
		Known: s.Total.Known && prev.Total.Known && s.Waiting.Known && prev.Waiting.Known,
	}.tidy()
}

// waitBetween returns the wait of the only start between two samples. At that start
// the average became (average·(n-1) + wait) / n, where n, the total at that time, lies
// between the totals of prev and s. Both averages are rounded to milliseconds.
func waitBetween(prev, s Sample) Opt[time.Duration] {
	if !prev.Average.Known || !s.Average.Known {
		return Opt[time.Duration]{}
	}
	at := func(n int64) time.Duration {
		return s.Average.Value + time.Duration(n-1)*(s.Average.Value-prev.Average.Value)
	}
	few, many := max(1, prev.Total.Value), max(1, s.Total.Value)
	if prev.Waiting.Value == 0 && many > few {
		few++ // the request that started arrived after prev
	}
	rounding := time.Duration(many) * time.Millisecond
	low, high := min(at(few), at(many))-rounding, max(at(few), at(many))+rounding
	wait := max(0, (low+high)/2)
	known := high >= 0 && (high-low)/2 <= maxUncertainty && wait <= maxWait
	return Opt[time.Duration]{Value: wait, Known: known}.tidy()
}

// trim drops the counts from before the last 20 finished requests.
func (d *deriver) trim() {
	n := int64(0)
	for i := len(d.finished) - 1; i >= 0; i-- {
		if n += d.finished[i].successful + d.finished[i].failed; n >= recentFinished {
			d.finished = last(d.finished, len(d.finished)-i)
			return
		}
	}
}

// addMark adds a mark for s, and drops those that are older than a minute.
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

// timestampFrozen reports whether the endpoint's timestamp has not moved for long.
func (d *deriver) timestampFrozen(now time.Time, late time.Duration) bool {
	return now.Sub(d.timestampMoved) > late
}

// derive returns the figures at the newest sample.
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

// wait returns the wait of the last start, and the mean of the last 5 waits.
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

// rate returns the success rate of the last 20 finished requests. The order in which
// requests finished between two polls is not known: if only a part of them belongs to
// the last 20, the part is taken to have succeeded at the same rate.
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

// perMinute returns the throughput over the last minute.
func (d *deriver) perMinute(now time.Time, late time.Duration) Opt[float64] {
	if len(d.marks) == 0 {
		return Opt[float64]{}
	}
	newest := d.marks[len(d.marks)-1]
	if now.Sub(newest.at) > late {
		return Opt[float64]{} // only cached copies since
	}
	for _, old := range d.marks {
		span := newest.at.Sub(old.at)
		if span > throughputWindow+late { // there was an outage
			continue
		}
		if span < minThroughputWindow {
			break
		}
		return Some(float64(newest.finished-old.finished) * float64(time.Minute) / float64(span))
	}
	return Opt[float64]{}
}
