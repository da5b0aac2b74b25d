package report

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

func TestNothing(t *testing.T) {
	r := reportOf()
	check(t, "answers", r.Answers, 0)
	check(t, "levels", len(r.Levels), 0)
	check(t, "waits", r.Waits.All.P95.Known, false)
}

// Old servers tell no time of their own in odd cases: the counters still count.
func TestWithoutTimes(t *testing.T) {
	timeless := func(total int64) client.Entry {
		e := old(0, figures{total: total, ok: total})
		e.At, e.Sample.At, e.Sample.Timestamp = time.Time{}, time.Time{}, client.Opt[time.Time]{}
		return e
	}
	r := reportOf(timeless(1), timeless(3), timeless(4))
	check(t, "answers", r.Answers, 3)
	check(t, "from", r.From.IsZero(), true)
	check(t, "requests", r.Sums.Requests, client.Some[int64](3))
	check(t, "arrivals", len(r.Arrivals), 0)
	check(t, "rows", len(r.Rows), 0)
}

func TestLevelsAndOutages(t *testing.T) {
	busy := figures{waiting: 7, total: 7}
	r := reportOf(
		old(0, figures{}), old(1, figures{}),
		old(2, busy), old(3, busy), old(4, busy),
		fails(5, "connection refused"), fails(7, "time-out"),
		old(10, figures{total: 7, ok: 7}), old(11, figures{total: 7, ok: 7}),
		old(41, figures{total: 7, ok: 7}), // nobody polled
		old(42, figures{total: 7, ok: 7}),
		fails(43, "connection refused"), fails(45, "no route"),
	)
	check(t, "every", r.Interval, time.Second)
	check(t, "answers", r.Answers, 9)
	check(t, "failures", r.Failures, 4)
	share := func(s float64) float64 { return s / 45 }
	levels := []LevelDuration{
		{"healthy", 5 * time.Second, share(5)}, {"warning", 3 * time.Second, share(3)},
		{Unreachable, 7 * time.Second, share(7)}, {NoFigures, 30 * time.Second, share(30)},
	}
	if !reflect.DeepEqual(r.Levels, levels) {
		t.Errorf("levels:\n got %v\nwant %v", r.Levels, levels)
	}
	outages := []Outage{
		{at(5), at(10), 2, "time-out"},
		{at(11), at(41), 0, "nothing was recorded"},
		{at(43), time.Time{}, 2, "no route"},
	}
	if !reflect.DeepEqual(r.Outages, outages) {
		t.Errorf("outages:\n got %v\nwant %v", r.Outages, outages)
	}
	check(t, "problems", len(r.Problems), 1)
	p := r.Problems[0]
	check(t, "problem", p.Finding.Message, "Queue is backing up (7 requests waiting)")
	check(t, "held", p.For, 3*time.Second)
	check(t, "first", p.First, at(2))
	check(t, "last", p.Last, at(4))
}

// A loop that polls once in a minute misses nothing.
func TestSlowPolls(t *testing.T) {
	var all []client.Entry
	for i := range 10 {
		all = append(all, old(float64(60*i), figures{total: int64(i), ok: int64(i)}))
	}
	r := reportOf(all...)
	check(t, "every", r.Interval, time.Minute)
	check(t, "outages", len(r.Outages), 0)
	check(t, "healthy for", r.Levels[0].For, 9*time.Minute)
}

func TestMomentsAndUsers(t *testing.T) {
	users := func(n int) func(*queue.Detail) {
		return func(d *queue.Detail) { d.Capacity.ActiveUsers = n }
	}
	r := reportOf(
		detailed(0, figures{waiting: 2}, users(3)), detailed(1, figures{waiting: 9}, users(12)), detailed(2, figures{waiting: 4}, users(5)),
	)
	check(t, "most", r.Users.Most, client.Some(12))
	check(t, "at", r.Users.MostAt, at(1))
	check(t, "last", r.Users.Last, client.Some(5))
	check(t, "detailed", r.HasDetail, true)
	check(t, "most waiting", r.MostWaiting(), client.Some(9))
	if want := (Extreme{"most waiting", 9, at(1)}); r.Extremes[0] != want {
		t.Errorf("moment: got %v, want %v", r.Extremes[0], want)
	}
}

