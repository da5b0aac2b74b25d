package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// maxEventRows is how many lines the list of events has at most; the newest.
const maxEventRows = 5000

// eventRow is a line of the list of events: an event, several that say the same one after
// the other, how many routine ones there were in a stretch of time, or a new day.
type eventRow struct {
	at       time.Time
	until    time.Time // of a stretch: its end
	event    client.Event
	from     time.Time     // of several events: the first of them
	of       *failureGroup // of several failures
	times    int           // of an event; zero: this is none
	count    routineCount
	day      bool
	incident bool // in a list of these alone
}

// eventRows says which lines there are.
type eventRows struct {
	all       bool      // routine events by themselves
	incidents bool      // incidents alone
	filter    string    // only events with this in their class, user or text; in lower case
	mark      time.Time // the minute that stands by itself; zero: none
	zone      *time.Location
}

// of returns the lines of a book, the oldest first. Between troubles there is a line that
// says how many routine events there were: for each minute that has troubles, and for each
// stretch of others.
func (o eventRows) of(b *eventBook) []eventRow {
	if o.incidents {
		return o.incidentRows(b)
	}
	var rows []eventRow
	counts := o.counts(b)
	minute, open := 0, false // the next of the counts; the last row can take more minutes
	upTo := func(at time.Time, trouble bool) {
		for ; minute < len(counts) && !counts[minute].at.After(at); minute++ {
			c := counts[minute]
			alone := o.all || c.at.Equal(o.mark) || trouble && c.until.After(at)
			if n := len(rows) - 1; open && !alone {
				rows[n].until, rows[n].count = c.until, rows[n].count.plus(c.count)
				continue
			}
			rows = append(rows, c)
			open = !alone
		}
	}
	for _, e := range o.troubles(b) {
		upTo(e.At, true)
		rows, open = append(rows, eventRow{at: e.At, from: e.from, event: e.Event, times: e.times, of: e.of}), false
	}
	if len(counts) > 0 {
		upTo(counts[len(counts)-1].at, false)
	}
	rows = o.withDays(rows)
	for _, e := range b.going { // below what happened meanwhile
		if o.matches(e) {
			rows = append(rows, eventRow{at: e.At, event: e, times: 1})
		}
	}
	return last(rows, maxEventRows)
}

// plus is the sum of two counts.
func (c routineCount) plus(o routineCount) routineCount {
	c.add(o)
	return c
}

// incidentRows returns a line for each incident, the oldest first.
func (o eventRows) incidentRows(b *eventBook) (rows []eventRow) {
	for _, e := range slices.Concat(b.over, b.going) {
		if o.filter == "" || o.matches(e) {
			rows = append(rows, eventRow{at: e.At, from: e.At, event: e, times: 1, incident: true})
		}
	}
	return last(rows, maxEventRows)
}

// troubles returns what has a line, by the last event of each: with a filter, or the routine
// ones by themselves, each failure has one.
func (o eventRows) troubles(b *eventBook) []trouble {
	if o.filter == "" && !o.all {
		list := slices.Clone(b.grouped())
		for _, e := range b.over {
			list = append(list, trouble{Event: e, from: e.At, times: 1})
		}
		slices.SortStableFunc(list, func(a, b trouble) int { return a.At.Compare(b.At) })
		return list
	}
	return groupEach(o.events(b))
}

// events returns the events that have a line, the oldest first.
func (o eventRows) events(b *eventBook) []client.Event {
	events := merged(b.troubles, b.over)
	if o.all {
		events = merged(events, b.routine)
	}
	if o.filter == "" {
		return events
	}
	var some []client.Event
	for _, e := range events {
		if o.matches(e) {
			some = append(some, e)
		}
	}
	return some
}

// matches reports whether an event has the filter's text.
func (o eventRows) matches(e client.Event) bool {
	for _, text := range []string{e.Text, e.User, string(e.Class), string(e.Kind)} {
		if strings.Contains(strings.ToLower(text), o.filter) {
			return true
		}
	}
	return false
}

