package client

import (
	"time"

	"paceline/queue"
)

// How much of a list is kept.
const (
	maxEvents   = 256
	maxRows     = 200
	maxFindings = 20
	maxLimits   = 8 // of a lane
	maxRemedies = 20
	maxAdvice   = 10 // published, for a number of users
	maxTroubles = 32
)

// detailOf reads the wire's detail; nil if there is none.
func detailOf(o object) *Detail {
	if o == nil {
		return nil
	}
	recent, capacity := o.object("recent"), o.object("capacity")
	d := &Detail{
		Version:        o.text("version"),
		Simulated:      o.flag("simulated"),
		Pace:           o.text("pace"),
		Uptime:         read(o, "uptimeMs", uptime),
		Resets:         o.counter("resets"),
		Draining:       o.flag("draining"),
		Running:        o.size("running"),
		InBackoff:      o.size("inBackoff"),
		Cancelled:      o.counter("cancelled"),
		Refused:        o.counter("refused"),
		Retries:        o.counter("retries"),
		RateLimited:    o.counter("rateLimited"),
		Resent:         o.counter("resent"),
		PerMinute:      read(o, "perMinute", perMinute),
		OldestWait:     o.millis("oldestWaitMs"),
		NextStart:      o.millis("nextStartMs"),
		EmptyIn:        o.millis("emptyInMs"),
		Wait:           quantilesOf(o.object("wait")),
		Response:       quantilesOf(o.object("response")),
		RecentFinished: recent.size("finished"),
		RecentRate:     recent.share("successRate"),
		ActiveUsers:    capacity.size("activeUsers"),
		Band:           capacity.text("band"),
		Expected:       capacity.text("expected"),
		Feels:          capacity.text("feels"),
		EventsTotal:    o.counter("eventsTotal"),
		Settings:       readSettings(o.object("settings")),
		Advice:         adviceOf(o.object("advice")),
	}
	for _, row := range first(o.rows("troubles"), maxTroubles) {
		if part := row.text("part"); part.Known {
			d.Troubles = append(d.Troubles, Trouble{Part: part.Value, Reason: row.text("reason"), At: row.moment("at"), Count: row.counter("count")})
		}
	}
	if advice, told := o["advice"]; told {
		d.Advises = advice == nil || d.Advice != nil
	}
	for _, row := range first(o.rows("findings"), maxFindings) {
		if f, ok := findingOf(row); ok {
			d.Findings = append(d.Findings, f)
		}
	}
	if _, told := o["lanes"].([]any); told {
		d.Lanes = []Lane{}
	}
	for _, row := range first(o.rows("lanes"), maxRows) {
		d.Lanes = append(d.Lanes, laneOf(row))
	}
	for _, row := range first(o.rows("users"), maxRows) {
		if name := row.text("name"); name.Known {
			d.Users = append(d.Users, userOf(row, name.Value))
		}
	}
	for _, row := range last(o.rows("events"), maxEvents) {
		if e, ok := eventOf(row); ok {
			d.Events = append(d.Events, e)
		}
	}
	return d
}

func quantilesOf(o object) Quantiles {
	return Quantiles{
		Count:   o.counter("count"),
		Average: o.millis("averageMs"),
		P50:     o.millis("p50Ms"),
		P95:     o.millis("p95Ms"),
		P99:     o.millis("p99Ms"),
	}
}

// findingOf reads a finding. A level that we do not know is a warning.
func findingOf(o object) (Finding, bool) {
	message := o.text("message")
	level, _ := levelOf(o.text("level").Value)
	return Finding{
		Level:          level,
		Message:        message.Value,
		Recommendation: o.text("recommendation").Value,
	}, message.Known
}

func laneOf(o object) Lane {
	l := Lane{
		Name:        o.text("name").Value, // the default lane has none
		Waiting:     o.size("waiting"),
		Running:     o.size("running"),
		MaxInFlight: o.size("maxInFlight"),
		InBackoff:   o.size("inBackoff"),
		NextStart:   o.millis("nextStartMs"),
		PausedUntil: o.moment("pausedUntil"),
		Pace:        o.text("pace"),
		WaitsFor:    o.text("waitsFor"),
		Rate:        read(o, "rate", perMinute),
	}
	for _, row := range first(o.rows("limits"), maxLimits) {
		if kind := row.text("kind"); kind.Known {
			l.Limits = append(l.Limits, limitOf(kind.Value, row.counter("perMinute"), read(row, "free", level), row.millis("fullInMs")))
		}
	}
	return l
}

// limitOf puts a limit together. A limit of nothing is none, and what is free of
// one is not more than all of it.
func limitOf(kind string, perMinute, free Opt[int64], fullIn Opt[time.Duration]) Limit {
	perMinute.Known = perMinute.Known && perMinute.Value > 0
	free.Known = free.Known && (!perMinute.Known || free.Value <= perMinute.Value)
	return Limit{Kind: kind, PerMinute: perMinute.tidy(), Free: free.tidy(), FullIn: fullIn}
}

func userOf(o object, name string) User {
	return User{
		Name:     name,
		Waiting:  o.size("waiting"),
		Running:  o.size("running"),
		Done:     o.counter("done"),
		Failed:   o.counter("failed"),
		LastWait: o.millis("lastWaitMs"),
	}
}

// eventOf reads an event; false if it says neither what nor when.
func eventOf(o object) (Event, bool) {
	at, kind := o.moment("time"), o.text("kind")
	e := said{
		kind:    queue.Kind(kind.Value),
		user:    o.text("user").Value,
		error:   o.text("error").Value,
		class:   o.text("class").Value,
		by:      o.text("by").Value,
		waiting: o.size("waiting"),
		took:    o.millis("millis"),
	}
	return Event{At: at.Value, Kind: e.kind, Text: e.text()}, at.Known && kind.Known
}
