package report

import (
	"slices"
	"time"

	"paceline/client"
)

// quantileWindow is the period that the endpoint's quantiles describe.
const quantileWindow = 5 * time.Minute

// maxDerivedWaits is the largest number of derived waits kept; the oldest are dropped.
const maxDerivedWaits = 1 << 16

// waits collects the waits of requests. The zero value is ready to use.
type waits struct {
	windows  []window
	since    time.Time // the end of the last of windows
	began    time.Time // when the endpoint began to measure
	newest   client.Opt[window]
	worst    Window
	derived  []time.Duration
	sum      time.Duration
	starts   int64 // the number of derived waits
	average  client.Opt[time.Duration]
	detailed bool
}

// window is a [Window] of 5 minutes, of which only a part may count.
type window struct {
	Window
	weight float64 // the number of requests that count
}

// add adds an answer and the figures derived from it.
func (w *waits) add(prev client.Opt[client.Sample], s client.Sample, d client.Derived) {
	w.average = s.Average
	if s.Detail != nil && s.Detail.Wait.Count.Known {
		w.addMeasured(s, d.Discontinuity != "")
		return
	}
	if d.Discontinuity == "" && prev.Known && startedBetween(prev.Value, s) && d.RecentWait.Known {
		if len(w.derived) == maxDerivedWaits {
			w.derived = append(w.derived[:0], w.derived[maxDerivedWaits/2:]...)
		}
		w.derived = append(w.derived, d.RecentWait.Value)
		w.sum += d.RecentWait.Value
		w.starts++
	}
}

// startedBetween reports whether a request started between two answers.
func startedBetween(prev, s client.Sample) bool {
	came := s.Total.Value - prev.Total.Value
	return s.Average != prev.Average || came != int64(s.Waiting.Value-prev.Waiting.Value)
}

// addMeasured adds the waits that the endpoint has measured in the last 5 minutes.
func (w *waits) addMeasured(s client.Sample, discontinuous bool) {
	w.detailed = true
	q := s.Detail.Wait
	now := Window{To: s.At, Count: q.Count.Value, Average: q.Average, P50: q.P50, P95: q.P95}
	if w.since.IsZero() {
		w.since = s.At
		w.began = s.At.Add(-time.Duration(s.Detail.Uptime.Or(client.Uptime(quantileWindow))))
	}
	if discontinuous && w.newest.Known { // the endpoint has forgotten its measurements
		w.addWindow(w.newest.Value.Window)
		w.began = w.since
	}
	w.newest = client.Some(window{Window: now})
	if s.At.Sub(w.since) >= quantileWindow {
		w.addWindow(now)
	}
	if now.P95.Known && (!w.worst.P95.Known || now.P95.Value > w.worst.P95.Value) {
		w.worst = now
	}
}

// addWindow adds the part of a window that does not overlap the one before it.
func (w *waits) addWindow(n Window) {
	measured := min(quantileWindow, n.To.Sub(w.began))
	part := min(1, n.To.Sub(w.since).Seconds()/max(measured.Seconds(), 1e-3))
	w.since = n.To
	if part > 0 && n.P50.Known && n.P95.Known {
		w.windows = append(w.windows, window{n, part * float64(n.Count)})
	}
}

// summary returns the waits of all answers.
func (w *waits) summary() Waits {
	s := Waits{Average: w.average}
	if !w.detailed {
		s.Derived = true
		s.All = w.fromDerived()
		return s
	}
	s.Last, s.Worst = w.newest.Value.Window, w.worst
	rest := *w
	rest.windows = slices.Clone(w.windows)
	if rest.newest.Value.To.After(rest.since) {
		rest.addWindow(rest.newest.Value.Window)
	}
	if len(rest.windows) == 0 { // one answer
		s.All = s.Last
		return s
	}
	s.All = mergeWindows(rest.windows)
	return s
}

// fromDerived returns the window of the derived waits.
func (w *waits) fromDerived() Window {
	if w.starts == 0 {
		return Window{}
	}
	sorted := slices.Sorted(slices.Values(w.derived))
	at := func(share float64) client.Opt[time.Duration] {
		return client.Some(sorted[min(int(share*float64(len(sorted))), len(sorted)-1)])
	}
	return Window{Count: w.starts, Average: client.Some(w.sum / time.Duration(w.starts)), P50: at(0.5), P95: at(0.95)}
}

// mergeWindows merges windows, as if the waits of each were distributed evenly between
// its quantiles.
func mergeWindows(windows []window) Window {
	all := Window{To: windows[len(windows)-1].To}
	weight, sum, longest := 0.0, 0.0, time.Duration(0)
	for _, w := range windows {
		weight += w.weight
		sum += w.weight * float64(w.Average.Value)
		longest = max(longest, w.P95.Value)
	}
	all.Count = int64(weight + 0.5)
	if weight <= 0 {
		return all
	}
	all.Average = client.Some(time.Duration(sum / weight))
	quantile := func(share float64) client.Opt[time.Duration] {
		low, high := time.Duration(0), 2*longest+1
		for high-low > time.Millisecond {
			middle := low + (high-low)/2
			below := 0.0
			for _, w := range windows {
				below += w.weight * w.shareBelow(middle)
			}
			if below < share*weight {
				low = middle
			} else {
				high = middle
			}
		}
		return client.Some(high.Round(time.Millisecond))
	}
	all.P50, all.P95 = quantile(0.5), quantile(0.95)
	return all
}

// shareBelow returns the share of the waits that are at most d.
func (w window) shareBelow(d time.Duration) float64 {
	p50, p95 := float64(w.P50.Value), float64(w.P95.Value)
	switch x := float64(d); {
	case x < p50:
		return 0.5 * x / p50
	case x < p95:
		return 0.5 + 0.45*(x-p50)/(p95-p50)
	default: // the distribution above p95 is unknown
		return 0.95 + 0.05*min(1, (x-p95)/max(p95, 1))
	}
}
