package client

import (
	"time"

	"paceline/queue"
)

// FromReport turns a report of this process into the sample that [Decode] would
// make of it on the wire. It leaves At and Took zero.
func FromReport(r queue.Report) Sample {
	m, h := r.Metrics, r.Health
	s := Sample{
		Status:         text(r.Status),
		Timestamp:      moment(r.Timestamp.Time),
		Total:          whole(m.TotalRequests, counter),
		Successful:     whole(m.Successful, counter),
		Failed:         whole(m.Failed, counter),
		RateText:       text(m.SuccessRate),
		Average:        averageOf(text(m.AverageWaitTime)),
		Waiting:        whole(m.CurrentQueueLength, size),
		LastProcessed:  momentAt(m.LastProcessedAt),
		IsHealthy:      Some(h.IsHealthy),
		Message:        text(h.Message),
		Recommendation: textAt(h.Recommendation),
	}
	if r.Detail != nil {
		s.Detail = fromDetail(r.Detail)
	}
	s.rate()
	return s
}

func fromDetail(r *queue.Detail) *Detail {
	d := &Detail{
		Version:        text(r.Version),
		Simulated:      flagAt(r.Simulated),
		Pace:           text(r.Pace),
		Uptime:         whole(r.UptimeMs, uptime),
		Resets:         whole(r.Resets, counter),
		Draining:       Some(r.Draining),
		Running:        whole(r.Running, size),
		InBackoff:      whole(r.InBackoff, size),
		Cancelled:      whole(r.Cancelled, counter),
		Refused:        whole(r.Refused, counter),
		Retries:        whole(r.Retries, counter),
		RateLimited:    whole(r.RateLimited, counter),
		Resent:         whole(r.Resent, counter),
		PerMinute:      perMinute(r.PerMinute),
		OldestWait:     pointed(r.OldestWaitMs, millis),
		NextStart:      pointed(r.NextStartMs, millis),
		EmptyIn:        pointed(r.EmptyInMs, millis),
		Wait:           fromQuantiles(r.Wait),
		Response:       fromQuantiles(r.Response),
		RecentFinished: whole(r.Recent.Finished, size),
		RecentRate:     pointed(r.Recent.SuccessRate, share),
		ActiveUsers:    whole(r.Capacity.ActiveUsers, size),
		Band:           text(r.Capacity.Band),
		Expected:       text(r.Capacity.Expected),
		Feels:          text(r.Capacity.Feels),
		EventsTotal:    whole(r.EventsTotal, counter),
		Settings:       SettingsOf(r.Settings),
		Advises:        true, // a report's null is told of
		Advice:         FromAdvice(r.Advice),
	}
	for _, f := range first(r.Findings, maxFindings) {
		level, _ := levelOf(Clean(f.Level))
		if message := text(f.Message); message.Known {
			d.Findings = append(d.Findings, Finding{level, message.Value, text(f.Recommendation).Value})
		}
	}
	for _, t := range first(r.Troubles, maxTroubles) {
		if part := text(t.Part); part.Known {
			d.Troubles = append(d.Troubles, Trouble{Part: part.Value, Reason: text(t.Reason), At: moment(t.At.Time), Count: whole(t.Count, counter)})
		}
	}
	if r.Lanes != nil {
		d.Lanes = []Lane{}
	}
	for _, l := range first(r.Lanes, maxRows) {
		d.Lanes = append(d.Lanes, fromLane(l))
	}
	for _, u := range first(r.Users, maxRows) {
		if name := text(u.Name); name.Known {
			d.Users = append(d.Users, User{
				Name:     name.Value,
				Waiting:  whole(u.Waiting, size),
				Running:  whole(u.Running, size),
				Done:     whole(u.Done, counter),
				Failed:   whole(u.Failed, counter),
				LastWait: pointed(u.LastWaitMs, millis),
			})
		}
	}
	for _, e := range last(r.Events, maxEvents) {
		if event, ok := fromEvent(e); ok {
			d.Events = append(d.Events, event)
		}
	}
	return d
}

func fromLane(r queue.Lane) Lane {
	l := Lane{
		Name:        text(r.Name).Value,
		Waiting:     whole(r.Waiting, size),
		Running:     whole(r.Running, size),
		MaxInFlight: whole(r.MaxInFlight, size),
		InBackoff:   whole(r.InBackoff, size),
		NextStart:   pointed(r.NextStartMs, millis),
		PausedUntil: momentAt(r.PausedUntil),
		Pace:        text(r.Pace),
		WaitsFor:    text(r.WaitsFor),
		Rate:        pointed(r.Rate, perMinute),
	}
	for _, limit := range first(r.Limits, maxLimits) {
		if kind := text(limit.Kind); kind.Known {
			l.Limits = append(l.Limits, limitOf(kind.Value, whole(limit.PerMinute, counter), pointed(limit.Free, level), pointed(limit.FullInMs, millis)))
		}
	}
	return l
}

func fromEvent(e queue.Event) (Event, bool) {
	at, kind := moment(e.Time.Time), text(string(e.Kind))
	s := said{
		kind:    queue.Kind(kind.Value),
		user:    text(e.User).Value,
		error:   text(e.Error).Value,
		class:   text(e.Class).Value,
		by:      text(e.By).Value,
		waiting: whole(e.Waiting, size),
	}
	if e.Millis != 0 { // the wire leaves out a zero
		s.took = whole(e.Millis, millis)
	}
	return Event{At: at.Value, Kind: s.kind, Text: s.text()}, at.Known && kind.Known
}

func fromQuantiles(q queue.Quantiles) Quantiles {
	return Quantiles{
		Count:   whole(q.Count, counter),
		Average: pointed(q.AverageMs, millis),
		P50:     pointed(q.P50Ms, millis),
		P95:     pointed(q.P95Ms, millis),
		P99:     pointed(q.P99Ms, millis),
	}
}

// whole takes an integer through one of the functions that bound a figure.
func whole[I int | int64, T any](v I, bound func(float64) Opt[T]) Opt[T] { return bound(float64(v)) }

func pointed[N int | int64 | float64, T any](p *N, bound func(float64) Opt[T]) Opt[T] {
	if p == nil {
		return Opt[T]{}
	}
	return bound(float64(*p))
}

func momentAt(t *queue.Time) Opt[time.Time] {
	if t == nil {
		return Opt[time.Time]{}
	}
	return moment(t.Time)
}

func flagAt(b *bool) Opt[bool] {
	if b == nil {
		return Opt[bool]{}
	}
	return Some(*b)
}

func textAt(s *string) Opt[string] {
	if s == nil {
		return Opt[string]{}
	}
	return text(*s)
}
