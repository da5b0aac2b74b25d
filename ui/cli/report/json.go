package report

import (
	"encoding/json"
	"io"
	"time"

	"paceline/client"
	"paceline/client/report"
	"paceline/queue"
	"paceline/ui/cli/command"
)

// reportJSON is what report --json prints. Times are the server's; those named
// …Ms are milliseconds; null is what is not known. Keys may be added, and none is
// taken away.
type reportJSON struct {
	Source   string      `json:"source"`
	Live     bool        `json:"live"`
	From     *queue.Time `json:"from"` // null where no answer tells its time
	To       *queue.Time `json:"to"`
	EveryMs  *int64      `json:"everyMs"` // the usual time between two polls
	Answers  int64       `json:"answers"`
	Failures int64       `json:"failures"` // polls that failed
	Skipped  int64       `json:"skipped"`  // lines that are no answers
	Backward int64       `json:"backward"` // answers older than the one before
	Error    *string     `json:"error"`    // why the recording could not be read to its end

	Version   *string `json:"version"`
	Simulated *bool   `json:"simulated"`
	Detailed  bool    `json:"detailed"` // the server tells more than the published counters
	Several   bool    `json:"several"`  // several servers answer, so there are no sums

	Verdict        *string `json:"verdict"` // at the end: healthy, warning or critical
	Message        *string `json:"message"`
	Recommendation *string `json:"recommendation"`

	Levels   []levelJSON   `json:"levels"`
	Problems []problemJSON `json:"problems"` // the worst first
	Waits    waitsJSON     `json:"waits"`
	Requests requestsJSON  `json:"requests"`
	Moments  []momentJSON  `json:"moments"` // the worst
	Outages  []outageJSON  `json:"outages"`
	Breaks   []breakJSON   `json:"breaks"` // resets, restarts, several servers
	Rows     []rowJSON     `json:"rows"`   // the time in parts
	Load     loadJSON      `json:"load"`
	Advice   *adviceJSON   `json:"advice"`      // null where there is none
	Without  *string       `json:"adviceNot"`   // why there is none
	Worst    *adviceJSON   `json:"adviceWorst"` // when waits were longest; null if that is the above
}

type levelJSON struct {
	Level string  `json:"level"` // healthy, warning, critical, unreachable or no figures
	ForMs int64   `json:"forMs"`
	Share float64 `json:"share"`
}

type problemJSON struct {
	Level          string      `json:"level"`
	Message        string      `json:"message"` // as last said
	Recommendation string      `json:"recommendation"`
	ForMs          int64       `json:"forMs"`
	First          *queue.Time `json:"first"`
	Last           *queue.Time `json:"last"`
	Polls          int64       `json:"polls"`
}

type waitsJSON struct {
	All       *windowJSON `json:"all"` // of the whole time; null where nothing is known of it
	Derived   bool        `json:"derived"`
	Last      *windowJSON `json:"last5Minutes"` // measured
	Worst     *windowJSON `json:"worst5Minutes"`
	AverageMs *int64      `json:"averageMs"` // since the server's start or last reset
}

type windowJSON struct {
	To        *queue.Time `json:"to"`
	Requests  int64       `json:"requests"`
	AverageMs *int64      `json:"averageMs"`
	P50Ms     *int64      `json:"p50Ms"`
	P95Ms     *int64      `json:"p95Ms"`
	Band      *string     `json:"band"` // of the p50
}

type requestsJSON struct {
	During countsJSON `json:"during"` // this time, from the counters
	InAll  countsJSON `json:"inAll"`  // since the server's start or last reset
}

type countsJSON struct {
	Accepted    *int64   `json:"accepted"`
	Successful  *int64   `json:"successful"`
	Failed      *int64   `json:"failed"`
	SuccessRate *float64 `json:"successRate"` // 0 to 1
	Cancelled   *int64   `json:"cancelled"`
	Refused     *int64   `json:"refused"`
	Retries     *int64   `json:"retries"`
	RateLimited *int64   `json:"rateLimited"`
}

type momentJSON struct {
	What  string      `json:"what"`
	Value float64     `json:"value"` // a number, milliseconds, or a share from 0 to 1
	Unit  string      `json:"unit"`  // "", "ms" or "share"
	At    *queue.Time `json:"at"`
}

type outageJSON struct {
	From  *queue.Time `json:"from"`
	To    *queue.Time `json:"to"` // null if it did not end
	Polls int64       `json:"failedPolls"`
	Cause string      `json:"cause"`
}

type breakJSON struct {
	At   *queue.Time `json:"at"`
	What string      `json:"what"`
}

type rowJSON struct {
	From     *queue.Time `json:"from"`
	Worst    string      `json:"worst"`
	Waiting  *int        `json:"mostWaiting"`
	P95Ms    *int64      `json:"p95Ms"` // the longest
	Finished int64       `json:"finished"`
	Failed   int64       `json:"failed"`
	Answers  int64       `json:"answers"`
	Failures int64       `json:"failures"`
}

type loadJSON struct {
	UsersLast *int        `json:"usersLast"` // active in 5 minutes
	UsersMost *int        `json:"usersMost"`
	MostAt    *queue.Time `json:"usersMostAt"`
	Band      *string     `json:"band"` // of the most users
}

// adviceJSON is an advice and its source.
type adviceJSON struct {
	Told        bool     `json:"told"`        // by the server; else it was computed here
	Assumptions []string `json:"assumptions"` // what was assumed for that
	*client.Advice
}