func TestAdviceLastAndWorst(t *testing.T) {
	advise := func(seconds float64, p95 int64) func(*queue.Detail) {
		return func(d *queue.Detail) {
			d.Advice = &queue.Advice{At: queue.Time{Time: at(seconds)}, P95Ms: p95}
		}
	}
	r := reportOf(
		detailed(0, figures{}, advise(0, 100)), detailed(1, figures{}, advise(1, 9000)),
		detailed(2, figures{}, advise(2, 500)), detailed(3, figures{}, nil),
	)
	check(t, "last", r.Advice.P95, client.Some(500*time.Millisecond))
	check(t, "worst", r.WorstAdvice.P95, client.Some(9*time.Second))
	doubtful := func(d *queue.Detail) {
		d.Advice = &queue.Advice{At: queue.Time{Time: at(1)}, P95Ms: 9000, CannotTell: "a storm"}
	}
	r = reportOf(detailed(0, figures{}, advise(0, 100)), detailed(1, figures{}, doubtful), detailed(2, figures{}, advise(2, 50)))
	check(t, "worst without what is in doubt", r.WorstAdvice.P95, client.Some(100*time.Millisecond))
	r = reportOf(detailed(0, figures{}, advise(0, 100)), detailed(1, figures{}, advise(0, 100)))
	if r.WorstAdvice != nil {
		t.Errorf("worst: got %v, want none beside the same advice", r.WorstAdvice)
	}
}

func TestBreaks(t *testing.T) {
	uptime := func(seconds int64, resets int64) func(*queue.Detail) {
		return func(d *queue.Detail) { d.UptimeMs, d.Resets = 1000*seconds, resets }
	}
	r := reportOf(
		detailed(0, figures{total: 10, ok: 9, waiting: 1}, uptime(100, 0)),
		detailed(1, figures{total: 1, waiting: 1}, uptime(101, 1)), // reset: one waits on
		detailed(2, figures{total: 3, ok: 1, waiting: 2}, uptime(102, 1)),
		detailed(9, figures{total: 2, ok: 1, waiting: 1}, uptime(2, 0)), // restarted, and it kept what had finished
		detailed(10, figures{total: 4, ok: 4}, uptime(3, 0)),
	)
	want := []Discontinuity{{at(1), "counters were reset"}, {at(9), "the server restarted"}}
	if !reflect.DeepEqual(r.Discontinuities, want) {
		t.Errorf("breaks: got %v, want %v", r.Discontinuities, want)
	}
	check(t, "several", r.SeveralServers, false)
	// 2 after the reset, 1 after the restart (two were lost), 2 then.
	check(t, "requests", r.Sums.Requests, client.Some[int64](5))
	check(t, "successful", r.Sums.Successful, client.Some[int64](4))
}

// A restart is told without the outage before it, and a reset whole, whatever the person is
// called that did it.
func TestTextsOfDiscontinuities(t *testing.T) {
	uptime := func(seconds int64, events ...queue.Event) func(*queue.Detail) {
		return func(d *queue.Detail) { d.UptimeMs, d.Events = 1000*seconds, events }
	}
	r := reportOf(
		detailed(0, figures{total: 10, ok: 9}, uptime(100)),
		detailed(1, figures{total: 1}, uptime(101, queue.Event{Time: queue.Time{Time: at(1)}, Kind: queue.KindReset, By: "team: ops"})),
		fails(2, "connection refused"),
		detailed(9, figures{total: 1}, uptime(2)),
	)
	want := []Discontinuity{{at(1), "Metrics reset by team: ops"}, {at(2), "the server restarted"}}
	if !reflect.DeepEqual(r.Discontinuities, want) {
		t.Errorf("got %v, want %v", r.Discontinuities, want)
	}
}

// A server that was killed counts on from what it had written down a moment before.
func TestRestartFromALittleBefore(t *testing.T) {
	r := reportOf(
		old(0, figures{total: 100, ok: 95, waiting: 5}),
		old(8, figures{total: 97, ok: 93, waiting: 4}), // 95 had come when it was killed, and 5 were lost
		old(9, figures{total: 98, ok: 94, waiting: 4}),
	)
	check(t, "requests", r.Sums.Requests, client.Some[int64](2+1))
	check(t, "successful", r.Sums.Successful, client.Some[int64](1))
}

