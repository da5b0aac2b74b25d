package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"paceline/client"
)

// maxRows is the largest number of rows in a report.
const maxRows = 12

// minute is the row of one minute.
type minute struct {
	Row
	level client.Level
}

// add adds an answer.
func (m *minute) add(s client.Sample, level client.Level) {
	m.Answers++
	m.level = max(m.level, level)
	if s.Waiting.Known && (!m.Waiting.Known || s.Waiting.Value > m.Waiting.Value) {
		m.Waiting = s.Waiting
	}
}

// minutes are the minutes with an entry. The zero value is ready to use.
type minutes struct{ all map[int64]*minute }

// at returns the minute of a time, a new one if it has no entry yet.
func (m *minutes) at(at time.Time) *minute {
	if m.all == nil {
		m.all = map[int64]*minute{}
	}
	key := at.Unix() / 60
	if at.IsZero() {
		key = -1
	}
	if m.all[key] == nil {
		m.all[key] = &minute{Row: Row{At: at.Truncate(time.Minute)}}
	}
	return m.all[key]
}

// widths are the lengths that a row can have; a longer one is a number of days.
var widths = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// rows returns the period in at most maxRows parts of the same length, without those
// that have no entry.
func (m *minutes) rows(from, to time.Time) []Row {
	if from.IsZero() || to.Sub(from) < 2*time.Minute {
		return nil
	}
	width := widths[len(widths)-1]
	for _, w := range widths {
		if parts(from, to, w) <= maxRows {
			width = w
			break
		}
	}
	for parts(from, to, width) > maxRows {
		width *= 2
	}
	delete(m.all, -1)
	merged := map[int64]*minute{}
	for _, row := range m.all {
		at := row.At.Truncate(width)
		into := merged[at.Unix()]
		if into == nil {
			into = &minute{Row: Row{At: at}}
			merged[at.Unix()] = into
		}
		into.merge(row)
	}
	rows := make([]Row, 0, len(merged))
	for row := range maps.Values(merged) {
		if row.Worst = row.level.String(); row.Answers == 0 {
			row.Worst = Unreachable
		}
		rows = append(rows, row.Row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return rows
}

// parts returns the number of parts of a width from one time to another.
func parts(from, to time.Time, width time.Duration) int64 {
	return int64(to.Truncate(width).Sub(from.Truncate(width))/width) + 1
}

// merge adds another part to this one.
func (m *minute) merge(o *minute) {
	m.Answers += o.Answers
	m.Failures += o.Failures
	m.Finished += o.Finished
	m.Failed += o.Failed
	m.level = max(m.level, o.level)
	if o.Waiting.Known && (!m.Waiting.Known || o.Waiting.Value > m.Waiting.Value) {
		m.Waiting = o.Waiting
	}
	if o.P95.Known && (!m.P95.Known || o.P95.Value > m.P95.Value) {
		m.P95 = o.P95
	}
}