// printJSON prints the report as one JSON object on one line.
func printJSON(w io.Writer, s *summary) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(newReportJSON(s))
}

func newReportJSON(s *summary) reportJSON {
	out := reportJSON{
		Source: client.Clean(s.source), Live: s.live, From: timeOrNull(s.From), To: timeOrNull(s.To),
		Answers: s.Answers, Failures: s.Failures, Skipped: s.skipped, Backward: s.Backward, Error: textOrNull(client.Clean(s.readError)),
		Version: known(s.Version), Simulated: known(s.Simulated), Detailed: s.HasDetail, Several: s.SeveralServers,
		Levels: []levelJSON{}, Problems: []problemJSON{}, Moments: []momentJSON{}, Outages: []outageJSON{}, Breaks: []breakJSON{}, Rows: []rowJSON{},
		Waits: waitsJSON{
			All: newWindow(s.Waits.All), Derived: s.Waits.Derived, Last: newWindow(s.Waits.Last), Worst: newWindow(s.Waits.Worst),
			AverageMs: millis(s.Waits.Average),
		},
		Requests: newRequests(s),
		Load:     loadJSON{UsersLast: known(s.Users.Last), UsersMost: known(s.Users.Most), MostAt: timeOrNull(s.Users.MostAt)},
		Advice:   newAdviceJSON(s.advice.Advice, s.advice), Without: textOrNull(s.advice.whyNone), Worst: newAdviceJSON(s.advice.worst, s.advice),
	}
	if s.Interval > 0 {
		out.EveryMs = millis(client.Some(s.Interval))
	}
	if s.Answers > 0 {
		word := s.Verdict.Level.String()
		out.Verdict, out.Message, out.Recommendation = &word, &s.Verdict.Message, textOrNull(s.Verdict.Recommendation)
	}
	if s.Users.Most.Known {
		out.Load.Band = &[]string{queue.BandForUsers(s.Users.Most.Value).Name}[0]
	}
	for _, l := range s.Levels {
		out.Levels = append(out.Levels, levelJSON{l.Name, l.For.Milliseconds(), l.Share})
	}
	for _, h := range s.Problems {
		out.Problems = append(out.Problems, problemJSON{
			h.Finding.Level.String(), h.Finding.Message, h.Finding.Recommendation,
			h.For.Milliseconds(), timeOrNull(h.First), timeOrNull(h.Last), h.Polls,
		})
	}
	for _, m := range s.Extremes {
		value, unit := valueAndUnit(m.Value)
		out.Moments = append(out.Moments, momentJSON{m.Figure, value, unit, timeOrNull(m.At)})
	}
	for _, o := range s.Outages {
		out.Outages = append(out.Outages, outageJSON{timeOrNull(o.From), timeOrNull(o.To), o.Polls, o.Cause})
	}
	for _, b := range s.Discontinuities {
		out.Breaks = append(out.Breaks, breakJSON{timeOrNull(b.At), b.Text})
	}
	for _, r := range s.Rows {
		out.Rows = append(out.Rows, rowJSON{timeOrNull(r.At), r.Worst, known(r.Waiting), millis(r.P95), r.Finished, r.Failed, r.Answers, r.Failures})
	}
	return out
}

// textOrNull returns a pointer to s; nil if s is empty.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNull(t time.Time) *queue.Time {
	if t.IsZero() {
		return nil
	}
	return &queue.Time{Time: t}
}

func valueAndUnit(v any) (value float64, unit string) {
	switch v := v.(type) {
	case int:
		return float64(v), ""
	case time.Duration:
		return command.Millis(v), "ms"
	case float64:
		return v, "share"
	default:
		return 0, ""
	}
}

func newWindow(w report.Window) *windowJSON {
	if w.Count == 0 && !w.P95.Known {
		return nil
	}
	out := &windowJSON{To: timeOrNull(w.To), Requests: w.Count, AverageMs: millis(w.Average), P50Ms: millis(w.P50), P95Ms: millis(w.P95)}
	if w.P50.Known {
		out.Band = &[]string{queue.BandForWait(w.P50.Value).Name}[0]
	}
	return out
}

func newRequests(s *summary) requestsJSON {
	sums, last := s.Sums, s.Last
	out := requestsJSON{
		During: countsJSON{
			known(sums.Requests), known(sums.Successful), known(sums.Failed), known(sums.Rate),
			known(sums.Cancelled), known(sums.Refused), known(sums.Retries), known(sums.RateLimited),
		},
		InAll: countsJSON{Accepted: known(last.Total), Successful: known(last.Successful), Failed: known(last.Failed), SuccessRate: known(last.Rate)},
	}
	if d := last.Detail; d != nil {
		a := &out.InAll
		a.Cancelled, a.Refused, a.Retries, a.RateLimited = known(d.Cancelled), known(d.Refused), known(d.Retries), known(d.RateLimited)
	}
	return out
}

func newAdviceJSON(a *client.Advice, c sourcedAdvice) *adviceJSON {
	if a == nil {
		return nil
	}
	return &adviceJSON{c.fromServer, append([]string{}, c.assumed...), a}
}

// known returns the figure, or nil for null.
func known[T any](o client.Opt[T]) *T {
	if !o.Known {
		return nil
	}
	return &o.Value
}

// millis returns the milliseconds, or nil for null.
func millis(o client.Opt[time.Duration]) *int64 {
	ms := o.Value.Milliseconds()
	return known(client.Opt[int64]{Value: ms, Known: o.Known})
}