// Counters that fall without a word are those of a new server.
func TestCountersThatFall(t *testing.T) {
	r := reportOf(
		old(0, figures{total: 40, ok: 38, failed: 2}), old(1, figures{total: 44, ok: 40, failed: 3}),
		old(2, figures{total: 2, ok: 1}), old(3, figures{total: 5, ok: 5}),
	)
	check(t, "requests", r.Sums.Requests, client.Some[int64](4+5))
	check(t, "successful", r.Sums.Successful, client.Some[int64](2+5))
	check(t, "failed", r.Sums.Failed, client.Some[int64](1))
	check(t, "rate", r.Sums.Rate, client.Some(7.0/8))
	check(t, "breaks", len(r.Discontinuities), 1)
}

func TestSeveralServers(t *testing.T) {
	var all []client.Entry
	for i := range 20 {
		n := int64(i)
		all = append(all, old(float64(2*i), figures{total: 1000 + n, ok: 1000 + n}), old(float64(2*i+1), figures{total: 200 + n, ok: 200 + n}))
	}
	r := reportOf(all...)
	check(t, "several", r.SeveralServers, true)
	check(t, "requests", r.Sums.Requests.Known, false)
	check(t, "arrivals", len(r.Arrivals), 0)
}

// Recordings that were joined in the wrong order count nothing twice.
func TestTimesThatGoBack(t *testing.T) {
	r := reportOf(
		old(100, figures{total: 50, ok: 50}), old(101, figures{total: 52, ok: 52}),
		old(0, figures{total: 10, ok: 10}), old(1, figures{total: 13, ok: 13}),
		old(102, figures{total: 53, ok: 53}),
	)
	check(t, "backward", r.Backward, 1)
	check(t, "from", r.From, at(0))
	check(t, "to", r.To, at(102))
	check(t, "requests", r.Sums.Requests, client.Some[int64](3))
}

func TestBusiestHour(t *testing.T) {
	var all []client.Entry
	total := int64(0)
	for minute := range 180 {
		if minute >= 60 && minute < 120 {
			total += 10
		} else {
			total++
		}
		all = append(all, old(float64(60*minute), figures{total: total, ok: total}))
	}
	hour, count := reportOf(all...).Busiest()
	check(t, "count", count, 600)
	check(t, "from", hour[0].From, at(59*60))
	check(t, "to", hour[len(hour)-1].To, at(119*60))
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		minutes, want int
		width         time.Duration
	}{{1, 0, 0}, {3, 4, time.Minute}, {11, 12, time.Minute}, {12, 7, 2 * time.Minute}, {600, 11, time.Hour}, {60 * 24 * 40, 11, 4 * 24 * time.Hour}} {
		t.Run(fmt.Sprint(c.minutes), func(t *testing.T) {
			var all []client.Entry
			for i := range c.minutes + 1 {
				all = append(all, old(float64(60*i), figures{total: int64(i), ok: int64(i), waiting: i % 3}))
			}
			rows := reportOf(all...).Rows
			check(t, "rows", len(rows), c.want)
			finished, waiting := int64(0), 0
			for i, row := range rows {
				finished += row.Finished
				waiting = max(waiting, row.Waiting.Value)
				if i > 0 {
					check(t, "width", row.At.Sub(rows[i-1].At), c.width)
				}
			}
			if c.want > 0 {
				check(t, "finished in all", finished, int64(c.minutes))
				check(t, "most waiting", waiting, 2)
			}
		})
	}
}

// However many kinds of findings come, as many are told apart as there is room for.
// Pauses until other times are one problem, and those that are over another one.
func TestPausesAreOneProblem(t *testing.T) {
	for _, row := range []string{queue.RowPause, ""} {
		var all []client.Entry
		for i, was := range []string{"P", "P", "Was p", "P", "Was p"} {
			all = append(all, detailed(float64(i), figures{}, func(d *queue.Detail) {
				if row == "" && was != "P" {
					return
				}
				d.Findings = []queue.Finding{{Level: "warning", Row: row, Message: fmt.Sprintf("%saused by the API until 14:00:0%d (in 3 s)", was, i)}}
			}))
		}
		want := 1
		if row != "" {
			want = 2
		}
		check(t, "problems", len(reportOf(all...).Problems), want)
	}
}

func TestEndlessFindings(t *testing.T) {
	var all []client.Entry
	for i := range 500 {
		all = append(all, detailed(float64(i), figures{}, func(d *queue.Detail) {
			d.Findings = []queue.Finding{{Level: "warning", Message: fmt.Sprintf("message %d", i)}}
		}))
	}
	check(t, "problems", len(reportOf(all...).Problems), maxProblems)
}