// counts returns how many routine events there were in each minute, as rows; none while the
// list is filtered. Of a minute whose events have lines of their own there is no row.
func (o eventRows) counts(b *eventBook) []eventRow {
	if o.filter != "" {
		return nil
	}
	seen := map[int64]routineCount{}
	for _, e := range b.routine {
		minute := e.At.Truncate(time.Minute).Unix()
		c := seen[minute]
		c.of(e)
		seen[minute] = c
	}
	all := map[int64]routineCount{}
	for at, m := range b.minutes {
		all[at] = m.count()
	}
	for at, c := range seen {
		known := all[at]
		known.atLeast(c)
		all[at] = known
		if o.all {
			delete(all, at)
		}
	}
	var rows []eventRow
	for at, c := range all {
		if c != (routineCount{}) {
			minute := time.Unix(at, 0)
			rows = append(rows, eventRow{at: minute, until: minute.Add(time.Minute), count: c})
		}
	}
	slices.SortFunc(rows, func(a, b eventRow) int { return a.at.Compare(b.at) })
	return rows
}

// withDays puts a line before the first event of each day, where there is more than one.
func (o eventRows) withDays(rows []eventRow) []eventRow {
	day := func(r eventRow) int { return r.at.In(o.zone).YearDay() }
	if len(rows) == 0 || day(rows[0]) == day(rows[len(rows)-1]) {
		return rows
	}
	var all []eventRow
	for i, r := range rows {
		if i == 0 || day(r) != day(rows[i-1]) {
			all = append(all, eventRow{at: r.at, day: true})
		}
		all = append(all, r)
	}
	return all
}

// text is a row in w cells.
func (r eventRow) text(s *state, w int) string {
	t := s.theme
	at := r.at.In(s.zone)
	switch {
	case r.day:
		return t.accent.Render(t.cut(at.Format("Monday 2 January"), w))
	case r.incident:
		return t.cut(s.incidentLine(r.event), w)
	case r.times > 0:
		line := trouble{Event: r.event, from: r.from, times: r.times, of: r.of}
		when := line.span(func(at time.Time) string { return at.In(s.zone).Format(time.TimeOnly) })
		return t.cut(s.troubleLine(when, line), w)
	}
	when := at.Format("15:04")
	if r.until.Sub(r.at) > time.Minute {
		when += " to " + r.until.Add(-time.Minute).In(s.zone).Format("15:04")
	} else {
		when += "   "
	}
	words := r.count.words(true)
	if width(when)+1+width(words) > w {
		words = r.count.words(false)
	}
	return t.muted.Render(t.cut(when+" "+words, w))
}

// incidentLine is an incident on one line: when it began, how long it was, how bad, and why.
func (s *state) incidentLine(e client.Event) string {
	since, long, words := e.At, "goes on", strings.TrimPrefix(e.Text, "Goes on since then")
	if !goesOn(e.Kind) {
		since, long, words = e.At.Add(-e.Took.Value), human.Duration(e.Took.Value), e.Cause
	}
	mark, style := s.theme.eventStyle(e.Kind)
	head := since.In(s.zone).Format(time.TimeOnly) + " " + s.theme.fitRight(long, 11)
	return style.Render(head) + " " + mark + " " + style.Render(s.theme.eventText(client.Event{Text: strings.TrimLeft(words, ":, ")}))
}

// words say how many there were, and what if there is room for that.
func (c routineCount) words(room bool) string {
	var words []string
	if c.added > 0 {
		what := human.Count(c.added)
		if room {
			what = human.Plural(c.added, "request")
		}
		words = append(words, what+" added")
	}
	if c.completed > 0 {
		words = append(words, human.Count(c.completed)+" completed")
	}
	if c.cancelled > 0 {
		words = append(words, fmt.Sprintf("%s left", human.Count(c.cancelled)))
	}
	return strings.Join(words, ", ")
}
