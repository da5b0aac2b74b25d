package report

import (
	"fmt"
	"strings"
	"time"

	"paceline/client"
	"paceline/client/report"
	"paceline/queue"
	"paceline/queue/human"
	"paceline/ui/cli/command"
)

// writeWaits writes the waits and the worst moments.
func (s *summary) writeWaits(m *markdown) {
	w := s.Waits
	var rows [][]string
	row := func(what string, v report.Window, from string) {
		if v.Count == 0 && !v.P95.Known && !v.Average.Known {
			return
		}
		rows = append(rows, []string{what, durationOf(v.P50), durationOf(v.P95), durationOf(v.Average), fmt.Sprint(v.Count), from})
	}
	switch {
	case w.Derived:
		row("starts that could be told apart", w.All, "derived from the counters; several starts between two polls are missing, so busy times are")
	case s.To.After(s.From) && s.Answers > 1:
		row("the whole time", w.All, "put together from the measured 5 minutes")
		row("the last 5 minutes", w.Last, "measured")
		if s.To.Sub(s.From) > 5*time.Minute {
			row("the worst 5 minutes, until "+s.clock(w.Worst.To), w.Worst, "measured")
		}
	default:
		row("the last 5 minutes", w.Last, "measured")
	}
	if w.Average.Known {
		rows = append(rows, []string{"since the server's start or last reset", "–", "–", human.Duration(w.Average.Value), "–", "told"})
	}
	m.heading("Waits, from arrival to start")
	if len(rows) == 0 {
		m.Line("Nothing is known of them.")
	}
	m.table([]string{"", "p50", "p95", "average", "requests", "how it is known"}, rows)
	rows = nil
	for _, x := range s.Extremes {
		rows = append(rows, []string{x.Figure, formatValue(x.Value), s.clock(x.At)})
	}
	if len(rows) > 0 {
		m.heading("Worst moments")
		m.table([]string{"", "", "at"}, rows)
	}
}

// writeRequests writes the counters.
func (s *summary) writeRequests(m *markdown) {
	if s.Answers == 0 {
		return
	}
	m.heading("Requests")
	count := func(n client.Opt[int64]) string {
		return command.OrDash(n, func(n int64) string { return fmt.Sprint(n) })
	}
	rate := func(r client.Opt[float64]) string { return command.OrDash(r, human.Share) }
	last, sums := s.Last, s.Sums
	d := client.Detail{}
	if last.Detail != nil {
		d = *last.Detail
	}
	rows := [][]string{
		{"accepted", count(sums.Requests), count(last.Total)},
		{"successful", count(sums.Successful), count(last.Successful)},
		{"failed", count(sums.Failed), count(last.Failed)},
		{"success rate (derived)", rate(sums.Rate), rate(last.Rate)},
	}
	if s.HasDetail {
		rows = append(rows,
			[]string{"cancelled", count(sums.Cancelled), count(d.Cancelled)},
			[]string{"refused at the door", count(sums.Refused), count(d.Refused)},
			[]string{"retries", count(sums.Retries), count(d.Retries)},
			[]string{"429 that were waited out", count(sums.RateLimited), count(d.RateLimited)})
	}
	m.table([]string{"", "in this time (from the counters)", "since the server's start or last reset"}, rows)
}

// writeTroubles writes the outages, resets and restarts.
func (s *summary) writeTroubles(m *markdown) {
	if len(s.Outages)+len(s.Discontinuities) == 0 {
		return
	}
	m.heading("Outages, resets and restarts")
	rows, more := firstRows(s.Outages, func(o report.Outage) []string {
		to, lasted := s.clock(o.To), human.Duration(o.To.Sub(o.From))
		if o.To.IsZero() {
			to, lasted = "the end", human.Duration(s.To.Sub(o.From))
		}
		if o.From.IsZero() {
			lasted = "–"
		}
		polls := "–"
		if o.Polls > 0 {
			polls = fmt.Sprint(o.Polls)
		}
		return []string{s.clock(o.From), to, lasted, polls, escape(o.Cause)}
	})
	m.table([]string{"without answers from", "to", "for", "failed polls", "why"}, rows)
	m.addLine(more)
	if len(s.Outages) > 0 && len(s.Discontinuities) > 0 {
		m.Line("")
	}
	rows, more = firstRows(s.Discontinuities, func(b report.Discontinuity) []string { return []string{s.clock(b.At), asSentence(b.Text)} })
	m.table([]string{"at", "what became of the counters"}, rows)
	m.addLine(more)
}

