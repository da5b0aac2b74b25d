package api

import (
	"strings"
	"testing"
	"time"
)

func TestHistoryQueries(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, c := range []struct {
		query string
		want  historyQuery
		wrong string // what the refusal says
	}{
		{"", historyQuery{since: ago(time.Hour)}, ""},
		{"since=30m", historyQuery{since: ago(30 * time.Minute)}, ""},
		{"until=2h", historyQuery{ago(2*time.Hour + defaultSince), ago(2 * time.Hour), 0}, ""},
		{"since=1h30m&until=0s&step=1m", historyQuery{ago(90 * time.Minute), now, time.Minute}, ""},
		{"since=2026-11-23T13:00:00Z", historyQuery{since: ago(time.Hour)}, ""},
		{"since=2026-11-23T15:00:00.000%2B02:00&until=2026-11-23T13:30:00Z", historyQuery{ago(time.Hour), ago(30 * time.Minute), 0}, ""},
		{"since=1795438800000&until=1795440600000", historyQuery{ago(time.Hour), ago(30 * time.Minute), 0}, ""},
		{"other=1", historyQuery{since: ago(time.Hour)}, ""},
		{"since=", historyQuery{}, `since is "": must be how long ago, such as 30m`},
		{"since=yesterday", historyQuery{}, `since is "yesterday": must be how long ago, such as 30m`},
		{"since=-5m", historyQuery{}, `since is "-5m"`},
		{"since=1795438800", historyQuery{}, `milliseconds since 1970`},
		{"since=9999999999999999999999", historyQuery{}, `milliseconds since 1970`},
		{"since=0001-01-01T00:00:00Z", historyQuery{}, `since is "0001`},
		{"until=x", historyQuery{}, `until is "x": must be`},
		{"since=5m&until=5m", historyQuery{}, `until is "5m": must be later than since, which is 2026-11-23T13:55:00Z`},
		{"since=5m&until=10m", historyQuery{}, `must be later than since`},
		{"step=0", historyQuery{}, `step is "0": must be a duration above zero, such as 5s or 1m`},
		{"step=-1s", historyQuery{}, `step is "-1s"`},
		{"step=5", historyQuery{}, `step is "5"`},
		{"since=%zz", historyQuery{}, `the query could not be read`},
		{"since=" + strings.Repeat("x", 1000), historyQuery{}, strings.Repeat("x", 64) + `"`},
	} {
		got, p := parseHistoryQuery(c.query, now)
		switch {
		case c.wrong != "":
			if p == nil || p.status != 400 || !strings.Contains(p.Details, c.wrong) || len(p.Details) > 300 {
				t.Errorf("%.100s: got %+v, want a refusal with %s", c.query, p, c.wrong)
			}
		case p != nil || !got.since.Equal(c.want.since) || !got.until.Equal(c.want.until) || got.step != c.want.step:
			t.Errorf("%s: got %+v, %+v, want %+v", c.query, got, p, c.want)
		}
	}
}

func FuzzHistoryQuery(f *testing.F) {
	for _, s := range []string{"", "since=30m", "since=2026-11-23T13:00:00Z&until=0s&step=1m", "since=1795438800000", "since=%zz", "step=1e9h", "since=2562047h47m16s&until=0"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, query string) {
		q, p := parseHistoryQuery(query, now)
		if p != nil {
			if p.status != 400 || p.Details == "" {
				t.Errorf("refused with %+v", p)
			}
			return
		}
		if q.since.After(now) && q.since.Year() < 2000 || q.step < 0 || !q.until.IsZero() && !q.until.After(q.since) {
			t.Errorf("accepted %+v", q)
		}
	})
}
