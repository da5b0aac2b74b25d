package ui

import (
	"math"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// snapshot is one moment of what is watched, judged. The zero snapshot knows nothing.
type snapshot struct {
	at       time.Time // the right end of the plots
	end      time.Time // the same by the history's clock
	cursor   time.Time // where the reader stands in them, by the history's clock; zero: at now
	until    time.Time // the end of what is told of a moment in the past
	past     bool      // it is a moment in the past, of which not all was kept
	known    bool      // a sample has come
	sample   client.Sample
	totals   client.Totals
	derived  client.Derived
	verdict  client.Verdict
	events   []client.Event
	over     []client.Event      // the incidents that are over
	going    []client.Event      // the one that goes on, if there is one
	troubles []client.Event      // of a day, as far as they are known,
	groups   []trouble           // and in lines
	line     *client.WaitingPage // who waits; nil where that is not told
	// What line answers, and why it is not told.
	lineQuery   client.WaitingQuery
	lineFailure *client.Failure
	// Of a moment in the past:
	minute   client.Slice     // that ended with it
	incident *client.Incident // that it is in; nil: none
	// Of a frozen snapshot: that it is compared with; nil: not yet.
	then *snapshot
	// The series that were asked for: several panes show the same, and of a frozen snapshot
	// history will forget them.
	kept      map[plotKey][]client.Column
	keptWaits map[waitKey][]client.WaitColumn
}

// plotKey names a series that a plot shows.
type plotKey struct {
	end    int64 // Unix time in ns
	metric client.Metric
	window time.Duration
	n      int
}

// waitKey names the waits that a plot shows.
type waitKey struct {
	end    int64 // Unix time in ns
	window time.Duration
	n      int
}

// state is what panes may read: what they show, over what time, and how.
type state struct {
	snapshot
	theme   *theme // faded while the figures are not live
	bright  *theme // the same, never faded
	stale   bool   // the figures are not live
	history *client.History
	window  time.Duration
	zone    *time.Location
	polled  time.Time // when the newest poll began

	organization string // of all lanes; empty where there are several

	comparing    bool       // with another moment
	target       lineTarget // what the keys of the line hit in the view that is open
	inUsers      bool       // the view of all users is open
	paceKey      string     // changes the pace, in a demo; else empty
	keyless      bool       // no keys are named: for who reads it elsewhere
	canActOnLine bool       // requests that wait can be cancelled, and given another priority

	// What every view shows around its own.
	status   statusPane
	headline headline
	keys     keysPane
}

// unfaded returns the state for panes whose content does not go stale.
func (s *state) unfaded() *state {
	u := *s
	u.theme = s.bright
	return &u
}

// untilCursor returns the state with plots that end at the moment in the past that is shown.
func (s *state) untilCursor() *state {
	if !s.past {
		return s
	}
	u := *s
	u.end = s.cursor.Add(client.SliceLength / 2) // in the slice of the moment, though the clocks differ by a little
	u.at = s.at.Add(u.end.Sub(s.end))
	return &u
}

// columns returns n columns of a series for a plot.
func (s *state) columns(m client.Metric, n int) []client.Column {
	key := plotKey{s.at.UnixNano(), m, s.window, n}
	if kept, ok := s.kept[key]; ok {
		return kept
	}
	columns := s.history.Columns(m, s.at, s.window, n)
	if s.kept != nil {
		s.kept[key] = columns
	}
	return columns
}

// clock writes a time of the endpoint's, with the day where that is not the sample's own.
func (s *state) clock(t time.Time) string {
	return human.Clock(t.In(s.zone), s.sample.Timestamp.Or(s.sample.At))
}

// detail returns what a paceline server tells beyond the published wire; from
// another one everything in it is unknown.
func (s *state) detail() client.Detail {
	if s.sample.Detail == nil {
		return client.Detail{}
	}
	return *s.sample.Detail
}

func (s *state) thresholds() queue.Thresholds {
	return s.detail().Settings.Thresholds().Or(queue.DefaultThresholds())
}

// emptyIn is when all who wait now will have started if nobody else comes: as the
// endpoint reports it, else from the throughput.
func (s *state) emptyIn() client.Opt[time.Duration] {
	waiting, perMinute := s.sample.Waiting, s.derived.PerMinute
	switch {
	case s.detail().EmptyIn.Known:
		return s.detail().EmptyIn
	case s.sample.Detail == nil && waiting.Known && waiting.Value > 0 && perMinute.Known && perMinute.Value > 0:
		minutes := min(float64(waiting.Value)/perMinute.Value, 24*60)
		return client.Some(time.Duration(math.Round(minutes * float64(time.Minute))))
	}
	return client.Opt[time.Duration]{}
}

// overall is the share that succeeded since start, reset or baseline.
func (s *state) overall() client.Opt[float64] {
	if s.totals.Rate.Known || !s.totals.Since.IsZero() {
		return s.totals.Rate
	}
	return s.sample.Rate
}

// overallRate is the share that succeeded, as text.
func (s *state) overallRate() string {
	switch {
	case s.overall().Known:
		return human.Share(s.overall().Value)
	case s.totals.Since.IsZero() && s.sample.RateText.Known && !s.sample.Successful.Known && !s.sample.Failed.Known:
		return clean(s.sample.RateText.Value)
	default:
		return s.theme.dash
	}
}

// waitingSeverity is how the length of the line is shown: as bad as it is judged, which
// depends on how long the last has before it, where that is known.
func (s *state) waitingSeverity() severity {
	t, n, d := s.thresholds(), s.sample.Waiting, s.detail()
	switch {
	case !n.Known:
		return s.theme.connecting()
	case n.Value >= t.CriticalWaiting && d.LastHas(t.CriticalLastWait):
		return s.theme.figure(client.Critical)
	case n.Value >= t.WarnWaiting && d.LastHas(t.WarnLastWait):
		return s.theme.figure(client.Warning)
	case n.Value >= t.WarnWaiting && !d.EmptyIn.Known: // by what the endpoint knows of it
		return s.theme.figure(d.LineLevel())
	default:
		return s.theme.figure(client.Healthy)
	}
}

// waitSeverity is how a wait is shown that is critical from limit on.
func (s *state) waitSeverity(wait client.Opt[time.Duration], limit time.Duration) severity {
	switch {
	case !wait.Known:
		return s.theme.connecting()
	case wait.Value >= limit:
		return s.theme.figure(client.Critical)
	case wait.Value >= limit/2:
		return s.theme.figure(client.Warning)
	default:
		return s.theme.figure(client.Healthy)
	}
}

// rateSeverity is how a success rate is shown.
func (s *state) rateSeverity(rate client.Opt[float64]) severity {
	switch {
	case !rate.Known:
		return s.theme.connecting()
	case rate.Value <= 0:
		return s.theme.figure(client.Critical)
	case rate.Value < s.thresholds().WarnSuccess:
		return s.theme.figure(client.Warning)
	default:
		return s.theme.figure(client.Healthy)
	}
}

// endpointTime is what the endpoint's clock shows, by which it tells its events.
func (s *state) endpointTime() time.Time { return s.history.EndpointTime(s.at) }