// writeTimeline writes a row for each part of the period.
func (s *summary) writeTimeline(m *markdown) {
	if len(s.Rows) == 0 {
		return
	}
	m.heading("Over time")
	var rows [][]string
	for _, r := range s.Rows {
		rows = append(rows, []string{
			s.clock(r.At), r.Worst, command.OrDash(r.Waiting, func(n int) string { return fmt.Sprint(n) }), durationOf(r.P95),
			fmt.Sprint(r.Finished), fmt.Sprint(r.Failed), fmt.Sprint(r.Answers), fmt.Sprint(r.Failures),
		})
	}
	m.table([]string{"from", "worst verdict", "most waiting", "longest p95 wait", "finished", "of these failed", "answers", "failed polls"}, rows)
}

// writeLoad writes the number of users and the waits, with their published bands.
func (s *summary) writeLoad(m *markdown) {
	m.heading("Load")
	var rows [][]string
	band := func(what, figure string, b queue.Band) {
		rows = append(rows, []string{what, figure, b.Name, b.Expected, strings.ToLower(b.Feels)})
	}
	if u := s.Users; u.Most.Known {
		if s.Answers > 1 {
			band("users active in 5 minutes, at most (at "+s.clock(u.MostAt)+")", fmt.Sprint(u.Most.Value), queue.BandForUsers(u.Most.Value))
			band("users active in 5 minutes, at the end", fmt.Sprint(u.Last.Value), queue.BandForUsers(u.Last.Value))
		} else {
			band("users active in 5 minutes", fmt.Sprint(u.Last.Value), queue.BandForUsers(u.Last.Value))
		}
	}
	if w := s.Waits.All; w.P95.Known {
		band("the wait of half of the requests"+s.derivedHint(), human.Duration(w.P50.Value), queue.BandForWait(w.P50.Value))
		band("the wait of 95 in 100"+s.derivedHint(), human.Duration(w.P95.Value), queue.BandForWait(w.P95.Value))
	} else if w := s.Waits.Average; w.Known {
		band("the average wait since start or reset", human.Duration(w.Value), queue.BandForWait(w.Value))
	}
	if len(rows) == 0 {
		m.Line("Neither users nor waits are told.")
		return
	}
	m.table([]string{"", "", "band", "its waits", "it feels"}, rows)
	if !s.Users.Most.Known {
		m.Line("\nHow many users there were is not told.")
	}
}

// writeNotes writes how far the figures can be relied on.
func (s *summary) writeNotes(m *markdown) {
	var said []string
	if s.skipped > 0 {
		said = append(said, fmt.Sprintf("On %s something is no answer of a queue, and was passed over.", human.Plural(int(s.skipped), "line")))
	}
	if s.Backward > 0 {
		said = append(said, fmt.Sprintf("Answers that are older than the one before: %d. Several servers or a cache answer, a clock was set, or recordings were joined in another order. Times between polls are not reliable.", s.Backward))
	}
	if s.SeveralServers {
		said = append(said, "Several servers answer: there are no sums over their counters.")
	}
	if s.readError != "" {
		said = append(said, "The recording could not be read to its end: "+escape(s.readError)+".")
	}
	if s.Answers > 0 && !s.HasDetail {
		said = append(said, "The server tells only the published counters: waits are derived, and users are not known.")
	}
	said = append(said, "Times are the server's, UTC. Measured: by the server. Derived: worked out here from its counters. Computed: by letting the traffic through the queue again, in front of a simulated account.")
	m.heading("About these figures")
	for _, one := range said {
		m.Line("- %s", one)
	}
}
